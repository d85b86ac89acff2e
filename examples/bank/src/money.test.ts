import { expect, test } from 'vitest'
import { inEuros, WrittenAmount } from './money.ts'

test('an amount is read and written without a loss', () => {
  for (const text of ['0.01', '0.29', '1.10', '9007199254.99'])
    expect(WrittenAmount.parse(text)).toBe(Math.round(Number(text) * 100))
  expect(inEuros(123_450)).toBe('€1,234.50')
  expect(inEuros(-29)).toBe('-€0.29')
  expect(inEuros(999_999_999_999_999)).toBe('€9,999,999,999,999.99')
})
