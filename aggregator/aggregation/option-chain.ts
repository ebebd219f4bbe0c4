import type { BasisPoints } from '../values/basis-points.ts'
import { isWiderThanBps } from '../values/basis-points.ts'
import type { Wad } from '../values/fixed-math.ts'
import type { DurationMs, UnixMs } from '../values/time.ts'

/** What a venue said about one option. Amounts have `QUOTE_DECIMALS` decimals. */
export interface OptionQuote {
  readonly expiryMs: UnixMs
  /** In the currency that the venue quotes the underlying in. */
  readonly strike: bigint
  readonly side: 'call' | 'put'
  /** In the unit of its chain; null where nobody bids. */
  readonly bid: bigint | null
  /** In the unit of its chain; null where nobody offers. */
  readonly ask: bigint | null
  /** The venue's own price of the underlying at the expiry; null when it does not say. */
  readonly forward: bigint | null
  /** When the venue says that this was true. */
  readonly venueMs: UnixMs | null
}

/** Every option that a venue lists on one underlying, in any order. */
export interface OptionChain {
  /** Whether prices are in units of the underlying (inverse options) or of the strike. */
  readonly unit: 'coin' | 'currency'
  /** Interest by which prices are discounted, per year; 0 where options are on the forward. */
  readonly rate: Wad
  readonly options: readonly OptionQuote[]
}

/** Which quotes and expiries of a chain count. */
export interface ChainRules {
  /** Oldest quote by the venue's time, where it gives one. */
  readonly optionAgeMsMax: DurationMs
  /** How far the venue's time may run ahead. */
  readonly aheadMsMax: DurationMs
  /** Widest quote that has a middle, as a share of it; at 20,000 every width counts. */
  readonly optionSpreadBpsMax: BasisPoints
  /** Options that must count on each side of the money. */
  readonly strikesMin: number
  /** Largest part of one strike in the sum: more is a hole in the strikes, or one quote's word. */
  readonly strikeShareBpsMax: BasisPoints
  /** How far strikes must reach on both sides, in hundredths of a standard deviation. */
  readonly reachPercentMin: number
  /** Nearer expiries do not count: their last hours price one event. */
  readonly expiryMsMin: DurationMs
  /** Furthest that the venue's forward may lie from what calls and puts say. */
  readonly forwardBpsMax: BasisPoints
}

/** An option whose quote has a middle; the sum of bid and ask, so that nothing is rounded. */
export interface PricedOption {
  readonly doubled: bigint
  readonly quote: OptionQuote
}

/** One side of a strike: priced, listed without a bid, or not there. */
export type StrikeSide = PricedOption | 'no-bid' | null

export interface StrikeRow {
  readonly strike: bigint
  readonly call: StrikeSide
  readonly put: StrikeSide
}

/** Options of a chain by expiry, in the order in which an expiry first appears. */
export function byExpiry(chain: OptionChain): ReadonlyMap<UnixMs, readonly OptionQuote[]> {
  const groups = new Map<UnixMs, OptionQuote[]>()
  for (const option of chain.options) {
    const group = groups.get(option.expiryMs)
    if (group === undefined) groups.set(option.expiryMs, [option])
    else group.push(option)
  }
  return groups
}

/**
 * The strikes of one expiry, ascending. A quote that is stale, crossed, wide, without an offer or
 * at no positive strike counts as not listed; of two quotes of one option the first counts.
 */
export function strikeRows(
  options: readonly OptionQuote[],
  { rules, nowMs }: { readonly rules: ChainRules; readonly nowMs: UnixMs },
): readonly StrikeRow[] {
  const rows = new Map<bigint, { call: StrikeSide; put: StrikeSide }>()
  for (const quote of options) {
    if (quote.strike <= 0n || !isTimely(quote, { rules, nowMs })) continue
    const side = sideOf(quote, rules)
    if (side === null) continue
    const row = rows.get(quote.strike) ?? { call: null, put: null }
    row[quote.side] ??= side
    rows.set(quote.strike, row)
  }
  return [...rows]
    .map(([strike, row]) => ({ strike, ...row }))
    .sort((a, b) => (a.strike < b.strike ? -1 : 1))
}

export function isPriced(side: StrikeSide): side is PricedOption {
  return side !== null && side !== 'no-bid'
}

function isTimely(
  { venueMs }: OptionQuote,
  { rules, nowMs }: { readonly rules: ChainRules; readonly nowMs: UnixMs },
): boolean {
  if (venueMs === null) return true
  return nowMs - venueMs <= rules.optionAgeMsMax && venueMs - nowMs <= rules.aheadMsMax
}

function sideOf(quote: OptionQuote, rules: ChainRules): StrikeSide {
  const { bid, ask } = quote
  if (bid === null || bid <= 0n) return 'no-bid'
  if (ask === null || ask < bid) return null
  if (isWiderThanBps({ bid, ask }, rules.optionSpreadBpsMax)) return null
  return { doubled: bid + ask, quote }
}
