import fc from 'fast-check'
import { expect, test } from 'vitest'
import { firstFees, replacementFees } from '../../../../node/chain/fees.ts'

const CAPS = { feePerGasMax: 100n, priorityFeePerGasMax: 2n }

test('firstFees offers twice the base fee and the usual tip', () => {
  expect(firstFees({ baseFeePerGas: 10n, priorityFeePerGas: 1n }, CAPS)).toEqual({
    maxFeePerGas: 21n,
    maxPriorityFeePerGas: 1n,
  })
})

test('firstFees keeps tip and total below their caps', () => {
  expect(firstFees({ baseFeePerGas: 60n, priorityFeePerGas: 50n }, CAPS)).toEqual({
    maxFeePerGas: 100n,
    maxPriorityFeePerGas: 2n,
  })
})

test('firstFees is null when the base fee reaches the cap', () => {
  expect(firstFees({ baseFeePerGas: 100n, priorityFeePerGas: 1n }, CAPS)).toBeNull()
})

test('replacementFees is null above the cap', () => {
  const previous = { maxFeePerGas: 95n, maxPriorityFeePerGas: 2n }
  expect(replacementFees(previous, { baseFeePerGas: 10n, priorityFeePerGas: 1n }, CAPS)).toBeNull()
})

test('a replacement is an eighth higher in both, never above the cap, tip within total', () => {
  const wei = fc.bigInt({ min: 0n, max: 10n ** 12n })
  const record = fc.record({ base: wei, tip: wei, nextBase: wei, nextTip: wei, cap: wei })
  fc.assert(
    fc.property(record, ({ base, tip, nextBase, nextTip, cap }) => {
      const caps = { feePerGasMax: cap, priorityFeePerGasMax: tip }
      const first = firstFees({ baseFeePerGas: base, priorityFeePerGas: tip }, caps)
      if (first === null) return
      const quote = { baseFeePerGas: nextBase, priorityFeePerGas: nextTip }
      const next = replacementFees(first, quote, caps)
      if (next === null) return
      expect(next.maxFeePerGas).toBeLessThanOrEqual(cap)
      expect(next.maxPriorityFeePerGas).toBeLessThanOrEqual(next.maxFeePerGas)
      expect(next.maxFeePerGas * 1_000n).toBeGreaterThanOrEqual(first.maxFeePerGas * 1_125n)
      expect(next.maxPriorityFeePerGas * 1_000n).toBeGreaterThanOrEqual(
        first.maxPriorityFeePerGas * 1_125n,
      )
    }),
  )
})
