import { describe, expect, test } from 'vitest'
import { openingOf } from '../../../aggregator/committee/committee.ts'
import { idealScheme } from '../../../aggregator/signing/ideal.ts'
import { Cluster, type ClusterOptions } from '../../support/cluster.ts'
import {
  referenceCrypto,
  type TestCommitteeOptions,
  testCommittee,
} from '../../support/committee.ts'

// What a switch costs the rounds themselves (protocol §11.2), by a clock that no busy machine holds
// up: test/e2e/rotation.test.ts does it with processes, and has to leave them time.

/** An hour after the first round: who starts then doubts its clock for a while (§4.6). */
const START_MS = 3_600_001
/** Between two openings of the faster clocks, so that it falls together with none. */
const SWITCH_MS = START_MS + 30_249
const UNTIL_MS = SWITCH_MS + 9_000
/** From here on every round of the old committee counts. */
const SETTLED_MS = 3_625_000
/** What a switch may cost beyond the wait for the next round. */
const GAP_MS_MAX = 1_000

type Side = TestCommitteeOptions & Pick<ClusterOptions, 'silent'>

/** Openings of the rounds that a committee certified, and when somebody first held each. */
function certified(side: Side, term: { readonly fromMs: number; readonly untilMs: number | null }) {
  const { silent = [], ...options } = side
  const made = testCommittee(options)
  const crypto = { ...referenceCrypto, threshold: idealScheme(1) }
  const cluster = new Cluster({ test: made, silent, crypto })
  cluster.start(START_MS)
  for (const member of cluster.machines.keys()) {
    if (!silent.includes(member)) {
      cluster.report(member, { type: 'termSet', nowMs: cluster.nowMs, ...term })
    }
  }
  cluster.runTo(UNTIL_MS)
  const heldMs = new Map<number, number>()
  for (const { atMs, effect } of cluster.effects) {
    if (effect.type !== 'certified') continue
    const openedMs = openingOf(made.committee, effect.certificate.message.round)
    if (!heldMs.has(openedMs)) heldMs.set(openedMs, atMs)
  }
  return { heldMs, roundMs: made.committee.params.timing.roundMs }
}

const SLOW = {
  ...{ roundMs: 1_000, hopMs: 100, includeMs: 350, fastMs: 460, cutMs: 570 },
  ...{ backupMs: 110, voteMs: 900 },
}

const ROWS: readonly (readonly [about: string, old: Side, next: Side])[] = [
  ['a member is added', { size: 4 }, { size: 5 }],
  ['a member is removed', { size: 5 }, { size: 4 }],
  ['members are removed, and fewer faulty ones are tolerated', { size: 7 }, { size: 4 }],
  ['everybody is replaced', { seed: 'old' }, { seed: 'next' }],
  ['rounds become longer', {}, { seed: 'next', timing: SLOW }],
  ['rounds become shorter', { timing: SLOW }, { seed: 'next' }],
  ['a parameter changes', { probeEvery: 32 }, { probeEvery: 16 }],
  ['one of the next is silent from the first round on', {}, { seed: 'next', silent: [0] }],
  ['one of the old is silent until the last', { silent: [3] }, { seed: 'next' }],
]

describe('a switch from one committee to the next, in virtual time', () => {
  test.each(ROWS)('costs no round when %s', (_about, old, next) => {
    const before = certified(old, { fromMs: 0, untilMs: SWITCH_MS })
    const after = certified(next, { fromMs: SWITCH_MS, untilMs: null })
    // The last round of the old one opens before the switch, the first of the next one after it.
    const [last, first] = [Math.max(...before.heldMs.keys()), Math.min(...after.heldMs.keys())]
    expect(last).toBe(Math.floor(SWITCH_MS / before.roundMs) * before.roundMs)
    expect(first).toBe(Math.ceil(SWITCH_MS / after.roundMs) * after.roundMs)
    const openings = [...before.heldMs.keys()].filter((openedMs) => openedMs >= SETTLED_MS)
    expect(openings).toHaveLength((last - SETTLED_MS) / before.roundMs + 1)
    const heldMs = [...before.heldMs.values(), ...after.heldMs.values()]
    const times = heldMs.filter((atMs) => atMs >= SETTLED_MS).toSorted((a, b) => a - b)
    const gaps = times.slice(1).map((atMs, index) => atMs - (times[index] as number))
    const intervalMs = Math.max(before.roundMs, after.roundMs)
    expect(Math.max(...gaps) - intervalMs).toBeLessThanOrEqual(GAP_MS_MAX)
  })
})
