import type { UnixMs } from '../../aggregator/values/time.ts'
import type { PendingTransaction } from './chain.ts'
import type { Sent } from './confirmations.ts'
import type { Fees } from './fees.ts'
import type { TransactionSent } from './sender.ts'
import { Obstacle } from './sender.ts'

/** The one nonce in flight, and everything that was sent with it. */
export interface Slot {
  readonly nonce: number
  /** The highest offer so far. */
  readonly fees: Fees
  /** Ascending by time, the newest sixteen; older ones were outbid long ago. */
  readonly sent: readonly Sent[]
  /** When the newest was sent; negative infinity when the next should follow at once. */
  readonly sentMs: UnixMs
  /** Raises of the fee so far. */
  readonly bumps: number
}

export interface Attempt {
  readonly nonce: number
  readonly transaction: Omit<Sent, 'hash'>
  readonly mayRaise: boolean
  readonly nowMs: UnixMs
}

const SENT_MAX = 16

/** A transaction that an earlier process left behind; what it was for is not known. */
export function adopted(nonce: number, pending: PendingTransaction, nowMs: UnixMs): Slot {
  const { hash, fees } = pending
  return { nonce, fees, sent: [{ hash, round: 0, feeds: [], data: '0x' }], sentMs: nowMs, bumps: 0 }
}

/** The slot for its next transaction: a delivery's raises are not those of the call before it. */
export function takenOver(slot: Slot, next: Pick<Sent, 'to'>): Slot {
  const last = slot.sent.at(-1)
  const isOfOtherKind = last !== undefined && (last.to === undefined) !== (next.to === undefined)
  return isOfOtherKind ? { ...slot, bumps: 0 } : slot
}

/**
 * The slot after an attempt to send.
 *
 * @param before the slot of the same nonce, or null when this was its first attempt
 * @throws {Obstacle} when the chain refused for good
 */
export function slotAfter(
  before: Slot | null,
  attempt: Attempt,
  { outcome, hash, fees }: TransactionSent,
): Slot | null {
  const { nonce, mayRaise, nowMs, transaction } = attempt
  const sent = before?.sent ?? []
  const bumps = before === null ? 0 : before.bumps + (mayRaise ? 1 : 0)
  switch (outcome.type) {
    case 'accepted': {
      const isKnown = sent.some((other) => other.hash === hash)
      const all = isKnown ? sent : [...sent, { hash, ...transaction }].slice(-SENT_MAX)
      return { nonce, fees, sent: all, sentMs: nowMs, bumps }
    }
    case 'underpriced': {
      // Something dearer that we do not know holds the nonce: outbid it at once, while we may.
      const sentMs = mayRaise ? Number.NEGATIVE_INFINITY : nowMs
      return { nonce, fees, sent, sentMs, bumps }
    }
    case 'nonceUsed':
      return null
    case 'fundsMissing':
      throw new Obstacle('WALLET_EMPTY', 'the chain says so')
    case 'refused':
      throw new Obstacle('TRANSMIT_REFUSED', outcome.reason)
  }
}
