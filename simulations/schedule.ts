interface Entry<T> {
  readonly timeUs: number
  readonly sequence: number
  readonly item: T
}

/**
 * The one queue of a simulated world: what happens next, ordered by time, and at one time by the
 * order in which it was planned. A binary heap.
 */
export class Schedule<T> {
  readonly #heap: Entry<T>[] = []
  #sequence = 0

  get size(): number {
    return this.#heap.length
  }

  /** Time of the next item in microseconds; null when nothing is planned. */
  get nextUs(): number | null {
    return this.#heap[0]?.timeUs ?? null
  }

  /** Plans an item; the time is whole microseconds, so that no rounding reaches the order. */
  add(timeUs: number, item: T): void {
    if (!Number.isSafeInteger(timeUs)) throw new RangeError('a planned time is whole microseconds')
    const entry = { timeUs, sequence: this.#sequence++, item }
    let at = this.#heap.length
    this.#heap.push(entry)
    while (at > 0) {
      const above = (at - 1) >> 1
      const parent = this.#heap[above] as Entry<T>
      if (!isBefore(entry, parent)) break
      this.#heap[at] = parent
      at = above
    }
    this.#heap[at] = entry
  }

  /** Removes and returns the next item; null when nothing is planned. */
  take(): T | null {
    const first = this.#heap[0]
    const last = this.#heap.pop()
    if (first === undefined || last === undefined) return null
    if (first !== last) this.#sink(last)
    return first.item
  }

  #sink(entry: Entry<T>): void {
    const heap = this.#heap
    const { length } = heap
    let at = 0
    for (;;) {
      let below = 2 * at + 1
      if (below >= length) break
      const right = below + 1
      if (right < length && isBefore(heap[right] as Entry<T>, heap[below] as Entry<T>)) {
        below = right
      }
      const child = heap[below] as Entry<T>
      if (!isBefore(child, entry)) break
      heap[at] = child
      at = below
    }
    heap[at] = entry
  }
}

function isBefore<T>(a: Entry<T>, b: Entry<T>): boolean {
  return a.timeUs < b.timeUs || (a.timeUs === b.timeUs && a.sequence < b.sequence)
}
