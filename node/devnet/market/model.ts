import type { DurationMs, UnixMs } from '../../../aggregator/values/time.ts'
import { evenAround, normalAround } from './chance.ts'
import type { Incident } from './incidents.ts'
import { incidentAt } from './incidents.ts'

/** Prices of the model are US dollars, or units of USDT, with eight decimals. */
export const MARKET_DECIMALS = 8

export const MARKET_VENUES = ['binance', 'coinbase', 'kraken', 'bitstamp', 'okx'] as const
export type MarketVenue = (typeof MARKET_VENUES)[number]

export interface Asset {
  readonly name: string
  /** In US dollars at `MARKET_DECIMALS`. */
  readonly start: bigint
  /** Decimals of a price at a venue. */
  readonly tickDecimals: number
  /** Standard deviation of one step, in 10^-7 of the price. */
  readonly stepDeviation: number
  /** Part of the way back to the start in each step, in 10^-4: above 0 for what holds a peg. */
  readonly pull: number
  /** Units traded in a day over all venues. */
  readonly volume: number
}

const ASSETS: readonly Asset[] = [
  asset('BTC', { start: 6_500_000_000_000n, stepDeviation: 500, volume: 40_000 }),
  asset('ETH', { start: 320_000_000_000n, stepDeviation: 650, volume: 400_000 }),
  asset('SOL', { start: 15_000_000_000n, stepDeviation: 900, volume: 3_000_000 }),
  asset('USDT', {
    start: 99_950_000n,
    tickDecimals: 5,
    stepDeviation: 40,
    pull: 10,
    volume: 200_000_000,
  }),
]

interface VenueHabit {
  /** How old its prices are. */
  readonly lagMs: DurationMs
  /** Deviation of its prices from the market, in 10^-7. */
  readonly noise: number
  /** Width of its book, in 10^-7 of the price. */
  readonly spread: number
  /** Its part of the traded volume, in percent. */
  readonly volumePercent: number
}

const HABITS: Readonly<Record<MarketVenue, VenueHabit>> = {
  binance: { lagMs: 0, noise: 400, spread: 300, volumePercent: 55 },
  coinbase: { lagMs: 100, noise: 600, spread: 700, volumePercent: 18 },
  kraken: { lagMs: 300, noise: 900, spread: 1_500, volumePercent: 9 },
  bitstamp: { lagMs: 500, noise: 1_300, spread: 3_000, volumePercent: 4 },
  okx: { lagMs: 100, noise: 600, spread: 600, volumePercent: 14 },
}

/** Steps of the walk are this long; prices of venues change at most this often. */
export const STEP_MS = 100
/** An hour of steps; a lag or a range further back sees the oldest. */
const STEPS_KEPT = 36_000
/** After a longer pause the walk goes on from where it stood instead of catching up. */
const STEPS_CAUGHT_UP_MAX = 6_000

const PART = 10_000_000n

/** What a venue says at one moment; amounts at `MARKET_DECIMALS`. */
export interface ModelQuote {
  readonly bid: bigint
  readonly ask: bigint
  readonly last: bigint
  readonly volume: bigint
  readonly timeMs: UnixMs
}

export interface MarketModelOptions {
  readonly seed: number
  readonly startMs: UnixMs
  readonly incidents: readonly Incident[]
  /** Whether the script of incidents runs from the start, or waits; default at-start. */
  readonly incidentsBegin?: 'at-start' | 'when-asked'
}

export interface QuoteAsked {
  readonly venue: MarketVenue
  /** Such as `BTC`. */
  readonly base: string
  readonly quote: 'USD' | 'USDT'
  readonly nowMs: UnixMs
}

/**
 * Prices of a few assets on five venues: one seeded walk per asset, seen by each venue with its own
 * lag, noise and spread, and a script of incidents. The same seed and moment give the same prices.
 */
export class MarketModel {
  readonly #options: MarketModelOptions
  /** Prices by step for each asset; the first one has the number `#firstStep`. */
  readonly #walks: ReadonlyMap<string, bigint[]>
  #firstStep = 0
  /** Steps that a pause left out. */
  #skippedSteps = 0
  /** Where the offsets of incidents count from; null while the script waits. */
  #incidentsFromMs: UnixMs | null

  constructor(options: MarketModelOptions) {
    this.#options = options
    this.#incidentsFromMs = options.incidentsBegin === 'when-asked' ? null : options.startMs
    this.#walks = new Map(ASSETS.map(({ name, start }) => [name, [start]]))
  }

  /** Whether there is such a market at all. */
  lists(base: string, quote: string): quote is 'USD' | 'USDT' {
    if (base === quote || !this.#walks.has(base)) return false
    return quote === 'USD' || quote === 'USDT'
  }

  /** Price of the asset in US dollars that nobody sees: what venues deviate from. */
  truePrice(base: string, atMs: UnixMs): bigint {
    const walk = this.#advance(atMs, base)
    const step = this.#stepAt(atMs) - this.#firstStep
    return walk[Math.min(Math.max(step, 0), walk.length - 1)] ?? 0n
  }

  /** What a venue says now, incidents included. */
  quoteAt(asked: QuoteAsked): ModelQuote {
    const { venue, base, quote, nowMs } = asked
    const incident = this.incidentOf(venue, nowMs)
    const fromMs = this.#incidentsFromMs ?? nowMs
    const timeMs = incident?.kind === 'frozen' ? fromMs + incident.fromMs : nowMs
    const mid = this.honestMid({ venue, base, quote, nowMs: timeMs })
    const spiked =
      incident?.kind === 'spike' ? (mid * BigInt(10_000 + incident.bps)) / 10_000n : mid
    const half = (spiked * BigInt(HABITS[venue].spread)) / (2n * PART)
    return {
      bid: spiked - half,
      ask: spiked + half,
      last: spiked,
      volume: this.#volume(venue, base, timeMs),
      timeMs,
    }
  }

  /** Middle of the venue's book without incidents. */
  honestMid({ venue, base, quote, nowMs }: QuoteAsked): bigint {
    const { lagMs, noise } = HABITS[venue]
    const seenMs = nowMs - lagMs
    // A venue's error lasts for half a second, so that two looks in a row agree.
    const epoch = Math.floor(seenMs / 500)
    const calm = assetOf(base).pull > 0 ? 10 : 1
    const error = evenAround(Math.ceil(noise / calm), this.#options.seed, venue, base, epoch)
    const price = (this.truePrice(base, seenMs) * (PART + BigInt(error))) / PART
    if (quote === 'USD') return price
    return (price * 10n ** BigInt(MARKET_DECIMALS)) / this.truePrice('USDT', seenMs)
  }

  /** When the script of incidents began; null while it waits. */
  get incidentsFromMs(): UnixMs | null {
    return this.#incidentsFromMs
  }

  /** Begins a script of incidents that waits; one that runs goes on. */
  beginIncidents(nowMs: UnixMs): void {
    this.#incidentsFromMs ??= nowMs
  }

  /** The incident that a venue has at a moment; null when it says the truth. */
  incidentOf(venue: MarketVenue, atMs: UnixMs): Incident | null {
    if (this.#incidentsFromMs === null) return null
    const elapsedMs = atMs - this.#incidentsFromMs
    return incidentAt(this.#options.incidents, { venue, elapsedMs })
  }

  #volume(venue: MarketVenue, base: string, atMs: UnixMs): bigint {
    const units = BigInt(assetOf(base).volume) * 10n ** BigInt(MARKET_DECIMALS)
    const share = (units * BigInt(HABITS[venue].volumePercent)) / 100n
    const minute = Math.floor(atMs / 1_000)
    return share + (share * BigInt(evenAround(1_000, this.#options.seed, venue, minute))) / 100_000n
  }

  #elapsed(atMs: UnixMs): DurationMs {
    return atMs - this.#options.startMs
  }

  #stepAt(atMs: UnixMs): number {
    return Math.floor(this.#elapsed(atMs) / STEP_MS) - this.#skippedSteps
  }

  /** Walks on until the moment; every asset in step, so that positions are comparable. */
  #advance(atMs: UnixMs, base: string): readonly bigint[] {
    const reached = (walk: readonly bigint[]) => this.#firstStep + walk.length - 1
    const asked = this.#walks.get(base) ?? []
    const behind = this.#stepAt(atMs) - reached(asked)
    if (behind > STEPS_CAUGHT_UP_MAX) this.#skippedSteps += behind - STEPS_CAUGHT_UP_MAX
    const target = this.#stepAt(atMs)
    for (let step = reached(asked) + 1; step <= target; step++) this.#walkOn(step)
    return asked
  }

  #walkOn(step: number): void {
    for (const each of ASSETS) {
      const walk = this.#walks.get(each.name) ?? []
      const price = walk.at(-1) ?? each.start
      const shock = normalAround(each.stepDeviation, this.#options.seed, each.name, step)
      const back = ((each.start - price) * BigInt(each.pull)) / 10_000n
      walk.push(price + (price * BigInt(shock)) / PART + back)
    }
    if ((this.#walks.get('BTC')?.length ?? 0) <= 2 * STEPS_KEPT) return
    for (const walk of this.#walks.values()) walk.splice(0, STEPS_KEPT)
    this.#firstStep += STEPS_KEPT
  }
}

/** The asset by its name; the caller knows that it is listed. */
export function assetOf(name: string): Asset {
  const found = ASSETS.find((each) => each.name === name)
  if (found === undefined) throw new RangeError(`the market has no ${name}`)
  return found
}

function asset(
  name: string,
  habit: Pick<Asset, 'start' | 'stepDeviation' | 'volume'> &
    Partial<Pick<Asset, 'tickDecimals' | 'pull'>>,
): Asset {
  return { name, tickDecimals: 2, pull: 0, ...habit }
}
