import { priceOption } from '../../aggregator/derivatives/black-scholes.ts'
import { WAD } from '../../aggregator/values/fixed-math.ts'

/** What can be taken from positions that a feed prices; money in whole US dollars and parts. */
export interface Book {
  /** The true price of the underlying. */
  readonly spotUsd: number
  /** Most that all positions together can be paid: collateral and insurance of the market. */
  readonly payoutUsdMax: number
  /** The market refuses a price that jumps further than this; null: it takes any. */
  readonly moveBpsMax: number | null
  readonly perpetual: Perpetual
  readonly options: readonly OptionPosition[]
}

/** Notional that an attacker can hold in either direction, and the fee of a trade. */
export interface Perpetual {
  readonly notionalUsd: number
  readonly feeBps: number
}

/** Options that an attacker can hold, bought at their fair price with the fee of a trade. */
export interface OptionPosition {
  readonly type: 'call' | 'put'
  readonly strikeUsd: number
  readonly contracts: number
  readonly volatility: number
  /** Until the expiry when the price is moved; 0: it is moved at the expiry itself. */
  readonly seconds: number
  /** From the purchase to the price move. */
  readonly heldSeconds: number
  readonly feeBps: number
}

export type Direction = 'up' | 'down'

/**
 * Profit of all positions that gain in a direction when the feed says a price that is `moveBps` off
 * the true one, 0 where the market refuses it. Options are priced by the formulas of the contracts
 * (aggregator/derivatives).
 */
export function profitUsd(
  book: Book,
  { direction, moveBps }: { direction: Direction; moveBps: number },
): number {
  if (book.moveBpsMax !== null && moveBps > book.moveBpsMax) return 0
  const move = moveBps / 10_000
  const sign = direction === 'up' ? 1 : -1
  const saidUsd = book.spotUsd * (1 + sign * move)
  let paidUsd = Math.max(0, perpetualUsd(book.perpetual, move))
  const type = direction === 'up' ? 'call' : 'put'
  for (const option of book.options) {
    if (option.type !== type) continue
    const prices = { boughtAtUsd: book.spotUsd, soldAtUsd: saidUsd }
    paidUsd += Math.max(0, optionUsd(option, prices))
  }
  return Math.min(paidUsd, book.payoutUsdMax)
}

/** What a perpetual pays after the price moved its way by a share, less the fees of two trades. */
export function perpetualUsd({ notionalUsd, feeBps }: Perpetual, move: number): number {
  return notionalUsd * (move - (2 * feeBps) / 10_000)
}

/** What an option pays that was bought at one price and is sold at another, less cost and fee. */
export function optionUsd(
  option: OptionPosition,
  { boughtAtUsd, soldAtUsd }: { readonly boughtAtUsd: number; readonly soldAtUsd: number },
): number {
  const { contracts, seconds, heldSeconds, feeBps } = option
  const costUsd = valueUsd(option, boughtAtUsd, seconds + heldSeconds)
  const feeUsd = (costUsd * feeBps) / 10_000
  return contracts * (valueUsd(option, soldAtUsd, seconds) - costUsd - feeUsd)
}

function valueUsd(option: OptionPosition, spotUsd: number, seconds: number): number {
  const { type, strikeUsd } = option
  if (seconds === 0) {
    return Math.max(0, type === 'call' ? spotUsd - strikeUsd : strikeUsd - spotUsd)
  }
  const prices = priceOption({
    spot: wadOf(spotUsd),
    strike: wadOf(strikeUsd),
    volatility: wadOf(option.volatility),
    timeSeconds: BigInt(seconds),
    rate: 0n,
  })
  // Money to a millionth of a dollar: a double holds that up to nine thousand million.
  return Number(prices[type] / 1_000_000_000_000n) / 1_000_000
}

function wadOf(value: number): bigint {
  return (BigInt(Math.round(value * 1_000_000_000)) * WAD) / 1_000_000_000n
}
