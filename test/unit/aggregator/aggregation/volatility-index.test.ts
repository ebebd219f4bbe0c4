import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { OptionChain, OptionQuote } from '../../../../aggregator/aggregation/option-chain.ts'
import { type Term, termVariance } from '../../../../aggregator/aggregation/term-variance.ts'
import { between, volatilityIndex } from '../../../../aggregator/aggregation/volatility-index.ts'
import { parseDecimal } from '../../../../aggregator/values/decimal.ts'
import { QUOTE_UNIT } from '../../../../aggregator/values/fixed-point.ts'
import {
  CHAIN_MS,
  chainRules,
  DAY_MS,
  evenStrikes,
  FORWARD,
  type ModelExpiry,
  modelChain,
} from '../../../support/option-chains.ts'

const TENOR_MS = 30 * DAY_MS
/** From 0.5 to 2 times the forward, one percent apart. */
const STRIKES = evenStrikes(5_000, 20_000, 100)
const MONTHS: readonly ModelExpiry[] = [
  { days: 25, volatilityBps: 6_000, strikesBps: STRIKES },
  { days: 39, volatilityBps: 6_000, strikesBps: STRIKES },
]

function indexOf(chain: OptionChain, changed: Parameters<typeof chainRules>[0] = {}) {
  const rules = chainRules(changed)
  const index = volatilityIndex(chain, { tenorMs: TENOR_MS, nowMs: CHAIN_MS, rules })
  return index.type === 'known' ? index.volatility : index.code
}

/** The chain with each quote as a function says; null leaves it out. */
function edited(
  chain: OptionChain,
  edit: (quote: OptionQuote, share: number) => OptionQuote | null,
): OptionChain {
  const options = chain.options.flatMap((quote) => {
    const changed = edit(quote, Number((quote.strike * 10_000n) / FORWARD))
    return changed === null ? [] : [changed]
  })
  return { ...chain, options }
}

const share = (part: bigint | string, whole: bigint) => Number(part) / Number(whole)

describe('the worked example that Cboe publishes for the VIX', () => {
  const example = JSON.parse(readFileSync('test/vectors/vix-example.json', 'utf8'))
  const decimal = (text: string) => {
    const outcome = parseDecimal(text, { decimals: 18, rounding: 'nearest' })
    if (outcome.type === 'refused') throw new Error(outcome.code)
    return outcome.value
  }
  const optionOf = (text: string, side: 'call' | 'put', expiryMs: number): OptionQuote => {
    const [strike = '', bid = '', ask = ''] = text.split(' ')
    const amounts = { strike: decimal(strike), bid: decimal(bid) || null, ask: decimal(ask) }
    return { expiryMs, side, forward: null, venueMs: null, ...amounts }
  }
  const termOf = (expiry: 'near' | 'next'): Term => {
    const { minutes, rate, puts, calls } = example[expiry]
    const expiryMs = CHAIN_MS + minutes * 60_000
    const options = [
      ...puts.map((text: string) => optionOf(text, 'put', expiryMs)),
      ...calls.map((text: string) => optionOf(text, 'call', expiryMs)),
    ]
    const chain: OptionChain = { unit: 'currency', rate: decimal(rate), options }
    // The example takes quotes of any width.
    const rules = chainRules({ optionSpreadBpsMax: 20_000 })
    const outcome = termVariance(options, { chain, expiryMs, nowMs: CHAIN_MS, rules })
    if (outcome.type === 'refused') throw new Error(outcome.code)
    return outcome.term
  }

  test.each(['near', 'next'] as const)('%s: forward, strip and variance', (expiry) => {
    const { strip, variance, timeMs } = termOf(expiry)
    const published = example[expiry]
    // Five decimals are printed of the forward, nine of the variance, seven of the time.
    expect(Number(strip.forward - decimal(published.forward)) / 1e18).toBeCloseTo(0, 4)
    expect(strip.money).toBe(1_960n * QUOTE_UNIT)
    expect(strip.strikes).toHaveLength(published.strikes)
    const years = timeMs / 31_536_000_000
    expect(Number(variance) / 1e36 / years).toBeCloseTo(Number(published.variance), 7)
  })

  test('the strip ends before two strikes without a bid, and skips a single one', () => {
    const strikes = termOf('near').strip.strikes.map(({ strike }) => Number(strike / QUOTE_UNIT))
    expect([strikes[0], strikes.at(-1)]).toEqual([1_370, 2_125])
    expect(strikes).not.toContain(1_405)
    expect(strikes).not.toContain(2_120)
  })

  test('the index is what was published', () => {
    const index = between([termOf('near'), termOf('next')], example.tenorMinutes * 60_000)
    if (index.type === 'refused') throw new Error(index.code)
    expect((Number(index.volatility) / 1e16).toFixed(2)).toBe(example.index)
  })
})

describe('a chain that Black and Scholes priced', () => {
  test.each([2_000, 6_000, 15_000])('at %i bps gives that volatility', (volatilityBps) => {
    const expiries = MONTHS.map((expiry) => ({
      ...expiry,
      volatilityBps,
      strikesBps: evenStrikes(1_000, 60_000, 50),
    }))
    const index = indexOf(modelChain(expiries), { strikesMin: 10 })
    // Even steps of h deviations overstate by h²/12; here h is at most 0.1.
    expect(Math.abs(share(index, BigInt(volatilityBps) * 10n ** 14n) - 1)).toBeLessThan(0.001)
  })

  test('gives the same whether it is priced in coins or in the currency', () => {
    const inCoins = indexOf(modelChain(MONTHS, { unit: 'coin' }))
    const inCurrency = indexOf(modelChain(MONTHS))
    expect(share(inCoins, 10n ** 18n)).toBeCloseTo(share(inCurrency, 10n ** 18n), 12)
  })

  test('finds the forward by put-call parity where the venue names none', () => {
    for (const unit of ['coin', 'currency'] as const) {
      const chain = modelChain(MONTHS, { unit })
      const silent = edited(chain, (quote) => ({ ...quote, forward: null }))
      expect(share(indexOf(silent), 10n ** 18n)).toBeCloseTo(share(indexOf(chain), 10n ** 18n), 9)
    }
  })

  test('lies between the volatilities of both expiries, weighed by total variance', () => {
    const [near, far] = MONTHS
    if (near === undefined || far === undefined) throw new Error('there are two')
    const index = indexOf(modelChain([near, { ...far, volatilityBps: 8_000 }]))
    const variance = (0.36 * 25 + (0.64 * 39 - 0.36 * 25) * (5 / 14)) / 30
    expect(share(index, 10n ** 18n)).toBeCloseTo(Math.sqrt(variance), 2)
  })
})

describe('quotes that do not count', () => {
  const chain = modelChain(MONTHS)
  const isFar = (bps: number) => bps % 200 === 0 && Math.abs(bps - 10_000) > 1_000
  const without = edited(chain, (quote, bps) => (isFar(bps) ? null : quote))

  test.each<[string, (quote: OptionQuote) => OptionQuote]>([
    ['stale', (quote) => ({ ...quote, venueMs: CHAIN_MS - 300_001, bid: 1n, ask: 2n })],
    ['from the future', (quote) => ({ ...quote, venueMs: CHAIN_MS + 5_001, bid: null })],
    ['wide', (quote) => ({ ...quote, bid: 1n, ask: quote.strike })],
    ['crossed', (quote) => ({ ...quote, bid: quote.strike, ask: 1n })],
    ['without an offer', (quote) => ({ ...quote, bid: quote.strike, ask: null })],
  ])('%s: as if they were not listed', (_, spoil) => {
    const spoiled = edited(chain, (quote, bps) => (isFar(bps) ? spoil(quote) : quote))
    expect(indexOf(spoiled)).toBe(indexOf(without))
  })

  test('a second quote of one option changes nothing', () => {
    const twice = { ...chain, options: [...chain.options, ...chain.options.map(doubled)] }
    expect(indexOf(twice)).toBe(indexOf(chain))
  })

  test('behind two strikes without a bid nothing counts', () => {
    const cut = edited(chain, (quote, bps) => (bps > 15_000 ? null : quote))
    const unbid = edited(chain, (quote, bps) =>
      bps === 15_100 || bps === 15_200 ? { ...quote, bid: null } : quote,
    )
    expect(indexOf(unbid)).toBe(indexOf(cut))
    const single = edited(chain, (quote, bps) => (bps === 15_100 ? { ...quote, bid: null } : quote))
    expect(indexOf(single)).not.toBe(indexOf(cut))
  })

  test('a shorter reach of strikes lowers the index, and never raises it', () => {
    const reaches = [19_000, 17_000, 16_000, 15_500, 15_000].map((most) =>
      indexOf(edited(chain, (quote, bps) => (bps > most ? null : quote))),
    )
    for (const [index, narrower] of reaches.slice(1).entries()) {
      expect(typeof narrower).toBe('bigint')
      expect((narrower as bigint) <= (reaches[index] as bigint)).toBe(true)
    }
  })
})

function doubled(quote: OptionQuote): OptionQuote {
  return { ...quote, bid: quote.strike, ask: quote.strike }
}

describe('a chain that gives no index says why', () => {
  const chain = modelChain(MONTHS)
  const only = (keep: (quote: OptionQuote, bps: number) => boolean) =>
    edited(chain, (quote, bps) => (keep(quote, bps) ? quote : null))

  test.each<[string, OptionChain]>([
    ['EXPIRIES_ABSENT', { ...chain, options: [] }],
    ['EXPIRIES_ABSENT', modelChain([{ days: 200, volatilityBps: 5_000, strikesBps: STRIKES }])],
    ['EXPIRIES_ONE_SIDED', modelChain([{ days: 39, volatilityBps: 5_000, strikesBps: STRIKES }])],
    [
      'FORWARD_UNKNOWN',
      edited(
        only(({ side }) => side === 'put'),
        unstated,
      ),
    ],
    ['FORWARD_DISPUTED', edited(chain, (quote) => ({ ...quote, forward: (FORWARD * 11n) / 10n }))],
    ['MONEY_ABSENT', only((_, bps) => Math.abs(bps - 10_000) > 600)],
    ['STRIKES_TOO_FEW', only((_, bps) => bps < 10_300)],
    ['STRIKES_HOLE', only((_, bps) => bps % 1_000 === 0)],
    ['STRIKES_NARROW', only((_, bps) => Math.abs(bps - 10_000) < 3_000)],
  ])('%s', (code, spoiled) => {
    expect(indexOf(spoiled)).toBe(code)
  })

  test('an expiry alone stands for the tenor when it is close to it', () => {
    const alone = modelChain([{ days: 33, volatilityBps: 6_000, strikesBps: STRIKES }])
    expect(share(indexOf(alone), 6n * 10n ** 17n)).toBeCloseTo(1, 2)
  })

  test('an expiry of the hours to come does not count', () => {
    const rules = chainRules()
    const near = [{ days: 0.25, volatilityBps: 6_000, strikesBps: evenStrikes(9_000, 11_000, 20) }]
    const asked = { tenorMs: DAY_MS / 4, nowMs: CHAIN_MS }
    const index = (expiryMsMin: number) =>
      volatilityIndex(modelChain(near), { ...asked, rules: { ...rules, expiryMsMin } })
    expect(index(3_600_000)).toMatchObject({ type: 'known' })
    expect(index(rules.expiryMsMin)).toEqual({ type: 'refused', code: 'EXPIRIES_ABSENT' })
  })

  test('an expiry without strikes gives way to the one behind it', () => {
    const [near, far] = MONTHS
    if (near === undefined || far === undefined) throw new Error('there are two')
    const thin = { ...far, days: 32, strikesBps: [10_000] }
    expect(indexOf(modelChain([near, thin, far]))).toBe(indexOf(modelChain([near, far])))
  })
})

function unstated(quote: OptionQuote): OptionQuote {
  return { ...quote, forward: null }
}
