import type { BasisPoints } from '../values/basis-points.ts'
import { clampToBand, isWithinBps, isWithinHalfBps } from '../values/basis-points.ts'
import { medianFloor } from './median.ts'
import type { VenueName } from './quote.ts'

/**
 * What happens to a venue outside the band around the median: its price moves to the band's edge
 * (`clamp`), or it is left out until it comes back to less than half of the band (`quarantine`), so
 * that a venue at the edge does not flap.
 */
export type OutlierRule = 'clamp' | 'quarantine'

export interface OutlierRules {
  readonly outlierRule: OutlierRule
  /** Half width of the band around the median of all priced venues; 1..9,999. */
  readonly outlierBps: BasisPoints
  /** Least half width, at `QUOTE_DECIMALS`, of rates; left out of prices (`BandAround`). */
  readonly outlierReachMin?: bigint
}

/** Venues in quarantine, ascending; part of the explicit state of a feed. */
export type Quarantined = readonly VenueName[]

export interface PricedVenue {
  readonly venue: VenueName
  /** In the feed's quote currency at `QUOTE_DECIMALS`; above 0, unless it is a rate. */
  readonly price: bigint
}

export interface JudgedVenue extends PricedVenue {
  /** `agrees`: inside the band; `clamped`: moved to its edge; `quarantined`: must not be used. */
  readonly judgement: 'agrees' | 'clamped' | 'quarantined'
}

/**
 * Judges each venue against the median of all of them, those in quarantine included: a majority
 * decides what the market is, however it was judged before.
 *
 * @param priced at least one, each venue once
 * @returns one judgement per venue in the order given, and the next quarantine; a venue without a
 * price keeps its place there
 */
export function judgeOutliers(
  rules: OutlierRules,
  { priced, quarantined }: { priced: readonly PricedVenue[]; quarantined: Quarantined },
): { readonly judged: readonly JudgedVenue[]; readonly quarantined: Quarantined } {
  const centre = medianFloor(priced.map(({ price }) => price))
  const band = { centre, bps: rules.outlierBps, reachMin: rules.outlierReachMin }
  if (rules.outlierRule === 'clamp') {
    const judged = priced.map(({ venue, price }): JudgedVenue => {
      const judgement = isWithinBps(price, band) ? 'agrees' : 'clamped'
      return { venue, price: clampToBand(price, band), judgement }
    })
    return { judged, quarantined: [] }
  }
  const judged = priced.map(({ venue, price }): JudgedVenue => {
    const stays = quarantined.includes(venue)
      ? !isWithinHalfBps(price, band)
      : !isWithinBps(price, band)
    return { venue, price, judgement: stays ? 'quarantined' : 'agrees' }
  })
  const unseen = quarantined.filter((venue) => !priced.some((each) => each.venue === venue))
  const seen = judged.filter(({ judgement }) => judgement === 'quarantined')
  return { judged, quarantined: [...unseen, ...seen.map(({ venue }) => venue)].sort() }
}
