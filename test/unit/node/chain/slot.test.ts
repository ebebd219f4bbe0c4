import { expect, test } from 'vitest'
import type { SendOutcome } from '../../../../node/chain/chain.ts'
import type { Slot } from '../../../../node/chain/slot.ts'
import { slotAfter } from '../../../../node/chain/slot.ts'

const FEES = { maxFeePerGas: 9n, maxPriorityFeePerGas: 3n }
const DEARER = { maxFeePerGas: 11n, maxPriorityFeePerGas: 4n }
const TRANSACTION = { round: 7, feeds: [0], data: '0x' } as const
const PENDING: Slot = {
  nonce: 5,
  fees: FEES,
  sent: [{ ...TRANSACTION, hash: '0x01' }],
  sentMs: 1_000,
  bumps: 1,
}

function after(before: Slot | null, outcome: SendOutcome, mayRaise = true): Slot | null {
  const attempt = { nonce: 5, transaction: TRANSACTION, mayRaise, nowMs: 2_000 }
  return slotAfter(before, attempt, { outcome, hash: '0x02', fees: DEARER })
}

test('an accepted first attempt opens the slot without a raise', () => {
  expect(after(null, { type: 'accepted' })).toMatchObject({ nonce: 5, sentMs: 2_000, bumps: 0 })
})

test('an accepted replacement keeps the hashes before it, for they may still land', () => {
  const slot = after(PENDING, { type: 'accepted' })
  expect(slot).toMatchObject({ fees: DEARER, bumps: 2 })
  expect(slot?.sent.map(({ hash }) => hash)).toEqual(['0x01', '0x02'])
})

test('an attempt that was too cheap is followed at once by a dearer one', () => {
  expect(after(PENDING, { type: 'underpriced' })?.sentMs).toBe(Number.NEGATIVE_INFINITY)
  expect(after(PENDING, { type: 'underpriced' }, false)).toMatchObject({ sentMs: 2_000, bumps: 1 })
})

test('a nonce that is in a block leaves no slot', () => {
  expect(after(PENDING, { type: 'nonceUsed' })).toBeNull()
})

test('what the chain refuses for good is an obstacle with its code', () => {
  expect(() => after(null, { type: 'fundsMissing' })).toThrow(
    expect.objectContaining({ code: 'WALLET_EMPTY' }),
  )
  expect(() => after(null, { type: 'refused', reason: 'banned' })).toThrow(
    expect.objectContaining({ code: 'TRANSMIT_REFUSED', message: 'banned' }),
  )
})

test('the hashes of one nonce are bounded', () => {
  let slot: Slot | null = null
  for (let index = 0; index < 40; index++) {
    const attempt = { nonce: 5, transaction: TRANSACTION, mayRaise: true, nowMs: index }
    const hash = `0x${index.toString(16)}` as const
    slot = slotAfter(slot, attempt, { outcome: { type: 'accepted' }, hash, fees: FEES })
  }
  expect(slot?.sent).toHaveLength(16)
})
