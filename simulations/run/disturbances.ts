import type { TimingParams } from '../../aggregator/committee/params.ts'
import type { Disturbance } from '../checking/checker.ts'
import type { Scenario } from '../scenario/schema.ts'
import { networkOf } from '../scenario/world.ts'
import { slowestMs } from '../world/latency.ts'

const US_PER_MS = 1_000

/**
 * What a scenario disturbs besides its adversaries, by start; one that never ends ends at Infinity.
 */
export function disturbancesOf({ faults, network }: Scenario): readonly Disturbance[] {
  const cuts = network.cuts.map(({ fromMs, toMs }) => span(fromMs, toMs))
  const others = faults.map((fault) => {
    // When a promise comes is known only as the run goes on.
    if (fault.type === 'stop') return span(0, Number.POSITIVE_INFINITY)
    if (fault.type !== 'crash' || fault.restartMs === undefined || fault.everyMs !== undefined) {
      return span(fault.atMs, Number.POSITIVE_INFINITY)
    }
    return span(fault.atMs, fault.restartMs)
  })
  return [...cuts, ...others].sort((a, b) => a.fromUs - b.fromUs)
}

/**
 * Whether the network or the clocks break what the timing assumes throughout (protocol §3): no copy
 * is lost, one of a thousand takes longer than hopMs on a link, clocks are within the skew.
 */
export function isAlwaysDisturbed(
  scenario: Scenario,
  { hopMs, clockSkewMsMax }: Pick<TimingParams, 'hopMs' | 'clockSkewMsMax'>,
): boolean {
  if (scenario.network.lossPpm > 0 || slowestMs(networkOf(scenario).latency) > hopMs) return true
  return scenario.clocks.some(
    // Two honest clocks differ by at most the skew, so one is off the truth by at most half.
    ({ offsetMs, driftPpm }) => Math.abs(offsetMs) > clockSkewMsMax / 2 || driftPpm !== 0,
  )
}

function span(fromMs: number, toMs: number): Disturbance {
  return { fromUs: fromMs * US_PER_MS, toUs: toMs * US_PER_MS }
}
