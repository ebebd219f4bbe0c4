import { describe, expect, it } from 'vitest'
import { heldForMs, hurriedForMs } from '../../../../aggregator/committee/passing-on.ts'
import { testCommittee } from '../../../support/committee.ts'

const timing = { includeMs: 60, hopMs: 20, roundMs: 500 }
const { committee } = testCommittee({ size: 4, genesisMs: 10_000, timing })
const heldAt = (member: number, sinceMs: number) =>
  heldForMs(committee, member, 10_000 + 7 * 500 + sinceMs)

describe('what others said, before it is passed on (§5.6)', () => {
  it('waits until a moment of each member in the second half of what is left of includeMs', () => {
    expect([0, 1, 2, 3].map((member) => heldAt(member, 0))).toEqual([25, 30, 35, 40])
    expect([0, 1, 2, 3].map((member) => heldAt(member, 24))).toEqual([1, 6, 11, 16])
  })

  it('is with everybody one hop later, by includeMs at the latest', () => {
    for (const member of [0, 1, 2, 3]) {
      for (let sinceMs = 0; sinceMs <= 40; sinceMs++) {
        expect(sinceMs + heldAt(member, sinceMs) + timing.hopMs).toBeLessThanOrEqual(60)
      }
    }
  })

  it('waits for nothing later in the round, nor before the first one', () => {
    expect([40, 41, 120, 499].map((sinceMs) => heldAt(3, sinceMs))).toEqual([0, 0, 0, 0])
    expect(heldForMs(committee, 3, 9_999)).toBe(0)
  })

  it('waits no longer than the round is in a hurry', () => {
    const hurried = [0, 39, 40, 499].map((ms) => hurriedForMs(committee, 10_000 + ms))
    expect(hurried).toEqual([40, 1, 0, 0])
  })

  it('never waits where a hop takes as long as includeMs', () => {
    const slow = testCommittee({ timing: { includeMs: 60, hopMs: 60 } }).committee
    expect([0, 30, 59].map((nowMs) => heldForMs(slow, 3, nowMs))).toEqual([0, 0, 0])
  })
})
