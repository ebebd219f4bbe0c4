import type { LimitStatus, SharedLimits } from './venue.ts'

// Budgets are what all names ask together at their fastest, far below what is documented.

/**
 * Documented: Bybit answers 403 to an address beyond its limit, for ten minutes, at all of its
 * hosts and for all its products together. A region that it does not serve is told the same.
 */
export const BYBIT_SHUT_OUT: LimitStatus = { status: 403, pauseMs: 600_000 }

/** Documented: 600 in five seconds for an address. */
export const BYBIT_LIMITS: SharedLimits = {
  name: 'bybit',
  budget: { weightMax: 60, perMs: 5_000 },
}

/** Documented: whoever shows no key is counted by address, whatever is asked for. */
export const DERIBIT_LIMITS: SharedLimits = {
  name: 'deribit',
  budget: { weightMax: 12, perMs: 10_000 },
}

/**
 * Documented: OKX counts an address for each endpoint, 20 in two seconds for this one. Spot markets
 * and funding rates are asked for at others.
 */
export const OKX_TICKERS_LIMITS: SharedLimits = {
  name: 'okx-tickers',
  budget: { weightMax: 16, perMs: 10_000 },
  path: '/api/v5/market/tickers',
}

// One name of ours each; a declared venue at the same host is counted with it.

/** Documented: 2,400 a minute for an address, all of USDT-margined contracts together. */
export const BINANCE_LINEAR_LIMITS: SharedLimits = {
  name: 'binance-linear',
  budget: { weightMax: 960, perMs: 60_000 },
}

/** Documented: 2,400 a minute for an address, all of coin-margined contracts together. */
export const BINANCE_INVERSE_LIMITS: SharedLimits = {
  name: 'binance-inverse',
  budget: { weightMax: 960, perMs: 60_000 },
}

/** Documented: 30 a minute for an address without a key. */
export const BITMEX_LIMITS: SharedLimits = {
  name: 'bitmex',
  budget: { weightMax: 26, perMs: 60_000 },
}
