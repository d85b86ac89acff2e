/** The element of the page with an id. */
export function byId(id) {
  return document.getElementById(id)
}

/**
 * Makes an element. Its children are elements or texts, and a text becomes a text node: nothing that came from the
 * server is ever read as HTML.
 */
export function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties)
  made.append(...children)
  return made
}

/**
 * Makes the children of an element those of a list, in its order. A child is kept as long as its item is there, so that
 * the focus stays where it is while the page follows.
 */
export function show(parent, items, { key, make, update }) {
  const kept = new Map([...parent.children].map((child) => [child.dataset.key, child]))
  let place = parent.firstElementChild
  for (const item of items) {
    const name = String(key(item))
    const child = kept.get(name) ?? make(item)
    kept.delete(name)
    child.dataset.key = name
    if (child === place) place = place.nextElementSibling
    else parent.insertBefore(child, place)
    update?.(child, item)
  }
  for (const gone of kept.values()) gone.remove()
}

/** A function that does some work once more after the last call, however many calls come meanwhile. */
export function settling(work) {
  let running
  let again = false
  return () => {
    if (running) again = true
    else
      running = (async () => {
        do {
          again = false
          await work()
        } while (again)
      })().finally(() => {
        running = undefined
      })
    return running
  }
}
