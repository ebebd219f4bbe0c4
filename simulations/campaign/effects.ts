import { faultyMax } from '../../aggregator/committee/quorum.ts'
import type { Strategy } from '../attacking/adversary.ts'
import { readArgs, wholeNumber } from '../input/options.ts'
import { createProgress } from '../report/progress.ts'
import { alignedTable } from '../report/table.ts'
import type { Answer } from '../research/commands.ts'
import {
  type Effects,
  effectsBetween,
  IDLE,
  isEffective,
  type Watched,
  watched,
} from '../run/effects.ts'
import { checkScenario } from '../scenario/load.ts'
import type { Scenario } from '../scenario/schema.ts'
import { STRATEGIES, strategyOf } from '../strategies.ts'

/** What one strategy changed, against the same seed with its members idle. */
export interface EffectRow {
  readonly strategy: string
  readonly members: number
  readonly effects: Effects
  readonly isEffective: boolean
}

/** Where a strategy is tried. */
export interface EffectOptions {
  /** From 7 on: one of the f faulty members is there to make proposals necessary. */
  readonly members: number
  readonly rounds: number
  readonly seed: number
}

/** Makes proposals necessary: many strategies act only then. */
const BACKGROUND = 'flap-at-probes'
const PROBE_EVERY = 8
/**
 * Within f it changes nothing: honest clocks stamp the opening of the round, and the median of
 * times holds. Two of four draw it away.
 */
const BEYOND = 'clock-liar'

/**
 * Runs strategies and compares each with the same run in which its members are idle; `instead` is
 * another strategy in the place of the one that is named.
 */
export function effectFinder(
  options: EffectOptions,
): (name: string, instead?: Strategy) => EffectRow {
  /** By the scenario without the name: most strategies share it. */
  const calmRuns = new Map<string, Watched>()
  const { seed } = options
  return (name, instead = strategyOf(name)) => {
    const scenario = scenarioOf(name, options)
    const run = (tried: Strategy) =>
      watched(scenario, { seed, strategyOf: (one) => (one === name ? tried : strategyOf(one)) })
    const key = JSON.stringify({ ...scenario, adversaries: scenario.adversaries.slice(1) })
    const calm = calmRuns.get(key) ?? run(IDLE)
    calmRuns.set(key, calm)
    const effects = effectsBetween(calm, run(instead))
    const { members } = scenario.committee
    return { strategy: name, members, effects, isEffective: isEffective(effects) }
  }
}

function scenarioOf(name: string, { members, rounds }: EffectOptions): Scenario {
  const isBeyond = name === BEYOND
  const count = isBeyond ? 2 : faultyMax(members) - 1
  const own = Array.from({ length: count }, (_, index) => 3 * index)
  const others = isBeyond || name === BACKGROUND ? [] : [members - 1]
  return checkScenario({
    name: 'effects',
    rounds,
    committee: { members: isBeyond ? 4 : members, probeEvery: PROBE_EVERY },
    adversaries: [
      { strategy: name, members: own },
      ...others.map((member) => ({ strategy: BACKGROUND, members: [member] })),
    ],
    stopAtViolation: false,
  })
}

/** `effects`: what every strategy changes; held when none changes nothing. */
export async function printEffects(args: readonly string[], signal: AbortSignal): Promise<Answer> {
  const { values } = readArgs({
    args: [...args],
    options: {
      members: { type: 'string', default: '10' },
      rounds: { type: 'string', default: '240' },
      seed: { type: 'string', default: '1' },
      json: { type: 'boolean', default: false },
    },
  })
  const options = {
    members: wholeNumber('--members', values.members, { min: 7, max: 31 }) ?? 0,
    rounds: wholeNumber('--rounds', values.rounds, { min: 1, max: 1_000_000 }) ?? 0,
    seed: wholeNumber('--seed', values.seed) ?? 0,
  }
  const rows: EffectRow[] = []
  const effectOf = effectFinder(options)
  const progress = createProgress('effects')
  for (const [at, { name }] of STRATEGIES.entries()) {
    if (signal.aborted) break
    rows.push(effectOf(name))
    progress.show((at + 1) / STRATEGIES.length)
    await new Promise((resolve) => setImmediate(resolve))
  }
  progress.end()
  const output = values.json ? JSON.stringify({ ...options, rows }) : effectsTable(rows)
  return { output, isHeld: rows.every((row) => row.isEffective) }
}

/** A table for people. */
function effectsTable(rows: readonly EffectRow[]): string {
  const signed = (value: number, digits = 0) => {
    const text = value.toFixed(digits)
    return Number(text) === 0 ? '·' : value > 0 ? `+${text}` : text
  }
  return alignedTable([
    [
      'strategy',
      'values',
      'times',
      'signers',
      'proposed',
      'lost',
      'ms',
      'refused',
      'convicted',
      '',
    ],
    ...rows.map(({ strategy, effects, isEffective: is }) => [
      strategy,
      ...[effects.values, effects.timestamps, effects.signers].map((count) => signed(count)),
      signed(effects.proposed),
      signed(effects.lost),
      signed(effects.laterMs, 2),
      signed(effects.refused),
      signed(effects.convicted),
      is ? notesOf(effects) : 'CHANGED NOTHING',
    ]),
  ])
}

function notesOf({ notes }: Effects): string {
  return Object.entries(notes)
    .map(([code, change]) => `${code} ${change > 0 ? '+' : ''}${change}`)
    .join(', ')
}
