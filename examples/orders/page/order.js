import { ask, command, fresh, NoAnswer } from './api.js'
import { byId, element, show } from './dom.js'
import { clear, onSubmit, tell, tellProblem } from './notice.js'
import { euros, sentenceOf, timeOf } from './words.js'

const notice = byId('order').querySelector('.notice')
const slider = byId('slider')

let id = '' // of the order that is looked at, or none
let events = [] // all that happened to it, as far as this page knows
let now // the order after all of them
let past // the version that is looked at, where it is not the newest

/** Turns to another order, or to none; `showOrder` shows it. */
export function choose(chosen) {
  id = chosen
  past = undefined
  clear(notice)
  byId('hint').hidden = id !== ''
  byId('order').hidden = true
  document.body.classList.toggle('chosen', id !== '')
}

/** Shows what the server knows of the order by now. */
export async function showOrder() {
  const wanted = id
  if (wanted === '') return
  const { ok, answer } = await ask(`/orders/${wanted}/history`)
  if (wanted !== id) return // another one was chosen meanwhile
  if (!ok) return void (location.hash = '')
  events = answer.events
  now = await orderAt(wanted, events.length) // versions are 1, 2, 3 … without holes
  if (wanted !== id) return
  byId('order').hidden = false
  await showVersion()
}

const known = new Map()

/** An order as of a version, which never changes. */
async function orderAt(of, version) {
  const path = `/orders/${of}?until=${version}`
  if (!known.has(path)) known.set(path, (await ask(path)).answer)
  return known.get(path)
}

async function showVersion() {
  const version = past ?? now.version
  const order = await orderAt(id, version)
  if (order.id !== id || version !== (past ?? now.version)) return // moved on meanwhile
  byId('customer').textContent = order.customer
  byId('status').textContent = order.status
  byId('status').dataset.status = order.status
  byId('which').textContent = `Order ${order.id}, version ${version} of ${now.version}`
  byId('past').hidden = past === undefined
  byId('commands').disabled = past !== undefined
  show(byId('lines'), order.lines, {
    key: ({ product }) => product,
    make: makeLine,
    update: updateLine,
  })
  byId('total').textContent = euros(order.total)
  byId('due').textContent = euros(now.total)
  showHistory(version)
}

function makeLine({ product }) {
  const remove = element('button', { type: 'button', className: 'remove' }, 'Remove')
  remove.setAttribute('aria-label', `Remove ${product}`)
  const path = `/lines/${encodeURIComponent(product)}`
  remove.addEventListener('click', () => void send(path, { method: 'DELETE' }))
  const numbers = ['quantity', 'price'].map(() => element('td', { className: 'number' }))
  return element('tr', {}, element('td', {}, product), ...numbers, element('td', {}, remove))
}

function updateLine({ cells: [, quantity, price, last] }, line) {
  quantity.textContent = line.quantity
  price.textContent = euros(line.cents)
  last.firstElementChild.disabled = past !== undefined
}

function showHistory(version) {
  slider.max = events.length
  slider.value = version
  slider.disabled = events.length < 2
  slider.setAttribute('aria-valuetext', `${version}: ${sentenceOf(events[version - 1])}`)
  show(byId('history'), events, {
    key: (event) => event.version,
    make: (event) => {
      const go = () => void travel(event.version)
      const button = element('button', { type: 'button', onclick: go }, sentenceOf(event))
      return element('li', {}, button, element('time', { dateTime: event.at }, timeOf(event.at)))
    },
    update: (row, event) => {
      row.classList.toggle('later', event.version > version)
      if (event.version === version) row.setAttribute('aria-current', 'step')
      else row.removeAttribute('aria-current')
    },
  })
}

/** Looks at the order as it was at a version. */
function travel(version) {
  past = version < now.version ? version : undefined
  return showVersion()
}

slider.addEventListener('input', () => void travel(Number(slider.value)))
byId('now').addEventListener('click', () => void travel(now.version))

/** Sends a command to the order as this page shows it. */
function send(path, asked, form) {
  return attempt(path, { ...asked, version: now.version, key: fresh() }, form)
}

async function attempt(path, asked, form) {
  const to = id
  clear(notice)
  try {
    const { ok, status, answer } = await command(`/orders/${to}${path}`, asked)
    if (to !== id) return // another order was chosen meanwhile
    if (status === 412) return await tellConflict(path, asked, form)
    if (!ok) return tellProblem(notice, answer, form)
    form?.reset()
    await showOrder()
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error
    // the same key: if it arrived, it is not done twice
    tell(notice, error.message, [], [['Send it again', () => attempt(path, asked, form)]])
  }
}

/** Somebody was faster: says what they did, and asks what to do now. */
async function tellConflict(path, asked, form) {
  const { answer } = await ask(`/orders/${id}/history`)
  const theirs = answer.events.filter(({ version }) => version > asked.version)
  tell(
    notice,
    `Somebody was faster. Since version ${asked.version}, which you see:`,
    theirs.map(sentenceOf),
    [
      ['Show me', () => showOrder()],
      ['Do it all the same', () => showOrder().then(() => send(path, asked, form))],
    ],
  )
}

onSubmit(byId('add'), (body) => send('/lines', { body }, byId('add')))
onSubmit(byId('pay'), () => send('/payment', { body: { cents: now.total } }, byId('pay')))
onSubmit(byId('ship'), (body) => send('/shipment', { body }, byId('ship')))
onSubmit(byId('cancel'), (body) => send('/cancellation', { body }, byId('cancel')))
