/**
 * One venue's order book, as far as an attacker meets it: the same depth at every price, which
 * arbitrage puts back while the price is off. Distances are shares of the true price, above it or
 * below. What is bought is sold back at the true price when all is over, so a trade costs how far
 * it was off that, and a fee both ways.
 */
export interface OrderBook {
  /** Bought or sold, it moves the price of this venue by one percent. */
  readonly depthUsdPerPercent: number
  readonly feeBps: number
  /** Part of the depth that arbitrage puts back every second while the price is off. */
  readonly refillPerSecond: number
}

/** What was bought (or sold, to push downwards), and what is lost by it. */
export interface Trade {
  readonly boughtUsd: number
  /** Paid above the true price, or not got below it. */
  readonly premiumUsd: number
  readonly feeUsd: number
}

export const NO_TRADE: Trade = { boughtUsd: 0, premiumUsd: 0, feeUsd: 0 }

/** Moves the price from one distance to a further one on the same side of the true price. */
export function pushTrade(book: OrderBook, from: number, to: number): Trade {
  const boughtUsd = depthUsd(book) * Math.abs(to - from)
  return tradeOf(book, boughtUsd, Math.abs(from + to) / 2)
}

/** Buys what arbitrage offers in so many seconds while the price stays at a distance. */
export function holdTrade(book: OrderBook, at: number, seconds: number): Trade {
  const boughtUsd = depthUsd(book) * Math.abs(at) * book.refillPerSecond * seconds
  return tradeOf(book, boughtUsd, Math.abs(at))
}

export function costUsd({ premiumUsd, feeUsd }: Trade): number {
  return premiumUsd + feeUsd
}

export function sumOf(a: Trade, b: Trade): Trade {
  return {
    boughtUsd: a.boughtUsd + b.boughtUsd,
    premiumUsd: a.premiumUsd + b.premiumUsd,
    feeUsd: a.feeUsd + b.feeUsd,
  }
}

/** A part of a trade, from 0 to 1. */
export function partOf(trade: Trade, share: number): Trade {
  return {
    boughtUsd: trade.boughtUsd * share,
    premiumUsd: trade.premiumUsd * share,
    feeUsd: trade.feeUsd * share,
  }
}

/** Where a push from one distance towards a further one ends that may cost so much. */
export function reachOf(
  book: OrderBook,
  { from, to, usd }: { readonly from: number; readonly to: number; readonly usd: number },
): number {
  if (costUsd(pushTrade(book, from, to)) <= usd) return to
  // D (y − x) ((x + y) / 2 + fees) = usd, solved for y.
  const fees = feeShare(book)
  const begun = Math.abs(from) + fees
  const reached = Math.sqrt(begun * begun + (2 * usd) / depthUsd(book)) - fees
  return to < 0 ? -reached : reached
}

/** Where arbitrage has brought the price after so many seconds, of which a share was held. */
export function revertedOf(
  book: OrderBook,
  { at, seconds, held }: { readonly at: number; readonly seconds: number; readonly held: number },
): number {
  return at * Math.max(0, 1 - book.refillPerSecond * seconds * (1 - held))
}

function tradeOf(book: OrderBook, boughtUsd: number, distance: number): Trade {
  return { boughtUsd, premiumUsd: boughtUsd * distance, feeUsd: boughtUsd * feeShare(book) }
}

/** Of the price by its whole. */
function depthUsd({ depthUsdPerPercent }: OrderBook): number {
  return depthUsdPerPercent * 100
}

function feeShare({ feeBps }: OrderBook): number {
  return (2 * feeBps) / 10_000
}
