import { beforeEach, describe, expect, test } from 'vitest'
import { openingOf } from '../../../../aggregator/committee/committee.ts'
import { encodeWord } from '../../../../aggregator/report/words.ts'
import { PeerStatistics, SPAN_ROUNDS } from '../../../../aggregator/statistics/peer-statistics.ts'
import { ok, UNAVAILABLE } from '../../../../contracts/testing/committee-box.ts'
import { feedsNamed } from '../../../support/certificates.ts'
import { testCommittee } from '../../../support/committee.ts'

const { committee } = testCommittee({ size: 4, feeds: feedsNamed(3) })
const PRICE = 1_000_000n

let statistics: PeerStatistics
let round: number
beforeEach(() => {
  statistics = new PeerStatistics(committee)
  round = 10
})

interface Saying {
  readonly values?: readonly (bigint | null)[]
  /** After the opening of the round, by this node's clock. */
  readonly lateMs?: number
  /** The timestamp after the opening. */
  readonly stampMs?: number
}

/** A price that every member sees with a mark of its own. */
function priceAt(at: number, member: number): readonly bigint[] {
  return [0n, 1n, 2n].map((feed) => PRICE + BigInt(at * 10 + member) + feed * 1_000n)
}

/** The next round: what each member said, null for one that was not heard. */
function next(
  sayings: readonly (Saying | null)[] = [{}, {}, {}, {}],
  certified: readonly bigint[] | null = priceAt(round, 1),
): void {
  const openingMs = openingOf(committee, round)
  for (const [sender, saying] of sayings.entries()) {
    if (saying === null) continue
    const { values = priceAt(round, sender), lateMs = 10, stampMs = 1 } = saying
    const timestampMs = openingMs + stampMs
    statistics.hear({ round, sender, values, timestampMs }, openingMs + lateMs)
  }
  const words = certified?.map((value) => encodeWord(ok(value, 5n)))
  if (words !== undefined) statistics.certify({ round, words })
  round += 1
}

/** Two more rounds open, so that all before them are counted. */
function figures() {
  statistics.advance(openingOf(committee, round + 1))
  return statistics.figures()
}

function figuresOf(member: number) {
  const found = figures()[member]
  if (found === undefined) throw new Error('there is such a member')
  return found
}

describe('what is measured of a member (protocol §9.2)', () => {
  test('lateness against the opening, and its clock against this one', () => {
    for (let i = 1; i <= 100; i++) next([{ lateMs: 0 }, { lateMs: i, stampMs: 3 }, {}, {}])
    expect(figuresOf(1)).toMatchObject({
      latenessMs: { p50: 50, p99: 99, max: 100 },
      clockLeadMs: { p50: -48, p99: 1, max: 2 },
      absent: { count: 0, of: 100 },
    })
  })

  test('a member that is not heard is absent; a round in which nobody else is counts for none', () => {
    for (let i = 0; i < 6; i++) next([{}, {}, {}, i % 3 === 0 ? {} : null])
    for (let i = 0; i < 20; i++) next([{}, null, null, null])
    const [own, , , away] = figures()
    expect(own?.absent).toEqual({ count: 0, of: 6 })
    expect(away).toMatchObject({ absent: { count: 4, of: 6 }, latenessMs: { max: 10 } })
  })

  test('the first observation of a member in a round counts, and no other', () => {
    next()
    const at = openingOf(committee, round - 1)
    const second = { round: round - 1, sender: 3, values: [null, null, null], timestampMs: at }
    statistics.hear(second, at + 90)
    expect(figuresOf(3)).toMatchObject({ latenessMs: { max: 10 }, outliers: { of: 3 } })
  })

  test('what comes when its round is over was never there', () => {
    const late = round
    next([{}, {}, {}, null])
    next()
    next()
    const nowMs = openingOf(committee, round)
    const values = priceAt(late, 3)
    statistics.hear({ round: late, sender: 3, values, timestampMs: nowMs }, nowMs)
    expect(figuresOf(3).absent).toEqual({ count: 1, of: 3 })
  })

  test('outliers by feed, with the worst; only what was certified is held against it', () => {
    const far = (at: number) =>
      priceAt(at, 3).map((value, feed) => (feed === 2 ? 2n * value : value))
    for (let i = 0; i < 8; i++)
      next([{}, {}, {}, { values: i < 2 ? far(round) : [null, ...priceAt(round, 3).slice(1)] }])
    next([{}, {}, {}, { values: far(round) }], null)
    expect(figuresOf(3)).toMatchObject({
      outliers: { count: 2, of: 18 },
      farthestBps: 10_000,
    })
    expect(figuresOf(3).outliers.worst).toEqual({ feed: 2, count: 2, of: 8 })
    expect(figuresOf(2).outliers).toEqual({ count: 0, of: 24, worst: null })
  })

  test('a feed that the committee could not certify judges nobody', () => {
    next([{}, {}, {}, {}], null)
    statistics.certify({ round: round - 1, words: Array(3).fill(encodeWord(UNAVAILABLE)) })
    expect(figuresOf(3).outliers).toEqual({ count: 0, of: 0, worst: null })
  })

  test('a timestamp that is no time is bounded', () => {
    next([{}, {}, {}, { stampMs: Number.MAX_SAFE_INTEGER - openingOf(committee, round) }])
    next([{}, {}, {}, { stampMs: -10_000_000 }])
    expect(figuresOf(3).clockLeadMs).toEqual({ p50: -3_600_000, p99: 3_600_000, max: 3_600_000 })
  })

  test('the figures are of the newest rounds alone', () => {
    for (let i = 0; i < SPAN_ROUNDS; i++) next([{}, {}, {}, { lateMs: 200 }])
    for (let i = 0; i < SPAN_ROUNDS; i++) next()
    expect(figuresOf(3)).toMatchObject({
      absent: { of: 2 * SPAN_ROUNDS },
      latenessMs: { max: 200 },
    })
    next()
    expect(figuresOf(3)).toMatchObject({ absent: { of: SPAN_ROUNDS + 1 }, latenessMs: { max: 10 } })
  })
})

describe('the suspicion of copying', () => {
  const rounds = 60

  test('is on who says what another said a round ago, and has given up', () => {
    for (let i = 0; i < rounds; i++) next([{}, {}, {}, { values: priceAt(round - 1, 1) }])
    const [, victim, , copier] = figures()
    const echo = { count: rounds - 1, of: rounds - 1, mostly: 1 }
    expect(copier).toMatchObject({ echo, isSuspected: true })
    expect(victim).toMatchObject({ echo: { count: 0 }, isSuspected: false })
  })

  test('and on who says what the committee certified, which nobody said', () => {
    const between = (at: number) => priceAt(at, 1).map((value) => value * 2n + 1n)
    for (let i = 0; i < rounds; i++) {
      next([{}, {}, {}, { values: between(round - 1) }], between(round))
    }
    expect(figuresOf(3)).toMatchObject({ echo: { mostly: 'committee' }, isSuspected: true })
  })

  test('takes 32 rounds in which it would show', () => {
    for (let i = 0; i < 32; i++) next([{}, {}, {}, { values: priceAt(round - 1, 1) }])
    expect(figuresOf(3)).toMatchObject({ echo: { count: 31, of: 31 }, isSuspected: false })
    next([{}, {}, {}, { values: priceAt(round - 1, 1) }])
    expect(figuresOf(3).isSuspected).toBe(true)
  })

  test('looks at the round before and at none older', () => {
    for (let i = 0; i < rounds; i++) {
      next([{}, {}, {}, { values: priceAt(round - 2, 1) }])
      round += 1
    }
    expect(figuresOf(3).echo.of).toBe(0)
  })

  test('is on nobody while prices stand still', () => {
    for (let i = 0; i < rounds; i++) next(Array(4).fill({ values: [PRICE, PRICE, PRICE] }))
    for (const { echo, follow } of figures()) {
      expect(echo).toEqual({ count: 0, of: 0, mostly: null })
      expect(follow).toEqual({ count: 0, of: 0, mostly: null })
    }
  })

  test('is on nobody who learns later what another says still', () => {
    const stepwise = (at: number) => priceAt(at - (at % 4), 1)
    for (let i = 0; i < 4 * rounds; i++) {
      const sayings = [{}, { values: stepwise(round) }, {}, { values: stepwise(round - 1) }]
      next(sayings, priceAt(round, 7))
    }
    expect(figuresOf(3)).toMatchObject({ echo: { count: 0, of: 0 }, isSuspected: false })
  })

  test('members that ask the same venues follow one another, and are no suspects', () => {
    const same = () => priceAt(round, 0)
    for (let i = 0; i < rounds; i++) {
      next([{}, {}, { values: same(), lateMs: 5 }, { values: same(), lateMs: 9 }])
    }
    expect(figuresOf(3)).toMatchObject({
      follow: { count: rounds - 1, of: rounds - 1, mostly: 2 },
      echo: { count: 0 },
      isSuspected: false,
    })
    expect(figuresOf(2).follow.count).toBe(0)
  })
})
