import { type Corruption, membersCostUsd, type VenueAttack, venuesCostUsd } from './attack-cost.ts'
import { type Book, type Direction, profitUsd } from './book.ts'

export interface Economy {
  readonly name: string
  readonly corruption: Corruption
  readonly venueAttack: VenueAttack
  readonly book: Book
  /** Moves of the price that are tried, ascending. */
  readonly movesBps: readonly number[]
  readonly surface: {
    readonly f: readonly number[]
    readonly bondUsd: readonly number[]
    /** Multiples of the depth of all venues. */
    readonly depthTimes: readonly number[]
  }
}

export type Way = 'members' | 'venues'

/** One attack: a direction, a size, and the cheaper way. */
export interface Attack {
  readonly direction: Direction
  readonly moveBps: number
  readonly profitUsd: number
  readonly membersCostUsd: number
  readonly venuesCostUsd: number
  readonly way: Way
  /** Profit less the cost of the cheaper way; negative: nobody would. */
  readonly netUsd: number
}

export interface SurfacePoint {
  readonly f: number
  readonly bondUsd: number
  readonly depthTimes: number
  /** Of the best attack. */
  readonly netUsd: number
  readonly way: Way
}

export interface BreakEven {
  readonly attacks: readonly Attack[]
  readonly best: Attack
  /** From this bond on, no bribe pays, however cheap the venues; null: no bond is enough. */
  readonly bondUsd: number | null
  /** From this multiple of their depth on, pushing venues never pays. */
  readonly depthTimes: number
  readonly surface: readonly SurfacePoint[]
}

/** What each attack costs and takes, and from where on none pays. */
export function breakEven(economy: Economy): BreakEven {
  const { corruption, venueAttack, surface } = economy
  const attacks = attacksOn(economy)
  const points = surface.f.flatMap((f) =>
    surface.bondUsd.flatMap((bondUsd) =>
      surface.depthTimes.map((depthTimes) => {
        const changed = {
          ...economy,
          corruption: { ...corruption, f, bondUsd },
          venueAttack: deeper(venueAttack, depthTimes),
        }
        const { netUsd, way } = bestOf(attacksOn(changed))
        return { f, bondUsd, depthTimes, netUsd, way }
      }),
    ),
  )
  return {
    attacks,
    best: bestOf(attacks),
    bondUsd: bondOf(corruption, Math.max(...attacks.map(({ profitUsd }) => profitUsd))),
    // All costs of pushing grow with the depth: the largest ratio of profit to cost decides.
    depthTimes: Math.max(...attacks.map((each) => each.profitUsd / each.venuesCostUsd)),
    surface: points,
  }
}

function attacksOn({ corruption, venueAttack, book, movesBps }: Economy): readonly Attack[] {
  const bribeUsd = membersCostUsd(corruption)
  return (['up', 'down'] as const).flatMap((direction) =>
    movesBps.map((moveBps) => {
      const gainUsd = profitUsd(book, { direction, moveBps })
      const pushUsd = venuesCostUsd(venueAttack, moveBps)
      const way = bribeUsd < pushUsd ? 'members' : 'venues'
      const netUsd = gainUsd - Math.min(bribeUsd, pushUsd)
      const costs = { membersCostUsd: bribeUsd, venuesCostUsd: pushUsd }
      return { direction, moveBps, profitUsd: gainUsd, ...costs, way, netUsd }
    }),
  )
}

function bestOf(attacks: readonly Attack[]): Attack {
  return attacks.reduce((best, each) => (each.netUsd > best.netUsd ? each : best))
}

function bondOf(corruption: Corruption, profitUsdMax: number): number | null {
  const { f, slashedShare, incomeLostUsd, premiumShare } = corruption
  const perMemberUsd = profitUsdMax / (f + 1) / (1 + premiumShare) - incomeLostUsd
  if (perMemberUsd <= 0) return 0
  return slashedShare === 0 ? null : perMemberUsd / slashedShare
}

function deeper(attack: VenueAttack, times: number): VenueAttack {
  const venues = attack.venues.map((venue) => ({
    ...venue,
    depthUsdPerPercent: venue.depthUsdPerPercent * times,
  }))
  return { ...attack, venues }
}
