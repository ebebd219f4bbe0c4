import { describe, expect, test } from 'vitest'
import { orderOf } from '../../../../aggregator/context.ts'
import {
  closesInSeconds,
  isOverdue,
  openExpiries,
  roundsServed,
  settlementAgainMs,
  settlementOf,
  settlementRoundsOf,
  settlementTurnMs,
} from '../../../../aggregator/delivery/settlement.ts'
import type { Certificate } from '../../../../aggregator/messages/messages.ts'
import { ok, UNAVAILABLE } from '../../../../contracts/testing/committee-box.ts'
import { certifier } from '../../../support/certificates.ts'

const DAY = 86_400
const EIGHT = 8 * 3_600
/** 2026-09-25 08:00:00 UTC, a Friday. */
const EXPIRY = 1_790_323_200
const GENESIS_MS = EXPIRY * 1_000 - 60_200
const { context, certify } = certifier({ genesisMs: GENESIS_MS })
const { committee } = context
/** Round 120 opens 200 ms before the expiry. */
const FIRST = 121
const rounds = settlementRoundsOf(committee, EXPIRY) ?? { first: 0, last: 0 }

describe('which expiries may be settled now', () => {
  const daily = { stepSeconds: DAY, offsetSeconds: EIGHT }

  test.each([
    ['a millisecond before it', -1, []],
    ['at it', 0, [EXPIRY]],
    ['at the end of its window', 600_000, [EXPIRY]],
    ['after it', 600_001, []],
  ])('%s', (_, afterMs, open) => {
    expect(openExpiries(daily, EXPIRY * 1_000 + afterMs)).toEqual(open)
  })

  test('a step shorter than the window has several, the oldest first', () => {
    const open = openExpiries({ stepSeconds: 240, offsetSeconds: 0 }, EXPIRY * 1_000 + 5_000)
    expect(open).toEqual([EXPIRY - 480, EXPIRY - 240, EXPIRY])
  })
})

describe('which rounds settle one', () => {
  test('from the first that opens at or after it, for ten minutes', () => {
    expect(rounds).toEqual({ first: FIRST, last: FIRST + 1_200 })
    const onTheGrid = certifier({ genesisMs: EXPIRY * 1_000 - 60_000 }).context.committee
    expect(settlementRoundsOf(onTheGrid, EXPIRY)?.first).toBe(120)
    expect(settlementRoundsOf(committee, EXPIRY - DAY)).toBeNull()
  })

  test('so many rounds are served that the first is there until the window closes', () => {
    expect(roundsServed(committee)).toBe(1_200 + 16)
  })
})

describe('which certificate is brought', () => {
  const openingMs = (round: number) => GENESIS_MS + round * 500
  const held = (...certificates: readonly (readonly [number, ReturnType<typeof ok>])[]) => {
    const byRound = new Map<number, Certificate>(
      certificates.map(([round, report]) => [round, certify(round, [report]).message]),
    )
    return (round: number) => byRound.get(round) ?? null
  }
  const chosen = (certificateOf: ReturnType<typeof held>, current: number) =>
    settlementOf(committee, { feed: 0, rounds, nowMs: openingMs(current), certificateOf })?.round

  test('that of the first round at once, whatever came before and after it', () => {
    const certificateOf = held([FIRST - 1, ok(1n)], [FIRST, ok(2n)], [FIRST + 1, ok(3n)])
    expect(chosen(certificateOf, FIRST)).toBe(FIRST)
  })

  test('of a later round when nobody can certify an earlier one any more', () => {
    const certificateOf = held([FIRST + 1, ok(3n)], [FIRST + 2, ok(4n)])
    expect(chosen(certificateOf, FIRST + 16)).toBeUndefined()
    expect(chosen(certificateOf, FIRST + 17)).toBe(FIRST + 1)
  })

  test('none of a round in which the feed had no value', () => {
    const certificateOf = held([FIRST, UNAVAILABLE], [FIRST + 1, ok(3n)])
    expect(chosen(certificateOf, FIRST + 20)).toBe(FIRST + 1)
  })

  test('none of a round behind the window', () => {
    expect(chosen(held([rounds.last, ok(1n)]), rounds.last + 100)).toBe(rounds.last)
    expect(chosen(held([rounds.last + 1, ok(1n)]), rounds.last + 100)).toBeUndefined()
  })
})

describe('who brings it', () => {
  test('one member at the expiry, each next a stage later, in the turn order of the round', () => {
    const turns = orderOf(context, FIRST).map((member) =>
      settlementTurnMs(context, member, { expirySeconds: EXPIRY, first: FIRST }),
    )
    expect(turns).toEqual([0, 1_000, 2_000, 3_000].map((ms) => EXPIRY * 1_000 + ms))
  })

  test('again when all others had a turn, and at least ten times in a window', () => {
    expect(settlementAgainMs(committee)).toBe(4_000)
    const slow = certifier({ timing: { stageMs: 30_000 } }).context.committee
    expect(settlementAgainMs(slow)).toBe(60_000)
  })

  test('a price that is missing after two turns of all is somebody’s fault', () => {
    expect(isOverdue(committee, EXPIRY, EXPIRY * 1_000 + 16_000)).toBe(false)
    expect(isOverdue(committee, EXPIRY, EXPIRY * 1_000 + 16_001)).toBe(true)
    expect(closesInSeconds(EXPIRY, EXPIRY * 1_000 + 16_001)).toBe(584)
    expect(closesInSeconds(EXPIRY, EXPIRY * 1_000 + 700_000)).toBe(0)
  })
})
