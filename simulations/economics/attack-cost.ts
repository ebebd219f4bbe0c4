import { costUsd, holdTrade, type OrderBook, pushTrade } from './order-book.ts'

/** What a member wants that is bought. */
export interface Bribe {
  readonly bondUsd: number
  /** Part of the bond that is lost in expectation, from 0 to 1: who only lies is never slashed. */
  readonly slashedShare: number
  /** What a member earns in the time that it could have gone on for. */
  readonly incomeLostUsd: number
  /** What it wants on top of its losses, as a part of them. */
  readonly premiumShare: number
}

/** Members that can be bought. */
export interface Corruption extends Bribe {
  readonly f: number
}

export interface Venue extends OrderBook {
  readonly name: string
}

export interface VenueAttack {
  readonly venues: readonly Venue[]
  /** How long the price must stay off until it is in a certificate that the market has taken. */
  readonly holdSeconds: number
}

/** What so many members want. */
export function bribesUsd(
  { bondUsd, slashedShare, incomeLostUsd, premiumShare }: Bribe,
  members: number,
): number {
  return members * (bondUsd * slashedShare + incomeLostUsd) * (1 + premiumShare)
}

/** What f+1 members want: fewer cannot move a price out of the honest range (protocol §12 S1). */
export function membersCostUsd(corruption: Corruption): number {
  return bribesUsd(corruption, corruption.f + 1)
}

/**
 * What it costs to push the cheapest venues, more than half of all, by `moveBps` and to keep them
 * there.
 */
export function venuesCostUsd({ venues, holdSeconds }: VenueAttack, moveBps: number): number {
  const needed = Math.floor(venues.length / 2) + 1
  const move = moveBps / 10_000
  const costs = venues.map(
    (book) => costUsd(pushTrade(book, 0, move)) + costUsd(holdTrade(book, move, holdSeconds)),
  )
  return costs
    .sort((a, b) => a - b)
    .slice(0, needed)
    .reduce((sum, cost) => sum + cost, 0)
}
