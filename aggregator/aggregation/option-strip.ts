import { BPS_WHOLE } from '../values/basis-points.ts'
import type { Wad } from '../values/fixed-math.ts'
import { WAD } from '../values/fixed-math.ts'
import { absolute, QUOTE_UNIT } from '../values/fixed-point.ts'
import { medianFloor } from './median.ts'
import type { ChainRules, OptionChain, OptionQuote, StrikeRow } from './option-chain.ts'
import { isPriced, type PricedOption } from './option-chain.ts'

/** Why an expiry has no strip. */
export type StripFault =
  /** The venue names no forward, and no strike has a call and a put with a middle. */
  | 'FORWARD_UNKNOWN'
  /** The venue's forward and its calls and puts do not fit together. */
  | 'FORWARD_DISPUTED'
  /** No strike near the forward has a call and a put with a middle. */
  | 'MONEY_ABSENT'
  /** Fewer options out of the money than `strikesMin` on one side. */
  | 'STRIKES_TOO_FEW'

/** One strike of a strip and what it costs. */
export interface StripStrike {
  readonly strike: bigint
  /** Twice the price in the unit of the chain: of the put, of the call, or their mean at K0. */
  readonly doubled: bigint
}

/** The options of one expiry that together replicate its variance. */
export interface OptionStrip {
  /** Price of the underlying at the expiry, at `QUOTE_DECIMALS`. */
  readonly forward: bigint
  /** K0: the strike at or below the forward that parts puts from calls. */
  readonly money: bigint
  /** Ascending; puts below K0, the mean of both at it, calls above. */
  readonly strikes: readonly StripStrike[]
  /** The quotes that took part, by ascending strike, the call of K0 before its put. */
  readonly quotes: readonly OptionQuote[]
}

export type StripOutcome =
  | { readonly type: 'known'; readonly strip: OptionStrip }
  | { readonly type: 'refused'; readonly code: StripFault }

/**
 * How far below the forward K0 may lie: the correction for it is the first term of a series, whose
 * next term is then below 0.0001 of variance.
 */
const MONEY_BPS_MAX = 500
/** So many strikes in a row without a bid end a side: what lies behind them is not traded. */
const NO_BIDS_MAX = 2

/**
 * Picks the strip of an expiry as the VIX does: from K0 outwards every option out of the money that
 * has a price, until two strikes in a row have no bid.
 *
 * @param growth e^(rate · time), 18 decimals
 */
export function optionStrip(
  rows: readonly StrikeRow[],
  scope: {
    readonly chain: OptionChain
    readonly options: readonly OptionQuote[]
    readonly growth: Wad
    readonly rules: ChainRules
  },
): StripOutcome {
  const { chain, growth, rules } = scope
  const implied = parityForward(rows, { chain, growth })
  const stated = statedForward(scope.options)
  const forward = stated ?? implied
  if (forward === null) return { type: 'refused', code: 'FORWARD_UNKNOWN' }
  if (implied !== null && !isNear(forward, implied, rules.forwardBpsMax)) {
    return { type: 'refused', code: 'FORWARD_DISPUTED' }
  }
  const at = rows.findLastIndex(
    ({ strike, call, put }) => strike <= forward && isPriced(call) && isPriced(put),
  )
  const money = rows[at]
  if (money === undefined || !isNear(money.strike, forward, MONEY_BPS_MAX)) {
    return { type: 'refused', code: 'MONEY_ABSENT' }
  }
  const puts = outwards(rows.slice(0, at).reverse(), 'put').reverse()
  const calls = outwards(rows.slice(at + 1), 'call')
  if (puts.length < rules.strikesMin || calls.length < rules.strikesMin) {
    return { type: 'refused', code: 'STRIKES_TOO_FEW' }
  }
  const middle = [money.call, money.put].filter(isPriced)
  const mean = middle.reduce((sum, { doubled }) => sum + doubled, 0n) >> 1n
  const strikes = [...puts.map(strikeOf), { strike: money.strike, doubled: mean }]
  const quotes = [...puts, ...middle, ...calls].map(({ quote }) => quote)
  return {
    type: 'known',
    strip: { forward, money: money.strike, strikes: [...strikes, ...calls.map(strikeOf)], quotes },
  }
}

/** Options of one side from the money outwards, until two strikes in a row have no bid. */
function outwards(rows: readonly StrikeRow[], side: 'call' | 'put'): PricedOption[] {
  const taken: PricedOption[] = []
  let noBids = 0
  for (const row of rows) {
    const option = row[side]
    if (option === null) continue
    noBids = option === 'no-bid' ? noBids + 1 : 0
    if (noBids === NO_BIDS_MAX) break
    if (isPriced(option)) taken.push(option)
  }
  return taken
}

function strikeOf({ doubled, quote }: PricedOption): StripStrike {
  return { strike: quote.strike, doubled }
}

/** The middle of what the venue says on all options of the expiry. */
function statedForward(options: readonly OptionQuote[]): bigint | null {
  const stated = options.flatMap(({ forward }) =>
    forward === null || forward <= 0n ? [] : [forward],
  )
  return stated.length === 0 ? null : medianFloor(stated)
}

/**
 * The forward by put-call parity at the strike where call and put are closest, the lowest of
 * several: K + e^(rT)·(C − P), and K/(1 − (C − P)) where prices are in coins.
 */
function parityForward(
  rows: readonly StrikeRow[],
  { chain, growth }: { readonly chain: OptionChain; readonly growth: Wad },
): bigint | null {
  let best: { readonly strike: bigint; readonly gap: bigint } | null = null
  for (const { strike, call, put } of rows) {
    if (!isPriced(call) || !isPriced(put)) continue
    const gap = call.doubled - put.doubled
    if (best === null || absolute(gap) < absolute(best.gap)) best = { strike, gap }
  }
  if (best === null) return null
  if (chain.unit === 'currency') {
    const forward = best.strike + (growth * best.gap) / (2n * WAD)
    return forward > 0n ? forward : null
  }
  const rest = 2n * QUOTE_UNIT - best.gap
  const forward = rest > 0n ? (best.strike * 2n * QUOTE_UNIT) / rest : 0n
  return forward > 0n ? forward : null
}

function isNear(value: bigint, centre: bigint, bps: number): boolean {
  return absolute(value - centre) * BigInt(BPS_WHOLE) <= centre * BigInt(bps)
}
