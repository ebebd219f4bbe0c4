import { describe, expect, test } from 'vitest'
import {
  isLate,
  lateAgainMs,
  lateExpiries,
  lateSettlementOf,
  lateTurnMs,
  turnAfterSilenceMs,
} from '../../../../aggregator/delivery/late-settlement.ts'
import { settlementRoundsOf } from '../../../../aggregator/delivery/settlement.ts'
import type { Certificate } from '../../../../aggregator/messages/messages.ts'
import { ok, UNAVAILABLE } from '../../../../contracts/testing/committee-box.ts'
import { certifier } from '../../../support/certificates.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
/** 2026-09-25 08:00:00 UTC. */
const EXPIRY = 1_790_323_200
const at = (ageMs: number) => EXPIRY * 1_000 + ageMs
const { context, certify } = certifier({ genesisMs: at(-MINUTE_MS), timing: { stageMs: 12_000 } })
const { committee } = context
const rounds = settlementRoundsOf(committee, EXPIRY) ?? { first: 0, last: 0 }
const members = Array.from({ length: committee.size }, (_, member) => member)

test('an expiry is late from the end of its window until it is void', () => {
  expect(isLate(EXPIRY, at(10 * MINUTE_MS))).toBe(false)
  expect(isLate(EXPIRY, at(10 * MINUTE_MS + 1))).toBe(true)
  expect(isLate(EXPIRY, at(30 * DAY_MS))).toBe(true)
  expect(isLate(EXPIRY, at(30 * DAY_MS + 1))).toBe(false)
})

describe('of a schedule, the late ones', () => {
  const hourly = { stepSeconds: 3_600, offsetSeconds: 0 }

  test('come newest first, a few at a time, until those that are void', () => {
    const nowMs = at(11 * MINUTE_MS)
    const late = (before: number, countMax: number) =>
      lateExpiries(hourly, { nowMs, before, countMax })
    expect(late(Number.POSITIVE_INFINITY, 2)).toEqual([EXPIRY, EXPIRY - 3_600])
    expect(late(EXPIRY - 3_600, 1)).toEqual([EXPIRY - 7_200])
    expect(late(Number.POSITIVE_INFINITY, 10_000)).toHaveLength(30 * 24)
    expect(late(EXPIRY - 30 * 24 * 3_600, 1)).toEqual([])
  })

  test('are none of those whose window is open', () => {
    const asked = { nowMs: at(MINUTE_MS), before: Number.POSITIVE_INFINITY, countMax: 1 }
    expect(lateExpiries(hourly, asked)).toEqual([EXPIRY - 3_600])
  })
})

describe('what settles a late expiry', () => {
  const held = (round: number, report: ReturnType<typeof ok>) => (asked: number) =>
    asked === round ? (certify(round, [report]).message as Certificate) : null
  const chosen = (certificateOf: (round: number) => Certificate | null) =>
    lateSettlementOf({ feed: 0, rounds, certificateOf })?.round

  test('is its own round and no other', () => {
    expect(chosen(held(rounds.first, ok(1n)))).toBe(rounds.first)
    expect(chosen(held(rounds.first + 1, ok(1n)))).toBeUndefined()
  })

  test('is nothing when that round has no value of the feed', () => {
    expect(chosen(held(rounds.first, UNAVAILABLE))).toBeUndefined()
  })
})

describe('who brings it', () => {
  const turnsAfter = (ageMs: number) =>
    members.map((self) => {
      const expiry = { expirySeconds: EXPIRY, first: rounds.first, afterMs: at(ageMs) }
      return lateTurnMs(context, self, expiry) - at(0)
    })

  test('all have a turn when the window is over, a stage apart', () => {
    const turns = turnsAfter(10 * MINUTE_MS - 1).toSorted((a, b) => a - b)
    expect(turns).toEqual([600_000, 612_000, 624_000, 636_000])
  })

  test('the next turns begin an eighth of the age later, and with other members first', () => {
    const firsts = new Set<number>()
    let ageMs = 10 * MINUTE_MS - 1
    for (let attempt = 0; attempt < 20; attempt++) {
      const turns = turnsAfter(ageMs)
      const begins = Math.min(...turns)
      expect(Math.max(...turns)).toBe(begins + 3 * 12_000)
      firsts.add(turns.indexOf(begins))
      const next = Math.min(...turnsAfter(Math.max(...turns)))
      expect(next - begins).toBe(Math.max(MINUTE_MS, Math.floor(begins / 8)))
      ageMs = next - 1
    }
    expect(firsts.size).toBe(members.length)
  })

  test('after hours they are an hour apart, and never less than all turns take', () => {
    const [turn = 0] = turnsAfter(20 * DAY_MS)
    expect(turn - 20 * DAY_MS).toBeLessThanOrEqual(HOUR_MS + 36_000)
    const slow = certifier({ genesisMs: at(-MINUTE_MS), timing: { stageMs: 30_000 } }).context
    const expiry = { expirySeconds: EXPIRY, first: rounds.first }
    const begun = lateTurnMs(slow, 0, { ...expiry, afterMs: at(10 * MINUTE_MS - 1) })
    const next = lateTurnMs(slow, 0, { ...expiry, afterMs: begun })
    expect(next - begun).toBeGreaterThan(120_000 - 90_000)
    expect(lateTurnMs(slow, 0, { ...expiry, afterMs: next - 1 })).toBe(next)
  })

  test('a member that was blind at its turn waits for those before it in the order', () => {
    const nowMs = at(HOUR_MS)
    const turns = members.map((self) =>
      turnAfterSilenceMs(context, self, { first: rounds.first, nowMs }),
    )
    const inOrder = turns.toSorted((a, b) => a - b)
    expect(inOrder).toEqual([0, 12_000, 24_000, 36_000].map((ms) => nowMs + ms))
  })
})

test('a keeper without turns keeps the same distances', () => {
  expect(lateAgainMs(EXPIRY, at(11 * MINUTE_MS))).toBe(at(12.375 * MINUTE_MS))
  expect(lateAgainMs(EXPIRY, at(HOUR_MS))).toBe(at(67.5 * MINUTE_MS))
  expect(lateAgainMs(EXPIRY, at(DAY_MS))).toBe(at(DAY_MS + HOUR_MS))
})
