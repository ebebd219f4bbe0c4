import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type Balances,
  type Held,
  MarkedBook,
  type MarketTerms,
  type OptionHeld,
  type PerpetualHeld,
} from '../../../simulations/economics/marked-book.ts'
import { liquidationsOf } from '../../../simulations/statistics/book-statistics.ts'

const terms: MarketTerms = {
  maintenanceBps: 100,
  penaltyBps: 50,
  penaltyTo: 'attacker',
  fundsUsd: 1_000_000,
}
const perpetual = (more: Partial<PerpetualHeld> = {}): PerpetualHeld => ({
  type: 'perpetual',
  side: 'long',
  notionalUsd: 10_000,
  marginBps: 500,
  feeBps: 0,
  holder: 'trader',
  openMs: 0,
  closeMs: null,
  ...more,
})
const call: OptionHeld = {
  type: 'call',
  strikeUsd: 100,
  contracts: 10,
  volatility: 0.5,
  feeBps: 0,
  holder: 'attacker',
  openMs: 0,
  expiryMs: 60_000,
}
const marked = (
  positions: readonly Held[],
  prices: readonly number[],
  more: Partial<MarketTerms> = {},
) => {
  const book = new MarkedBook(positions, { ...terms, ...more })
  for (const [at, price] of prices.entries()) book.mark(at * 1_000, price)
  return book
}
function expectBalances({ balances }: MarkedBook, wanted: Balances): void {
  for (const party of ['attacker', 'trader', 'market'] as const) {
    expect(balances[party]).toBeCloseTo(wanted[party], 6)
  }
}
const sumOf = ({ attacker, trader, market }: Balances) => attacker + trader + market

describe('a book that is marked', () => {
  test('opens at the first mark of its time and closes at that of its end', () => {
    const position = perpetual({ openMs: 1_000, closeMs: 3_000, holder: 'attacker' })
    const book = marked([position], [50, 100, 110, 120, 200], { fundsUsd: 1e9 })
    expectBalances(book, { attacker: 2_000, trader: 0, market: -2_000 })
  })

  test('a short gains what a long loses, and fees are the market’s', () => {
    const short = perpetual({ side: 'short', feeBps: 10, closeMs: 1_000 })
    const long = perpetual({ feeBps: 10, closeMs: 1_000 })
    expectBalances(marked([short], [100, 98]), { attacker: 0, trader: 180, market: -180 })
    expectBalances(marked([long], [100, 98]), { attacker: 0, trader: -220, market: 220 })
  })

  test('fees are counted as positions open: of a perpetual on its notional, of an option on its cost', () => {
    const own = perpetual({ feeBps: 10, holder: 'attacker' })
    const book = new MarkedBook([own, { ...call, expiryMs: 86_400_000, feeBps: 100 }], terms)
    book.mark(0, 100)
    // Two trades of ten basis points, and a hundredth of ten calls of 1.044.
    expect(book.feesUsd.attacker).toBeCloseTo(20 + 0.1044, 2)
    expect(book.feesUsd.trader).toBe(0)
    expect(book.balancesAt(0, 100).attacker).toBeCloseTo(-20 - 0.1044, 2)
  })

  test('closes a margin below what it must keep, and gives the penalty to who gets it', () => {
    // At 95.9 a loss of 410 of 500; 95.9 of 9,590 must be left, and 90 are.
    const book = marked([perpetual()], [100, 96.1, 95.9])
    expect(book.liquidations).toEqual([{ index: 0, atMs: 2_000, notionalUsd: 10_000 }])
    expect(book.balances.trader).toBeCloseTo(-410 - 47.95, 6)
    expect(book.balances.attacker).toBeCloseTo(47.95, 6)
    expect(book.balances.market).toBeCloseTo(410, 6)
    expect(marked([perpetual()], [100, 96.1]).liquidations).toEqual([])
  })

  test('a holder loses its margin at most, and no penalty is taken of what is not there', () => {
    const book = marked([perpetual()], [100, 50])
    expectBalances(book, { attacker: 0, trader: -500, market: 500 })
  })

  test('the market pays no more than it has', () => {
    const winners = [perpetual({ closeMs: 1_000 }), perpetual({ closeMs: 1_000 })]
    const book = marked(winners, [100, 150], { fundsUsd: 7_000 })
    expectBalances(book, { attacker: 0, trader: 7_000, market: -7_000 })
  })

  test('an option pays at its expiry what the mark says then, less what it cost', () => {
    const book = new MarkedBook([{ ...call, expiryMs: 86_400_000 }], terms)
    book.mark(0, 100)
    book.mark(86_399_000, 130)
    expect(book.balances.attacker).toBe(0)
    book.mark(86_400_500, 101)
    // At the money for a day: 100 · 0.5 · √(1 / 365) / √2π = 1.044 each; a day more would be 1.6.
    expect(book.balances.attacker).toBeCloseTo(10 * (1 - 1.044), 1)
    book.mark(86_401_000, 500)
    expect(book.balances.attacker).toBeLessThan(0)
  })

  test('what one party has another has not, at every mark', () => {
    const position = fc.record({
      type: fc.constant('perpetual' as const),
      side: fc.constantFrom('long' as const, 'short' as const),
      notionalUsd: fc.integer({ min: 0, max: 1_000_000 }),
      marginBps: fc.integer({ min: 150, max: 5_000 }),
      feeBps: fc.integer({ min: 0, max: 20 }),
      holder: fc.constantFrom('attacker' as const, 'trader' as const),
      openMs: fc.integer({ min: 0, max: 5_000 }),
      closeMs: fc.option(fc.integer({ min: 5_001, max: 9_000 })),
    })
    const prices = fc.array(fc.integer({ min: 20, max: 400 }), { minLength: 2, maxLength: 12 })
    fc.assert(
      fc.property(fc.array(position, { maxLength: 8 }), prices, (positions, of) => {
        const book = new MarkedBook([...positions, call], { ...terms, fundsUsd: 100_000 })
        for (const [at, price] of of.entries()) {
          book.mark(at * 1_000, price)
          expect(sumOf(book.balances)).toBeCloseTo(0, 4)
          expect(sumOf(book.balancesAt(at * 1_000, price))).toBeCloseTo(0, 4)
          expect(book.balances.market).toBeGreaterThanOrEqual(-100_000 - 1e-6)
        }
      }),
      { numRuns: 200 },
    )
  })
})

describe('liquidations by a feed against those that were due', () => {
  const at = (index: number, atMs: number) => ({ index, atMs, notionalUsd: 100 })

  test('are right, wrong, late or missed', () => {
    const made = [at(0, 1_000), at(1, 2_000), at(2, 3_000), at(3, 9_000)]
    const due = [at(0, 1_000), at(2, 4_000), at(3, 5_000), at(4, 6_000)]
    expect(liquidationsOf(made, due)).toEqual({
      made: 4,
      due: 4,
      // The second never was due, the third a second later.
      wrong: 2,
      wrongUsd: 200,
      late: 1,
      lateMsMean: 4_000,
      missed: 1,
      missedUsd: 100,
    })
    expect(liquidationsOf([], [])).toMatchObject({ wrong: 0, late: 0, lateMsMean: null, missed: 0 })
  })
})
