import { parseArgs } from 'node:util'
import { faultyMax } from '../../aggregator/quorum.ts'
import type { Violation } from '../checker.ts'
import { createProgress } from '../report/progress.ts'
import { percent } from '../report/text.ts'
import type { SimulationResult } from '../result.ts'
import { checkScenario } from '../scenario/load.ts'
import { Simulation } from '../simulation.ts'
import { STRATEGIES } from '../strategies.ts'

/** What f members that follow one strategy, or two at once, do to a committee. */
export interface AttackRow {
  readonly strategies: readonly string[]
  readonly rounds: SimulationResult['rounds']
  readonly violations: readonly Violation[]
}

export interface AttackOptions {
  readonly members: number
  readonly rounds: number
  readonly seeds: number
  /** `worldwide` takes delays of up to 140 ms, `region` of up to 12. */
  readonly timing: 'region' | 'worldwide'
  readonly isPaired: boolean
}

/** Reads a command line. @throws {RangeError} when it asks for what cannot be run */
export function attackOptionsOf(args: readonly string[]): AttackOptions & { json: boolean } {
  const { values } = parseArgs({
    args: [...args],
    options: {
      members: { type: 'string', default: '4' },
      rounds: { type: 'string', default: '960' },
      seeds: { type: 'string', default: '1' },
      timing: { type: 'string', default: 'region' },
      pairs: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  })
  const count = (name: 'members' | 'rounds' | 'seeds', min: number, max: number): number => {
    const value = Number(values[name])
    if (Number.isInteger(value) && value >= min && value <= max) return value
    throw new RangeError(`--${name} must be a whole number from ${min} to ${max}`)
  }
  const { timing } = values
  if (timing !== 'region' && timing !== 'worldwide') {
    throw new RangeError('--timing must be region or worldwide')
  }
  return {
    members: count('members', 4, 31),
    rounds: count('rounds', 1, 1_000_000),
    seeds: count('seeds', 1, 100_000),
    timing,
    isPaired: values.pairs,
    json: values.json,
  }
}

/** Runs every strategy, alone or in pairs on the same members. */
export function runAttacks(options: AttackOptions): readonly AttackRow[] {
  const names = STRATEGIES.map(({ name }) => name)
  const lists = options.isPaired
    ? names.flatMap((one, at) => names.slice(at + 1).map((other) => [one, other]))
    : names.map((name) => [name])
  const progress = createProgress('attacks')
  const rows = lists.map((strategies, done) => {
    progress.show(done / lists.length)
    return runAttack(options, strategies)
  })
  progress.end()
  return rows
}

function runAttack(options: AttackOptions, strategies: readonly string[]): AttackRow {
  const { members, rounds, seeds, timing } = options
  const faulty = Array.from({ length: faultyMax(members) }, (_, index) => members - 1 - index)
  const maxMs = timing === 'region' ? 12 : 140
  const scenario = checkScenario({
    name: 'attack',
    rounds,
    committee: { members, timing },
    network: { latency: { type: 'uniform', minMs: 2, maxMs } },
    adversaries: strategies.map((strategy) => ({ strategy, members: faulty })),
    stopAtViolation: false,
  })
  const total = { opened: 0, fast: 0, proposed: 0, lost: 0 }
  const violations: Violation[] = []
  for (let seed = 1; seed <= seeds; seed++) {
    const result = new Simulation({ scenario, seed }).run()
    total.opened += result.rounds.opened
    total.fast += result.rounds.fast
    total.proposed += result.rounds.proposed
    total.lost += result.rounds.lost
    violations.push(...result.violations.slice(0, 1))
  }
  return { strategies, rounds: total, violations }
}

/** A table for people. */
export function attackTable(rows: readonly AttackRow[]): string {
  const lines = rows.map(({ strategies, rounds, violations }) => {
    const { opened, fast, proposed, lost } = rounds
    const shares = [fast, proposed, lost].map((part) => percent(part, opened).padStart(9)).join('')
    const [first] = violations
    const broken = first === undefined ? '' : `  ${first.rule}: ${first.message}`
    return `${strategies.join(' + ').padEnd(48)}${shares}${broken}`
  })
  const ends = ['fast', 'proposed', 'lost'].map((end) => end.padStart(9)).join('')
  const head = `${'strategy'.padEnd(48)}${ends}`
  return [head, ...lines].join('\n')
}
