import { bribesUsd } from '../economics/attack-cost.ts'
import type { Held, MarketTerms, PerpetualHeld } from '../economics/marked-book.ts'
import type { BookScenario } from './book-schema.ts'

/** Every position of a scenario's book, one by one. */
export function positionsOf({ perpetuals, options }: BookScenario): readonly Held[] {
  return [...perpetuals.flatMap(spread), ...options.map((option): Held => option)]
}

export function termsOf({
  maintenanceBps,
  penaltyBps,
  penaltyTo,
  fundsUsd,
}: BookScenario): MarketTerms {
  return { maintenanceBps, penaltyBps, penaltyTo, fundsUsd }
}

/** What so many members under control cost; nothing without a bribe. */
export function bribesOf({ bribe }: BookScenario, members: number): number {
  return bribe === undefined ? 0 : bribesUsd(bribe, members)
}

function spread(of: BookScenario['perpetuals'][number]): readonly PerpetualHeld[] {
  const { side, notionalUsd, feeBps, holder, openMs, closeMs = null, count } = of
  const { marginBps, marginBpsMax = marginBps } = of
  const step = count === 1 ? 0 : (marginBpsMax - marginBps) / (count - 1)
  return Array.from({ length: count }, (_, at) => {
    const held = { side, notionalUsd, feeBps, holder, openMs, closeMs }
    return { type: 'perpetual', ...held, marginBps: marginBps + step * at }
  })
}
