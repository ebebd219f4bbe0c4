/** Members that can be bought. */
export interface Corruption {
  readonly f: number
  readonly bondUsd: number
  /** Part of the bond that is lost in expectation, from 0 to 1: who only lies is never slashed. */
  readonly slashedShare: number
  /** What a member earns in the time that it could have gone on for. */
  readonly incomeLostUsd: number
  /** What it wants on top of its losses, as a part of them. */
  readonly premiumShare: number
}

export interface Venue {
  readonly name: string
  /** Bought or sold, it moves the price of this venue by one percent. */
  readonly depthUsdPerPercent: number
  readonly feeBps: number
  /** Part of the depth that arbitrage puts back every second while the price is off. */
  readonly refillPerSecond: number
}

export interface VenueAttack {
  readonly venues: readonly Venue[]
  /** How long the price must stay off until it is in a certificate that the market has taken. */
  readonly holdSeconds: number
}

/** What f+1 members want: fewer cannot move a price out of the honest range (protocol §12 S1). */
export function membersCostUsd(corruption: Corruption): number {
  const { f, bondUsd, slashedShare, incomeLostUsd, premiumShare } = corruption
  return (f + 1) * (bondUsd * slashedShare + incomeLostUsd) * (1 + premiumShare)
}

/**
 * What it costs to push the cheapest venues, more than half of all, by `moveBps` and to keep them
 * there. Half the move is paid on what is bought first, all of it on what arbitrage sells
 * meanwhile; everything is sold back at the true price, with a fee both ways.
 */
export function venuesCostUsd({ venues, holdSeconds }: VenueAttack, moveBps: number): number {
  const needed = Math.floor(venues.length / 2) + 1
  const costs = venues.map(({ depthUsdPerPercent, feeBps, refillPerSecond }) => {
    const move = moveBps / 10_000
    const pushUsd = depthUsdPerPercent * 100 * move
    const heldUsd = pushUsd * refillPerSecond * holdSeconds
    const feeUsd = ((pushUsd + heldUsd) * 2 * feeBps) / 10_000
    return (pushUsd * move) / 2 + heldUsd * move + feeUsd
  })
  return costs
    .sort((a, b) => a - b)
    .slice(0, needed)
    .reduce((sum, cost) => sum + cost, 0)
}
