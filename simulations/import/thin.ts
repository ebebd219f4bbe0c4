import { HEARD_MAX } from '../scenario/recording.ts'
import { createHistogram, type LatencySummary } from '../statistics/histogram.ts'
import type { RecordedVenue } from '../world/recorded.ts'
import type { Trade } from './trade-columns.ts'

/** Steps of all exchanges that are held. */
const CELLS_MAX = 4_000_000
/** Exchanges of one file. */
const EXCHANGES_MAX = 200
/**
 * A venue's book changes so often in the simulated world: more would be shown to nobody. Steps of a
 * recording are a multiple of it, so that both begin at the same moments.
 */
export const VENUE_STEP_MS = 100
const VENUE_STEP_US = VENUE_STEP_MS * 1_000
/** Lags are counted to a millisecond, up to more than three minutes. */
const LAG_BIN_US = 1_000
/** An exchange without a trade for so long has no say in the price. */
const SILENT_MS_MAX = 60_000

export interface ThinOptions {
  readonly stepMs: number
  /** Most steps of a recording. */
  readonly stepsMax: number
  readonly clock: 'exchange' | 'local'
  /** Keeps what each exchange said by itself, as it was heard. */
  readonly isByVenue: boolean
}

/** What was seen of one exchange. */
export interface ExchangeFigures {
  readonly exchange: string
  readonly trades: number
  /** From its own time to the recorder's; null where the file has one time. */
  readonly lagMs: LatencySummary | null
}

export interface Thinned {
  readonly fromMs: number
  readonly prices: readonly number[]
  readonly trades: number
  readonly exchanges: readonly ExchangeFigures[]
  /** By name; empty unless it was asked for. */
  readonly venues: readonly RecordedVenue[]
}

interface Last {
  readonly us: number
  readonly price: number
}

interface Heard {
  readonly localUs: number
  readonly exchangeUs: number
  readonly price: number
}

interface Exchange {
  /** By step since 1970: its last trade in it. */
  readonly steps: Map<number, Last>
  /** By step of `VENUE_STEP_US` of the local time: the last that was heard in it. */
  readonly heard: Map<number, Heard>
  readonly lag: ReturnType<typeof createHistogram>
  trades: number
}

/**
 * Trades as one price for each step: the last of each exchange, and of several the median. A file
 * need not be in order.
 */
export class Thinner {
  readonly #options: ThinOptions
  readonly #exchanges = new Map<string, Exchange>()
  #cells = 0
  #heard = 0
  #first = Number.POSITIVE_INFINITY
  #last = Number.NEGATIVE_INFINITY

  constructor(options: ThinOptions) {
    this.#options = options
  }

  /** Takes a trade; what is wrong when there is no room for it, or no time. */
  add(trade: Trade): string | null {
    const { stepMs, stepsMax, clock } = this.#options
    const us = clock === 'exchange' ? trade.exchangeUs : trade.localUs
    if (us === null) return 'has no local time; use --clock exchange'
    const step = Math.floor(us / (stepMs * 1_000))
    const [first, last] = [Math.min(this.#first, step), Math.max(this.#last, step)]
    if (last - first >= stepsMax) {
      const away = `is more than ${stepsMax} steps away from others`
      return `${away}; use a longer --step-ms, --from or --to`
    }
    const exchange = this.#exchange(trade.exchange ?? 'file')
    if (exchange === null) return `is of more than ${EXCHANGES_MAX} exchanges; name some`
    const known = exchange.steps.get(step)
    if (known === undefined) this.#cells += 1
    if (this.#cells > CELLS_MAX) return 'is too much for one recording; use a longer --step-ms'
    if (known === undefined || known.us <= us) exchange.steps.set(step, { us, price: trade.price })
    if (!this.#hear(exchange, trade)) {
      return 'is too much to keep of each exchange; name some, or use --from and --to'
    }
    if (trade.localUs !== null) exchange.lag.add(trade.localUs - trade.exchangeUs)
    exchange.trades += 1
    this.#first = first
    this.#last = last
    return null
  }

  result(): Thinned {
    const exchanges = [...this.#exchanges].sort(([a], [b]) => (a < b ? -1 : 1))
    const figures = exchanges.map(([exchange, { trades, lag }]) => {
      const summary = lag.summary()
      return { exchange, trades, lagMs: summary.count === 0 ? null : summary }
    })
    const trades = figures.reduce((sum, each) => sum + each.trades, 0)
    const prices = trades === 0 ? [] : this.#prices(exchanges.map(([, each]) => each))
    const fromMs = trades === 0 ? 0 : this.#first * this.#options.stepMs
    const venues = this.#options.isByVenue ? exchanges.map((each) => venueOf(each, fromMs)) : []
    return { fromMs, prices, trades, exchanges: figures, venues }
  }

  #exchange(name: string): Exchange | null {
    const known = this.#exchanges.get(name)
    if (known !== undefined) return known
    if (this.#exchanges.size === EXCHANGES_MAX) return null
    const maps = { steps: new Map<number, Last>(), heard: new Map<number, Heard>() }
    const made = { ...maps, lag: createHistogram(LAG_BIN_US), trades: 0 }
    this.#exchanges.set(name, made)
    return made
  }

  /** False when there is no room for it. */
  #hear({ heard }: Exchange, { localUs, exchangeUs, price }: Trade): boolean {
    if (!this.#options.isByVenue) return true
    // Who recorded one time alone heard everything at once.
    const us = localUs ?? exchangeUs
    const step = Math.floor(us / VENUE_STEP_US)
    const known = heard.get(step)
    if (known === undefined) this.#heard += 1
    if (known === undefined || known.localUs <= us) {
      heard.set(step, { localUs: us, exchangeUs, price })
    }
    return this.#heard <= HEARD_MAX
  }

  #prices(exchanges: readonly Exchange[]): readonly number[] {
    const stepUs = this.#options.stepMs * 1_000
    const held: (Last | null)[] = exchanges.map(() => null)
    const prices: number[] = []
    for (let step = this.#first; step <= this.#last; step++) {
      for (const [at, { steps }] of exchanges.entries()) {
        const trade = steps.get(step)
        if (trade !== undefined) held[at] = trade
      }
      const oldestUs = step * stepUs - SILENT_MS_MAX * 1_000
      const heard = held.flatMap((each) => (each !== null && each.us >= oldestUs ? each.price : []))
      const median = medianOf(heard) ?? prices.at(-1)
      if (median !== undefined) prices.push(median)
    }
    return prices
  }
}

function venueOf([name, { heard }]: readonly [string, Exchange], fromMs: number): RecordedVenue {
  const inOrder = [...heard].sort(([a], [b]) => a - b).map(([, each]) => each)
  return {
    name,
    // Never before it was heard.
    localMs: inOrder.map(({ localUs }) => Math.ceil(localUs / 1_000) - fromMs),
    exchangeMs: inOrder.map(({ exchangeUs }) => Math.floor(exchangeUs / 1_000) - fromMs),
    prices: inOrder.map(({ price }) => rounded(price)),
  }
}

function medianOf(values: readonly number[]): number | null {
  if (values.length === 0) return null
  const sorted = [...values].sort((a, b) => a - b)
  const low = sorted[(sorted.length - 1) >> 1] as number
  const high = sorted[sorted.length >> 1] as number
  return rounded((low + high) / 2)
}

/** In the decimals of a simulated feed: more are lost there, and make a recording longer. */
function rounded(price: number): number {
  return Math.round(price * DECIMALS) / DECIMALS
}

const DECIMALS = 1e8
