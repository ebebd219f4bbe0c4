import type {
  ChainRules,
  OptionChain,
  OptionQuote,
} from '../../aggregator/aggregation/option-chain.ts'
import { priceOption } from '../../aggregator/derivatives/black-scholes.ts'
import { QUOTE_UNIT } from '../../aggregator/values/fixed-point.ts'
import { VOLATILITY_DEFAULTS } from '../../node/sources/defaults.ts'

/** Moment at which the tests of chains happen. */
export const CHAIN_MS = 1_790_000_000_000
export const DAY_MS = 86_400_000

/** The rules of the defaults; a test writes only what matters to it. */
export function chainRules(changed: Partial<ChainRules> = {}): ChainRules {
  return { ...VOLATILITY_DEFAULTS, ...changed }
}

export interface ModelExpiry {
  readonly days: number
  /** Of every option of the expiry, in hundredths of a percent. */
  readonly volatilityBps: number
  /** Strikes in hundredths of a percent of the forward; ascending. */
  readonly strikesBps: readonly number[]
}

/** Strikes from one share of the forward to another, in even steps. */
export function evenStrikes(fromBps: number, toBps: number, stepBps: number): readonly number[] {
  const count = Math.floor((toBps - fromBps) / stepBps) + 1
  return Array.from({ length: count }, (_, step) => fromBps + step * stepBps)
}

/** 100,000 in the currency of the strikes. */
export const FORWARD = 100_000n * QUOTE_UNIT

/**
 * Options that cost what Black and Scholes say at one volatility for each expiry. An option that
 * is worth less than a unit has no bid.
 */
export function modelChain(
  expiries: readonly ModelExpiry[],
  changed: { readonly unit?: OptionChain['unit']; readonly spreadBps?: number } = {},
): OptionChain {
  const { unit = 'currency', spreadBps = 100 } = changed
  const options = expiries.flatMap((expiry) =>
    expiry.strikesBps.flatMap((strikeBps): OptionQuote[] => {
      const strike = (FORWARD * BigInt(strikeBps)) / 10_000n
      const prices = priceOption({
        spot: FORWARD,
        strike,
        volatility: BigInt(expiry.volatilityBps) * 10n ** 14n,
        timeSeconds: BigInt(expiry.days * 86_400),
        rate: 0n,
      })
      const expiryMs = CHAIN_MS + expiry.days * DAY_MS
      return (['call', 'put'] as const).map((side) => ({
        expiryMs,
        strike,
        side,
        forward: FORWARD,
        venueMs: CHAIN_MS,
        ...quoted(prices[side], { unit, spreadBps }),
      }))
    }),
  )
  return { unit, rate: 0n, options }
}

/** A bid and an ask around a price. */
function quoted(
  price: bigint,
  { unit, spreadBps }: { readonly unit: OptionChain['unit']; readonly spreadBps: number },
): { readonly bid: bigint | null; readonly ask: bigint | null } {
  const middle = unit === 'coin' ? (price * QUOTE_UNIT) / FORWARD : price
  const half = (middle * BigInt(spreadBps)) / 20_000n
  return middle - half <= 0n ? { bid: null, ask: null } : { bid: middle - half, ask: middle + half }
}
