import type { BasisPoints } from '../values/basis-points.ts'
import { isWiderThanBps } from '../values/basis-points.ts'
import type { DurationMs, UnixMs } from '../values/time.ts'
import type { Quote, ReceivedQuote } from './quote.ts'

/** When a quote of one venue can be used. */
export interface QuoteRules {
  /**
   * A rate, which a venue states outright: it may be zero or below, and has neither a book nor
   * trades. Left out of prices.
   */
  readonly measure?: 'rate'
  /** Oldest quote by the venue's time, where it gives one: a quiet market may be a while old. */
  readonly ageMsMax: DurationMs
  /** How long ago a quote may have arrived: a venue that stopped answering is left out soon. */
  readonly silenceMsMax: DurationMs
  /**
   * How far a venue's clock may run ahead, `AHEAD_MS_LIMIT` at most; a quote or a trade from
   * further on would never go stale.
   */
  readonly aheadMsMax: DurationMs
  /** For a venue that gives no time: how long it may repeat the same content. */
  readonly unchangedMsMax: DurationMs
  /** Widest spread of a book whose middle is a price. */
  readonly spreadBpsMax: BasisPoints
  /** Oldest last trade that stands in for a book that is missing or too wide. */
  readonly tradeAgeMsMax: DurationMs
  /**
   * Least volume in 24 hours, base currency at `QUOTE_DECIMALS`; 0 takes venues without a figure.
   */
  readonly baseVolumeMin: bigint
}

/** Why a quote gives no price. */
export type QuoteFault =
  /** Older than `ageMsMax`, or repeated for longer than `unchangedMsMax`. */
  | 'QUOTE_STALE'
  /** Nothing new has arrived for longer than `silenceMsMax`. */
  | 'VENUE_SILENT'
  /** The venue's time is further ahead than `aheadMsMax`. */
  | 'QUOTE_FROM_FUTURE'
  /** Bid above ask: no market trades like that. */
  | 'BOOK_CROSSED'
  /** No bid or no ask, and no recent trade. */
  | 'BOOK_ABSENT'
  /** Wider than `spreadBpsMax`, and no recent trade. */
  | 'SPREAD_TOO_WIDE'
  /** Less volume than `baseVolumeMin`, or none stated although some is asked for. */
  | 'VOLUME_TOO_LOW'

export type VenuePrice =
  | {
      readonly type: 'priced'
      /** Quote currency per unit of base currency at `QUOTE_DECIMALS`, above 0; or a rate. */
      readonly price: bigint
      readonly from: 'mid' | 'last'
    }
  | { readonly type: 'refused'; readonly code: QuoteFault }

/**
 * Price of one venue: the middle of its book unless that is wide or missing, then its last trade if
 * that is recent. A volume-weighted average or an old trade is never a price.
 */
export function venuePrice(
  rules: QuoteRules,
  { quote, nowMs }: { readonly quote: ReceivedQuote; readonly nowMs: UnixMs },
): VenuePrice {
  const untimely = untimelyCode(rules, { quote, nowMs })
  if (untimely !== null) return refused(untimely)
  if (rules.measure === 'rate') return statedRate(quote)
  if (rules.baseVolumeMin > 0n && (quote.baseVolume ?? 0n) < rules.baseVolumeMin) {
    return refused('VOLUME_TOO_LOW')
  }
  const book = bookPrice(rules, quote)
  if (book.type === 'priced' || book.code === 'BOOK_CROSSED') return book
  const { last, lastTradeMs } = quote
  if (last === null || last <= 0n || lastTradeMs === null) return book
  if (nowMs - lastTradeMs > rules.tradeAgeMsMax) return book
  if (lastTradeMs - nowMs > rules.aheadMsMax) return book
  return { type: 'priced', price: last, from: 'last' }
}

/** On both sides of the quote, as whoever made it of a venue's words left it. */
function statedRate({ bid }: Quote): VenuePrice {
  return bid === null ? refused('BOOK_ABSENT') : { type: 'priced', price: bid, from: 'mid' }
}

function refused(code: QuoteFault): { readonly type: 'refused'; readonly code: QuoteFault } {
  return { type: 'refused', code }
}

function untimelyCode(
  rules: QuoteRules,
  { quote, nowMs }: { readonly quote: ReceivedQuote; readonly nowMs: UnixMs },
): QuoteFault | null {
  if (nowMs - quote.receivedMs > rules.silenceMsMax) return 'VENUE_SILENT'
  if (quote.venueMs === null) {
    return nowMs - quote.changedMs > rules.unchangedMsMax ? 'QUOTE_STALE' : null
  }
  if (nowMs - quote.venueMs > rules.ageMsMax) return 'QUOTE_STALE'
  return quote.venueMs - nowMs > rules.aheadMsMax ? 'QUOTE_FROM_FUTURE' : null
}

function bookPrice(rules: QuoteRules, { bid, ask }: Quote): VenuePrice {
  if (bid === null || ask === null || bid <= 0n || ask <= 0n) return refused('BOOK_ABSENT')
  if (bid > ask) return refused('BOOK_CROSSED')
  if (isWiderThanBps({ bid, ask }, rules.spreadBpsMax)) return refused('SPREAD_TOO_WIDE')
  // Floor: half of the smallest unit at 18 decimals moves no price.
  return { type: 'priced', price: (bid + ask) >> 1n, from: 'mid' }
}
