// Makes statement.csv, the same one each time: `npm run statement`.
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'

const owners = [
  'Ada Lovelace',
  'Grace Hopper',
  'Alan Turing',
  'Edsger Dijkstra',
  'Barbara Liskov',
  'Tony Hoare',
  'Frances Allen',
  'Donald Knuth',
  'Karen Sparck Jones',
  'Niklaus Wirth',
  'Radia Perlman',
  '"Kernighan, Brian"',
]
const incomes = ['salary', 'refund', 'cash', 'dividend', 'birthday present']
const spendings = ['rent', 'groceries', 'cash machine', 'books', 'train tickets', 'concert']
const gifts = ['dinner', 'rent share', 'loan', 'concert tickets', '"gift, with love"']

const lines = 1_000
const days = 700

/** The text of the statement. */
export function makeStatement(seed = 'annals') {
  const chance = chances(seed)
  const made = ['id,date,kind,account,to,amount,text']
  let opened = 0
  for (let line = 1; line <= lines; line++) {
    const id = `S-${String(line).padStart(4, '0')}`
    // some orders come in days after the day that they count from
    const late = line > 300 && chance.below(25) === 0 ? 1 + chance.below(9) : 0
    const day = dayOf(Math.floor((line / lines) * days) - late)
    if (opened < owners.length && (opened < 4 || line % 40 === 0))
      made.push(`${id},${day},open,${nameOf(opened + 1)},,,${owners[opened++]}`)
    else if (line % 23 === 0) made.push(mistakes(id, day, chance)[(line / 23) % 16] ?? '')
    else made.push(`${id},${day},${order(opened, chance)}`)
  }
  return `${made.join('\n')}\n`
}

/** An order of one of the accounts: the older an account, the busier. */
function order(opened: number, { below, pick, amount }: Chances) {
  const [from, to] = [0, 1].map(() => nameOf(1 + Math.min(below(opened), below(opened))))
  const kind = below(10)
  if (kind < 4) return `deposit,${from},,${amount(50, 900)},${pick(incomes)}`
  if (kind < 7 || from === to) return `withdraw,${from},,${amount(5, 400)},${pick(spendings)}`
  return `transfer,${from},${to},${amount(5, 150)},${pick(gifts)}`
}

/** Lines that no bank should carry out. */
function mistakes(id: string, day: string, { below, amount }: Chances) {
  const [from, to] = [nameOf(1 + below(2)), nameOf(3 + below(2))]
  return [
    `${id},${day},withdraw,${from},,${amount(20_000, 90_000)},yacht`,
    `${id},${day},transfer,${from},${to},${amount(20_000, 90_000)},house`,
    `${id},${day},transfer,${from},${from},${amount(5, 90)},to myself`,
    `${id},${day},transfer,${from},ACC-99,${amount(5, 90)},to nobody`,
    `${id},${day},deposit,ACC-77,,${amount(5, 90)},wrong number`,
    `${id},${day},open,${from},,,Eve`,
    `${id},${day},depsoit,${from},,${amount(5, 90)},cash`,
    `${id},${day},deposit,${from},,"${below(90)},50",cash`,
    `${id},${day},deposit,${from},,0.00,nothing`,
    `${id},${day},withdraw,${from},,-${amount(5, 90)},refund`,
    `${id},2025-02-30,withdraw,${from},,${amount(5, 90)},rent`,
    `${id},31.12.2024,deposit,${from},,${amount(5, 90)},cash`,
    `,${day},deposit,${from},,${amount(5, 90)},cash`,
    `S-0042,${day},deposit,${from},,${amount(5, 90)},an id of before`,
    `${id},${day},deposit,${from}`,
    `${id},${day},withdraw,${from},,${amount(5, 90)},groceries,and,more`,
  ]
}

type Chances = ReturnType<typeof chances>

/** Chance that is the same on every machine: hashes of a seed and a count. */
function chances(seed: string) {
  let count = 0
  const below = (limit: number) =>
    createHash('sha256').update(`${seed} ${count++}`).digest().readUInt32BE() % limit
  const pick = (texts: readonly string[]) => texts[below(texts.length)] ?? ''
  const amount = (from: number, to: number) =>
    `${from + below(to - from)}.${String(below(100)).padStart(2, '0')}`
  return { below, pick, amount }
}

function nameOf(account: number) {
  return `ACC-${String(account).padStart(2, '0')}`
}

function dayOf(count: number) {
  return new Date(Date.UTC(2024, 0, 2 + count)).toISOString().slice(0, 10)
}

if (import.meta.main) {
  writeFileSync(new URL('../statement.csv', import.meta.url), makeStatement())
  console.log(`statement.csv is made, with ${lines} lines`)
}
