import { element } from './dom.js'

/** Says something in a notice, with buttons that do something about it: `[['Send it again', send]]`. */
export function tell(notice, title, details = [], actions = []) {
  notice.replaceChildren(
    element('strong', {}, title),
    element('ul', {}, ...details.map((detail) => element('li', {}, detail))),
    ...actions.map(([text, act]) =>
      element('button', { type: 'button', onclick: () => (clear(notice), act()) }, text),
    ),
  )
  notice.hidden = false
}

export function clear(notice) {
  notice.replaceChildren()
  notice.hidden = true
}

/** Shows a problem (RFC 9457): what is wrong with a field beside it, and everything else in the notice. */
export function tellProblem(notice, problem, form) {
  const others = []
  for (const { path, message } of problem.issues ?? []) {
    const field = form?.elements.namedItem(path)
    if (field) mark(field, message)
    else others.push(`${path}: ${message}`)
  }
  form?.querySelector('[aria-invalid]')?.focus()
  if (!problem.issues) tell(notice, problem.title, [problem.detail])
  else if (others.length > 0) tell(notice, problem.title, others)
}

function mark(field, message) {
  const id = `${field.form.id}-${field.name}-issue`
  field.setAttribute('aria-invalid', 'true')
  field.setAttribute('aria-describedby', id)
  field.after(element('small', { id, className: 'issue' }, message))
}

/** What a form says, by the names of its fields, when it is sent. */
export function onSubmit(form, send) {
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    for (const issue of form.querySelectorAll('.issue')) issue.remove()
    for (const field of form.elements) field.removeAttribute('aria-invalid')
    const fields = [...form.elements].filter(({ name }) => name)
    const values = fields.map(({ name, type, value }) => [
      name,
      type === 'number' ? Number(value) : value,
    ])
    void send(Object.fromEntries(values))
  })
}
