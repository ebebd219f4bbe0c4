import type { Round } from '../../aggregator/values/ids.ts'

/** Values of as many rounds as there are places: one more takes the place of the oldest. */
export class RoundRing<T> {
  readonly #rounds: (Round | undefined)[]
  readonly #values: (T | undefined)[]

  constructor(places: number) {
    this.#rounds = new Array(places)
    this.#values = new Array(places)
  }

  get(round: Round): T | undefined {
    const place = round % this.#rounds.length
    return this.#rounds[place] === round ? this.#values[place] : undefined
  }

  set(round: Round, value: T): void {
    const place = round % this.#rounds.length
    this.#rounds[place] = round
    this.#values[place] = value
  }
}
