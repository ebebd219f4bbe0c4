import type { Round } from '../../../aggregator/values/ids.ts'
import type { RunRecord } from '../../record/run-recorder.ts'
import { paramsOf, ROUNDS_BEFORE } from '../../scenario/params.ts'
import type { Scenario } from '../../scenario/schema.ts'
import type { SimulationResult } from '../../statistics/result.ts'
import type { Recording } from '../../world/recorded.ts'
import type { NumberAxis } from '../figure/figure.ts'

/** All that a report of one run is made of. */
export interface ShownRun {
  readonly scenario: Scenario
  readonly result: SimulationResult
  readonly record: RunRecord
  /** The prices that it followed, if it followed recorded ones. */
  readonly recording?: Recording | null
}

/** Times of a committee, in milliseconds. */
export function timingOf({ scenario, result }: ShownRun) {
  return paramsOf(scenario, result.seed).timing
}

/** The rounds that are counted; the end is the first that is not. */
export function roundsOf({ result }: ShownRun): readonly [from: Round, to: Round] {
  const from = ROUNDS_BEFORE + 1
  return [from, from + Math.max(1, result.rounds.opened)]
}

/** The axis over which a run is shown. */
export function roundAxis(
  run: ShownRun,
): NumberAxis & { readonly range: readonly [number, number] } {
  return { label: 'round', range: roundsOf(run), isRounds: true }
}

/** How many rounds stand in each point of a plot, for a caption; nothing when each has its own. */
export function binText(bins: readonly { readonly rounds: number }[]): string {
  const each = Math.max(1, ...bins.map(({ rounds }) => rounds))
  return each === 1 ? '' : ` Each point stands for ${each} rounds.`
}

/** Members in few characters: `0–3, 7`. */
export function membersText(members: readonly number[]): string {
  const runs: [number, number][] = []
  for (const member of [...members].sort((a, b) => a - b)) {
    const last = runs.at(-1)
    if (last !== undefined && last[1] === member - 1) last[1] = member
    else runs.push([member, member])
  }
  return runs.map(([from, to]) => (from === to ? `${from}` : `${from}–${to}`)).join(', ')
}

/** A name that fits on the left of a row. */
export function shortened(name: string, charactersMax: number): string {
  return name.length <= charactersMax ? name : `${name.slice(0, charactersMax - 1)}…`
}
