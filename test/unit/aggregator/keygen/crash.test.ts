import { describe, expect, test } from 'vitest'
import { missingOf } from '../../../../aggregator/keygen/standing.ts'
import { countMembers, membersOf } from '../../../../aggregator/values/ids.ts'
import { type Crash, KeygenCluster } from '../../../support/keygen.ts'

const VICTIM = 2
const EFFECTS = [
  'makePackage',
  'promisePackage',
  'broadcast',
  'exchangeShares',
  'keepShare',
] as const
const CRASHES = EFFECTS.flatMap((effect) =>
  (['before', 'after'] as const).map((when): Crash => ({ member: VICTIM, effect, when })),
)
const named = CRASHES.map((crash) => [crash.when, crash.effect, crash] as const)

/** One member stops at this point; the others wait until their time is over. */
function crashed(crash: Crash): KeygenCluster {
  const cluster = new KeygenCluster({ size: 4 }, { crash }).run()
  expect(cluster.at(VICTIM).isRunning, 'the crash happened').toBe(false)
  return cluster.pass(10_001)
}

describe('a member that stops at any point (protocol §10.1, §11.1)', () => {
  test.each(named)('%s %s: the others end without a key and convict nobody', (_, __, crash) => {
    const cluster = crashed(crash)
    for (const { index, state } of cluster.members) {
      if (index === VICTIM) continue
      expect(['late', 'abandoned']).toContain(state.outcome?.type)
    }
  })

  test.each(named)('%s %s: back with its disk it convicts itself of nothing', (_, __, crash) => {
    const cluster = crashed(crash)
    const { disk } = cluster.at(VICTIM)
    if (disk.kept === null && disk.package !== null) {
      // Its polynomial is gone: the host begins no session in this attempt (KEYGEN_ATTEMPT_USED).
      return
    }
    const again = cluster.restart(VICTIM)
    cluster.start(again)
    cluster.settle()
    expect(again.state.outcome).toBeNull()
    for (const { state } of cluster.members) expect(state.evidence).toBeNull()
  })

  test('after its promise of the result it goes on where it was, with all others', () => {
    const crash = { member: VICTIM, effect: 'keepShare', when: 'after' } as const
    const cluster = new KeygenCluster({ size: 4 }, { crash }).run()
    expect(cluster.endings()).toEqual([null, null, null, null])
    const before = cluster.at(VICTIM).disk.kept
    const again = cluster.restart(VICTIM)
    cluster.start(again)
    cluster.settle()
    // What it missed, it is given when it asks.
    for (const { index, state } of cluster.members) {
      const result = state.results[index]
      if (index !== VICTIM && result) cluster.receive(again, result)
    }
    cluster.settle()
    expect(cluster.endings()).toEqual(['generated', 'generated', 'generated', 'generated'])
    const [first, ...others] = cluster.outcomes()
    for (const other of others) expect(other).toEqual(first)
    expect(again.disk.kept).toBe(before)
  })

  test('it promises no result while anybody lacks its share: only its memory can make one', () => {
    const onSealed = (sealed: Uint8Array, from: number, to: number) =>
      from === VICTIM && to === 0 ? null : sealed
    const cluster = new KeygenCluster({ size: 4 }, { onSealed }).run()
    const { disk, state } = cluster.at(VICTIM)
    expect([countMembers(state.shares), state.phase, disk.kept]).toEqual([3, 'shares', null])
    expect(missingOf(cluster.context, state)).toBe(membersOf([0]))
    cluster.pass(10_001)
    expect(cluster.endings()).not.toContain('generated')
    for (const each of cluster.members) expect(each.state.evidence).toBeNull()
  })

  test('who signed the result has taken every share, though it stopped before it said so', () => {
    const cluster = new KeygenCluster({ size: 4 }).run()
    const { state } = cluster.at(0)
    const waiting = { ...state, phase: 'shares', served: membersOf([1, 3]) } as const
    expect(missingOf(cluster.context, waiting)).toBe(0)
    const unsigned = { ...waiting, results: state.results.map(() => null) }
    expect(missingOf(cluster.context, unsigned)).toBe(membersOf([VICTIM]))
  })

  test('a result is never signed that was not kept first', () => {
    const crash = { member: VICTIM, effect: 'keepShare', when: 'before' } as const
    const cluster = crashed(crash)
    for (const { state } of cluster.members) expect(state.results[VICTIM]).toBeNull()
    expect(cluster.endings()).not.toContain('generated')
  })
})
