import { ask, command, fresh, NoAnswer } from './api.js'
import { byId, element, show } from './dom.js'
import { clear, onSubmit, tell, tellProblem } from './notice.js'
import { placeSamples } from './samples.js'
import { euros } from './words.js'

const notice = byId('orders').querySelector('.notice')
let limit = 50

/** Shows the newest orders, and gives the position up to which they are complete. */
export async function showOrders() {
  const { answer, position } = await ask(`/orders?limit=${limit}`)
  show(byId('list'), answer.orders, { key: ({ id }) => id, make: makeRow, update: updateRow })
  byId('empty').hidden = answer.orders.length > 0
  byId('more').hidden = !answer.more
  return position
}

/** Marks the order that is looked at. */
export function markChosen(id) {
  for (const row of byId('list').children)
    if (row.dataset.key === id) row.firstElementChild.setAttribute('aria-current', 'true')
    else row.firstElementChild.removeAttribute('aria-current')
}

function makeRow({ id }) {
  const link = element('a', { href: `#${id}` })
  link.append(...['customer', 'status', 'total'].map((className) => element('span', { className })))
  return element('li', {}, link)
}

function updateRow(row, { customer, status, total, version }) {
  const [name, state, sum] = row.firstElementChild.children
  name.textContent = customer
  state.textContent = status
  state.dataset.status = status
  sum.textContent = euros(total)
  if (row.dataset.version && row.dataset.version !== String(version))
    row.animate({ backgroundColor: ['var(--flash)', 'transparent'] }, 1200)
  row.dataset.version = version
}

onSubmit(byId('place'), (body) => placeOrder(body, fresh()))

/** Places an order under an id of its own, so that sending it again makes no second one. */
async function placeOrder(body, id) {
  const form = byId('place')
  clear(notice)
  try {
    const { ok, answer } = await command(`/orders/${id}`, { method: 'PUT', body, key: id })
    if (!ok) return tellProblem(notice, answer, form)
    form.reset()
    location.hash = id
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error
    tell(notice, error.message, [], [['Send it again', () => placeOrder(body, id)]])
  }
}

byId('samples').addEventListener('click', () => void placeSamples())
byId('more').addEventListener('click', () => {
  limit = Math.min(limit + 50, 500)
  void showOrders()
})
