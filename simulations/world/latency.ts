import { exponential } from '../determinism/arithmetic.ts'
import type { Prng } from '../determinism/prng.ts'
import { type Region, type RoundTrip, roundTripOf } from './regions.ts'

/** How long a message takes over one link, one way, before bandwidth; all in milliseconds. */
export type LatencyModel =
  | { readonly type: 'constant'; readonly ms: number }
  | { readonly type: 'uniform'; readonly minMs: number; readonly maxMs: number }
  | { readonly type: 'normal'; readonly meanMs: number; readonly deviationMs: number }
  /** exp of a normal draw: long tails, as congested paths have. */
  | { readonly type: 'lognormal'; readonly medianMs: number; readonly sigma: number }
  /** Equally likely measured values. */
  | { readonly type: 'empirical'; readonly samplesMs: readonly number[] }
  /**
   * One region for each member; Normal(p50 / 2, (p90 − p50) / 2) of the round trip, from 0. With
   * `sigma` lognormal around the same median, with longer tails than were measured.
   */
  | { readonly type: 'regions'; readonly placement: readonly Region[]; readonly sigma?: number }

/** Draws a one-way delay in whole microseconds, from 0. */
export type DrawDelay = (link: { readonly from: number; readonly to: number }, prng: Prng) => number

export function delaysOf(model: LatencyModel): DrawDelay {
  switch (model.type) {
    case 'constant':
      return () => toUs(model.ms)
    case 'uniform':
      return (_link, prng) => prng.between(toUs(model.minMs), toUs(model.maxMs))
    case 'normal':
      return (_link, prng) => toUs(model.meanMs + model.deviationMs * prng.normal())
    case 'lognormal':
      return (_link, prng) => toUs(model.medianMs * exponential(model.sigma * prng.normal()))
    case 'empirical':
      return (_link, prng) => toUs(model.samplesMs[prng.below(model.samplesMs.length)] as number)
    case 'regions':
      return regionDelays(model)
  }
}

/** Of a standard normal draw. */
const DEVIATIONS_P999 = 3.0902

/** The 99.9th percentile of one copy's delay over the slowest link, in milliseconds. */
export function slowestMs(model: LatencyModel): number {
  switch (model.type) {
    case 'constant':
      return model.ms
    case 'uniform':
      return model.maxMs - 0.001 * (model.maxMs - model.minMs)
    case 'normal':
      return model.meanMs + DEVIATIONS_P999 * model.deviationMs
    case 'lognormal':
      return model.medianMs * exponential(DEVIATIONS_P999 * model.sigma)
    case 'empirical': {
      const ascending = model.samplesMs.toSorted((a, b) => a - b)
      return ascending[Math.ceil(0.999 * ascending.length) - 1] ?? 0
    }
    case 'regions': {
      const regions = [...new Set(model.placement)]
      const pairs = regions.flatMap((from) => regions.map((to) => oneWay(roundTripOf(from, to))))
      return Math.max(...pairs.map((link) => slowestOf(link, model.sigma)))
    }
  }
}

function slowestOf({ meanMs, deviationMs }: ReturnType<typeof oneWay>, sigma?: number): number {
  if (sigma === undefined) return meanMs + DEVIATIONS_P999 * deviationMs
  return meanMs * exponential(DEVIATIONS_P999 * sigma)
}

function regionDelays({ placement, sigma }: Extract<LatencyModel, { type: 'regions' }>): DrawDelay {
  // Once for each pair of regions, not of members: there may be a thousand of these.
  const regions = [...new Set(placement)]
  const byRegion = new Map(
    regions.map((from) => [
      from,
      new Map(regions.map((to) => [to, oneWay(roundTripOf(from, to))] as const)),
    ]),
  )
  const links = placement.map((from) => placement.map((to) => byRegion.get(from)?.get(to)))
  return ({ from, to }, prng) => {
    const link = links[from]?.[to]
    if (link === undefined) throw new RangeError('every member has a region')
    if (sigma !== undefined) return toUs(link.meanMs * exponential(sigma * prng.normal()))
    return toUs(link.meanMs + link.deviationMs * prng.normal())
  }
}

function oneWay({ p50Ms, p90Ms }: RoundTrip) {
  return { meanMs: p50Ms / 2, deviationMs: (p90Ms - p50Ms) / 2 }
}

function toUs(ms: number): number {
  return ms <= 0 ? 0 : Math.round(ms * 1_000)
}
