/** Points of a curve over a run: more than a page shows. */
export const POINTS_MAX = 1_024

/** Consecutive rounds that are counted together. */
interface Bin {
  rounds: number
}

/**
 * Collects rounds, in their order, into at most so many bins, whatever the length of a run: when
 * they are full, twice as many rounds go into each.
 */
export class Bins<T extends Bin> {
  readonly #binsMax: number
  readonly #merge: (into: T, other: T) => void
  #bins: T[] = []
  #roundsEach = 1

  /** @param merge adds what a bin counted to another, but for its number of rounds */
  constructor(binsMax: number, merge: (into: T, other: T) => void) {
    this.#binsMax = binsMax
    this.#merge = merge
  }

  /** Takes the entry itself: it may be changed. */
  add(entry: T): void {
    const last = this.#bins.at(-1)
    if (last !== undefined && last.rounds < this.#roundsEach) {
      this.#join(last, entry)
      return
    }
    this.#bins.push(entry)
    if (this.#bins.length <= this.#binsMax) return
    this.#roundsEach *= 2
    this.#bins = this.#bins.flatMap((bin, index) => {
      const next = this.#bins[index + 1]
      if (index % 2 === 1) return []
      if (next !== undefined) this.#join(bin, next)
      return [bin]
    })
  }

  get all(): readonly T[] {
    return this.#bins
  }

  #join(into: T, other: T): void {
    into.rounds += other.rounds
    this.#merge(into, other)
  }
}
