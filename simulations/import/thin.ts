import { createHistogram, type LatencySummary } from '../statistics/histogram.ts'
import type { Trade } from './trade-columns.ts'

/** Steps of all exchanges that are held. */
const CELLS_MAX = 4_000_000
/** Exchanges of one file. */
const EXCHANGES_MAX = 200
/** An exchange without a trade for so long has no say in the price. */
const SILENT_MS_MAX = 60_000

export interface ThinOptions {
  readonly stepMs: number
  /** Most steps of a recording. */
  readonly stepsMax: number
  readonly clock: 'exchange' | 'local'
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
}

interface Last {
  readonly us: number
  readonly price: number
}

interface Exchange {
  /** By step since 1970: its last trade in it. */
  readonly steps: Map<number, Last>
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
    return { fromMs, prices, trades, exchanges: figures }
  }

  #exchange(name: string): Exchange | null {
    const known = this.#exchanges.get(name)
    if (known !== undefined) return known
    if (this.#exchanges.size === EXCHANGES_MAX) return null
    const made = { steps: new Map<number, Last>(), lag: createHistogram(), trades: 0 }
    this.#exchanges.set(name, made)
    return made
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

function medianOf(values: readonly number[]): number | null {
  if (values.length === 0) return null
  const sorted = [...values].sort((a, b) => a - b)
  const low = sorted[(sorted.length - 1) >> 1] as number
  const high = sorted[sorted.length >> 1] as number
  return (low + high) / 2
}
