import { describe, expect, test } from 'vitest'
import type { State } from '../../../aggregator/state/state.ts'
import { membersOf } from '../../../aggregator/values/ids.ts'
import { createHealingChecker } from '../../../simulations/checkers/healing.ts'
import type { Checker, Subject } from '../../../simulations/checking/checker.ts'
import type { Fact } from '../../../simulations/world/facts.ts'

// When a committee of four, f = 1, must certify again: at the end of an outage of 100 rounds.

const ROUND_US = 500_000
const DOWN = 100
const HEALED = 200
const DOUBTFUL_ROUNDS = 21

interface Outage {
  /** Members that start again when it ends. */
  readonly restarted: readonly number[]
  /** Highest round that their disks know. */
  readonly known?: number
  readonly controlled?: readonly number[]
  /** Round of a certificate that everybody is brought after it. */
  readonly brought?: number
}

function watched({ restarted, known = DOWN, controlled = [], brought }: Outage) {
  const all = [0, 1, 2, 3]
  const states = all.map((member) => ({ known: restarted.includes(member) ? known : 0 }) as State)
  const checker = createHealingChecker({
    committee: { f: 1 },
    honest: membersOf(all.filter((member) => !controlled.includes(member))),
    disturbances: [{ fromUs: DOWN * ROUND_US, toUs: HEALED * ROUND_US }],
    isAlwaysDisturbed: false,
    stateOf: (member: number) => states[member] ?? null,
  } as unknown as Subject)
  const broken: number[] = []
  const show = (fact: object) => {
    const { type, nowUs } = fact as Fact
    const handler = checker.on?.[type] as ((of: object) => ReturnType<Handler>) | undefined
    const found = handler?.(fact) ?? null
    if (found !== null) broken.push(nowUs / ROUND_US - HEALED)
  }
  const start = (member: number, round: number) =>
    show({ type: 'started', nowUs: round * ROUND_US, member })
  for (const member of all) start(member, 0)
  for (let round = 1; round <= HEALED + 2 * DOUBTFUL_ROUNDS; round++) {
    show({ type: 'roundOpened', nowUs: round * ROUND_US, round })
    if (round !== HEALED) continue
    for (const member of restarted) {
      show({ type: 'crashed', nowUs: round * ROUND_US, member })
      start(member, round)
    }
    const certificate = { round: brought ?? 0 }
    if (brought === undefined) continue
    for (const member of all)
      show({ type: 'certified', nowUs: round * ROUND_US, member, certificate })
  }
  return broken
}

type Handler = NonNullable<NonNullable<Checker['on']>['started']>

describe('L3', () => {
  test('gives three rounds where f+1 honest members ran on, who bear out other clocks', () => {
    expect(watched({ restarted: [0, 1] })).toEqual([3])
  })

  test('gives 21 where everybody was down for long', () => {
    expect(watched({ restarted: [0, 1, 2, 3] })).toEqual([DOUBTFUL_ROUNDS])
  })

  test('gives three to who was down for 64 rounds or less', () => {
    expect(watched({ restarted: [0, 1, 2, 3], known: HEALED - 64 })).toEqual([3])
    expect(watched({ restarted: [0, 1, 2, 3], known: HEALED - 65 })).toEqual([DOUBTFUL_ROUNDS])
  })

  test('gives 21 where who ran on is under control, and need not speak', () => {
    expect(watched({ restarted: [0, 1], controlled: [3] })).toEqual([DOUBTFUL_ROUNDS])
  })

  test('gives 21 after lost disks, however short the outage, and for certificates of before', () => {
    expect(watched({ restarted: [0, 1, 2], known: 0 })).toEqual([DOUBTFUL_ROUNDS])
    const before = { restarted: [0, 1, 2], known: 0, brought: HEALED - 3 }
    expect(watched(before)).toEqual([DOUBTFUL_ROUNDS])
    expect(watched({ ...before, brought: HEALED - 2 })).toEqual([3])
  })
})
