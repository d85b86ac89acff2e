import { expect, test } from 'vitest'
import { parseStatement, StatementError } from './statement.ts'

const header = 'id,date,kind,account,to,amount,text\n'

test('a line is an order, with its amount in cents', () => {
  expect(
    parseStatement(`${header}S-1,2025-01-31,transfer,A,B,1234.50,"gift, with love"\n`),
  ).toEqual([
    {
      number: 2,
      order: {
        id: 'S-1',
        date: '2025-01-31',
        kind: 'transfer',
        account: 'A',
        to: 'B',
        amount: 123_450,
        text: 'gift, with love',
      },
    },
  ])
})

test.each([
  ['S-1,2025-01-31,deposit,A', 'the line has 4 columns instead of 7'],
  ['S-1,2025-01-31,deposit,A,,5.00,x,y', 'the line has 8 columns instead of 7'],
  ['S-1,2025-01-31,depsoit,A,,5.00,x', 'the kind "depsoit" is unknown'],
  ['S-1,2025-02-30,deposit,A,,5.00,x', 'there is no day "2025-02-30"'],
  ['S-1,31.12.2024,deposit,A,,5.00,x', 'there is no day "31.12.2024"'],
  ['S-1,2025-01-31,deposit,A,,"5,00",x', 'the amount "5,00" is not like 1234.50'],
  ['S-1,2025-01-31,deposit,A,,-5.00,x', 'the amount "-5.00" is not like 1234.50'],
  ['S-1,2025-01-31,deposit,A,,5.001,x', 'the amount "5.001" is not like 1234.50'],
  ['S-1,2025-01-31,deposit,A,,0.00,x', 'the amount is nothing'],
  ['S-1,2025-01-31,transfer,A,,5.00,x', 'the account to transfer to is missing'],
  ['S-1,2025-01-31,open,A,,,', 'the owner is missing'],
  [',2025-01-31,deposit,,,5.00,x', 'the id is missing; the account is missing'],
])('%s: %s', (line, malformed) => {
  expect(parseStatement(header + line)).toEqual([{ number: 2, malformed }])
})

test('lines are counted as an editor counts them, and those after a malformed one are read', () => {
  const lines = parseStatement(`${header}\nnonsense\n\nS-1,2025-01-31,open,A,,,Ada\n`)
  expect(lines.map(({ number }) => number)).toEqual([3, 5])
})

test('an id belongs to one line', () => {
  const twice = 'S-1,2025-01-31,deposit,A,,5.00,x\n'.repeat(2)
  expect(parseStatement(header + twice)[1]).toEqual({
    number: 3,
    malformed: 'line 2 has the id S-1 already',
  })
})

test.each(['', 'a,b\n1,2\n', `${header}S-1,"2025`])('%j is no statement', (csv) => {
  expect(() => parseStatement(csv)).toThrow(StatementError)
})
