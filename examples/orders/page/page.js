import { ask, NoAnswer } from './api.js'
import { byId, element, settling, show } from './dom.js'
import { markChosen, showOrders } from './list.js'
import { choose, showOrder } from './order.js'
import { euros, sentenceOf, timeOf } from './words.js'

const feedLength = 100
let position = 0 // of the newest event that this page has seen
let source

/** Shows how things are. While the server is away they stay as they are. */
const refresh = settling(async () => {
  try {
    const seen = position
    if ((await showOrders()) < seen) return location.reload() // the server has another database now
    markChosen(chosen())
    await Promise.all([showDemand(), showOrder()])
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error
    setTimeout(refresh, 1000)
  }
})

/** The demand, not older than the newest event that is on this page: it waits for the background. */
async function showDemand() {
  const { ok, answer } = await ask(`/products?after=${position}`)
  if (!ok) return void setTimeout(refresh, 1000) // the background is behind
  show(byId('demand'), answer.products, {
    key: ({ product }) => product,
    make: ({ product }) =>
      element('tr', {}, element('td', {}, product), ...['', ''].map(numberCell)),
    update: ({ cells: [, added, removed] }, demand) => {
      added.textContent = demand.added
      removed.textContent = demand.removed
    },
  })
  show(byId('add').elements.product, answer.products, {
    key: ({ product }) => product,
    make: ({ product, cents }) =>
      element('option', { value: product }, `${product}, ${euros(cents)}`),
  })
}

function numberCell(text) {
  return element('td', { className: 'number' }, text)
}

/** Follows the events after the newest one seen. The browser asks again by itself where it was cut off. */
function follow() {
  source = new EventSource(`/events?after=${position}`)
  source.addEventListener('open', () => {
    tellConnection('live')
    void refresh()
  })
  source.addEventListener('message', ({ lastEventId, data }) => {
    tellConnection('live')
    position = Number(lastEventId)
    addToFeed(JSON.parse(data))
    void refresh()
  })
  source.addEventListener('error', ({ target }) => {
    if (target !== source) return
    tellConnection('reconnecting …')
    if (source.readyState === EventSource.CLOSED) setTimeout(follow, 1000)
  })
}

function addToFeed(event) {
  const link = element('a', { href: `#${event.order}` }, event.order)
  const time = element('time', { dateTime: event.at }, timeOf(event.at))
  const entry = element('li', {}, sentenceOf(event), ' ', link, ' ', time)
  entry.dataset.position = event.position
  byId('feed').prepend(entry)
  if (byId('feed').childElementCount > feedLength) byId('feed').lastElementChild.remove()
}

function tellConnection(text) {
  byId('connection').textContent = text
  byId('connection').dataset.state = text
}

byId('following').addEventListener('change', ({ target }) => {
  source?.close()
  if (target.checked) follow()
  else tellConnection('on hold')
})

function chosen() {
  return decodeURIComponent(location.hash.slice(1))
}

addEventListener('hashchange', () => {
  choose(chosen())
  void refresh()
})

// what is shown stays, and the next event or connection brings everything up to date
addEventListener('unhandledrejection', (event) => {
  if (!(event.reason instanceof NoAnswer)) return
  event.preventDefault()
  tellConnection('no answer')
})

byId('following').checked = true // and not what the browser remembers of the last visit
const [head] = await Promise.all([showOrders(), showDemand()])
position = Math.max(0, head - 20) // what happened last is told too
choose(chosen())
follow()
