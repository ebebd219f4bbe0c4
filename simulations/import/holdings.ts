import { hintOf } from '../../aggregator/values/nearest-name.ts'
import { printable } from '../input/problems.ts'
import type { Trade } from './trade-columns.ts'

/** What was asked for of a file of trades. */
interface Asked {
  readonly symbol: string | null
  readonly exchanges: readonly string[]
  readonly clock: 'exchange' | 'local'
}

/** Names that are kept of each kind; a wrong column may have one in each row. */
const NAMES_MAX = 1_000
const NAMES_TOLD_MAX = 10
const NAME_LENGTH_MAX = 40

/** What a file of trades holds, whatever was asked for, to say it where nothing fits. */
export class Holdings {
  readonly #markets = new Set<string>()
  readonly #exchanges = new Set<string>()
  readonly #asked: Asked
  #firstMs = Number.POSITIVE_INFINITY
  #lastMs = Number.NEGATIVE_INFINITY

  constructor(asked: Asked) {
    this.#asked = asked
  }

  add({ symbol, exchange, exchangeUs, localUs }: Trade): void {
    keep(this.#markets, symbol)
    keep(this.#exchanges, exchange)
    const us = this.#asked.clock === 'exchange' ? exchangeUs : (localUs ?? exchangeUs)
    this.#firstMs = Math.min(this.#firstMs, us / 1_000)
    this.#lastMs = Math.max(this.#lastMs, us / 1_000)
  }

  /** Why too few trades were found of what was asked for, as problems of the file. */
  lacking(found: number): readonly string[] {
    const { symbol, exchanges } = this.#asked
    const symbols = symbol === null ? [] : [symbol]
    const named = [
      ...missing('market', symbols, this.#markets),
      ...missing('exchange', exchanges, this.#exchanges),
    ]
    if (named.length > 0) return named
    const few = `has too few trades that were asked for: ${found}; they must be of two steps`
    if (this.#firstMs > this.#lastMs) return [few]
    const times = [this.#firstMs, this.#lastMs].map((ms) => new Date(ms).toISOString())
    return [`${few}; all that it has are from ${times.join(' to ')}`]
  }
}

function keep(names: Set<string>, name: string | null): void {
  if (name !== null && names.size < NAMES_MAX) names.add(name)
}

function missing(
  what: 'market' | 'exchange',
  asked: readonly string[],
  held: ReadonlySet<string>,
): readonly string[] {
  const isAll = held.size < NAMES_MAX
  return asked.flatMap((name) => {
    if (held.has(name) || !isAll) return []
    const names = [...held].toSorted()
    const rest = names.length - NAMES_TOLD_MAX
    const more = rest > 0 ? ` and ${rest} more` : ''
    const has =
      names.length === 0
        ? `it names no ${what}s`
        : `it has ${names.slice(0, NAMES_TOLD_MAX).map(told).join(', ')}${more}`
    return [`has no ${what} ${told(name)}; ${has}${hintOf(name, names.map(told))}`]
  })
}

/** A name from a file or a command line, short and harmless. */
function told(name: string): string {
  return printable(name.length > NAME_LENGTH_MAX ? `${name.slice(0, NAME_LENGTH_MAX)}…` : name)
}
