import { merkleRoot } from '../report/merkle.ts'
import { ascii, bigintBytes, concat } from '../values/bytes.ts'
import type { FutureQuote } from './forward-price.ts'
import type { OptionQuote } from './option-chain.ts'
import type { ReceivedQuote } from './quote.ts'

type Keccak256 = (bytes: Uint8Array) => Uint8Array

const DOMAIN = 'parallax.quote.1'
const NOTHING = new Uint8Array(0)

/**
 * Merkle root over the raw quotes that a node used, in the order given (protocol §5.1): who keeps
 * its quotes can show each of them under it later. A node keeps none; equal roots of two members
 * already tell a copy. 32 zero bytes when there was none.
 */
export function sourceCommitment(
  keccak256: Keccak256,
  quotes: readonly ReceivedQuote[],
): Uint8Array {
  return commitmentOf(
    keccak256,
    quotes.map((quote) => quoteHash(keccak256, quote)),
  )
}

/** The same from the hashes of the quotes, for a host that makes them when the quotes arrive. */
export function commitmentOf(keccak256: Keccak256, hashes: readonly Uint8Array[]): Uint8Array {
  return hashes.length === 0 ? new Uint8Array(32) : merkleRoot(keccak256, hashes)
}

/** Leaf of a quote in the tree of the commitment. */
export function quoteHash(keccak256: Keccak256, quote: ReceivedQuote): Uint8Array {
  return keccak256(quoteBytes(quote))
}

/**
 * Canonical bytes of a quote: domain, venue and market with their length before them, then each
 * amount (int128) and time (u64) after a byte that tells whether it is there; of a volatility then
 * the number of options (u16) behind it and each option, of a forward 0xffff, which no number of
 * options is, the number of futures (u16) and each future.
 */
export function quoteBytes(quote: ReceivedQuote): Uint8Array {
  return concat(
    ascii(DOMAIN),
    sized(quote.venue),
    sized(quote.market),
    optional(quote.bid, 16),
    optional(quote.ask, 16),
    optional(quote.last, 16),
    optional(timeOf(quote.lastTradeMs), 8),
    optional(quote.baseVolume, 16),
    optional(timeOf(quote.venueMs), 8),
    bigintBytes(BigInt(quote.receivedMs), 8),
    quote.options === undefined ? NOTHING : optionsBytes(quote.options),
    quote.futures === undefined ? NOTHING : futuresBytes(quote.futures),
  )
}

function optionsBytes(options: readonly OptionQuote[]): Uint8Array {
  return concat(bigintBytes(BigInt(options.length), 2), ...options.map(optionBytes))
}

/** Expiry (u64), strike (int128), 1 for a put, then what may be absent as in a quote. */
function optionBytes(option: OptionQuote): Uint8Array {
  return concat(
    bigintBytes(BigInt(option.expiryMs), 8),
    bigintBytes(option.strike, 16),
    Uint8Array.of(option.side === 'put' ? 1 : 0),
    optional(option.bid, 16),
    optional(option.ask, 16),
    optional(option.forward, 16),
    optional(timeOf(option.venueMs), 8),
  )
}

function futuresBytes(futures: readonly FutureQuote[]): Uint8Array {
  return concat(
    Uint8Array.of(0xff, 0xff),
    bigintBytes(BigInt(futures.length), 2),
    ...futures.map(futureBytes),
  )
}

/** Expiry (u64, 0 of a perpetual), then what may be absent as in a quote. */
function futureBytes({ expiryMs, bid, ask, venueMs }: FutureQuote): Uint8Array {
  return concat(
    bigintBytes(BigInt(expiryMs ?? 0), 8),
    optional(bid, 16),
    optional(ask, 16),
    optional(timeOf(venueMs), 8),
  )
}

function sized(text: string): Uint8Array {
  const bytes = ascii(text)
  return concat(bigintBytes(BigInt(bytes.length), 2), bytes)
}

function timeOf(timeMs: number | null): bigint | null {
  return timeMs === null ? null : BigInt(timeMs)
}

function optional(value: bigint | null, length: number): Uint8Array {
  if (value === null) return Uint8Array.of(0)
  return concat(Uint8Array.of(1), bigintBytes(value, length))
}
