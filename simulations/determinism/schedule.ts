/** Items that a queue has room for at first; it doubles when they are more. */
const CAPACITY_START = 256

/**
 * The one queue of a simulated world: what happens next, ordered by time, and at one time by the
 * order in which it was planned. A binary heap of places; what stands in a place does not move, so
 * that sifting touches numbers alone.
 */
export class Schedule<T> {
  #heap = new Int32Array(CAPACITY_START)
  /** By place. */
  #timesUs = new Float64Array(CAPACITY_START)
  #sequences = new Float64Array(CAPACITY_START)
  #details = new Uint32Array(CAPACITY_START)
  readonly #items: (T | null)[] = []
  #size = 0
  #sequence = 0

  /**
   * Plans an item; the time is whole microseconds, so that no rounding reaches the order.
   *
   * @param detail a number below 2^32 that comes back with the item: many plans of one item, such
   * as copies of a message for each member, then need no object each
   */
  add(timeUs: number, item: T, detail = 0): void {
    if (!Number.isSafeInteger(timeUs)) throw new RangeError('a planned time is whole microseconds')
    const heap = this.#heap.length === this.#size ? this.#grow() : this.#heap
    // The end of the heap holds the free places: each was put there when its item was taken.
    const place = this.#items.length === this.#size ? this.#size : (heap[this.#size] as number)
    this.#timesUs[place] = timeUs
    this.#sequences[place] = this.#sequence++
    this.#details[place] = detail
    this.#items[place] = item
    let at = this.#size++
    while (at > 0) {
      const above = (at - 1) >> 1
      const parent = heap[above] as number
      // What was planned before comes first: only an earlier time rises.
      if (timeUs >= (this.#timesUs[parent] as number)) break
      heap[at] = parent
      at = above
    }
    heap[at] = place
  }

  /** Removes and returns the next item; null when nothing is planned. */
  take(): T | null {
    if (this.#size === 0) return null
    const heap = this.#heap
    const first = heap[0] as number
    const item = this.#items[first] as T
    this.#items[first] = null
    this.#size -= 1
    const last = heap[this.#size] as number
    heap[this.#size] = first
    if (this.#size > 0) this.#sink(last)
    return item
  }

  /**
   * Takes items up to a time, or so many; `happen` gets each with its time and its detail.
   *
   * @returns true when nothing is planned up to that time any more
   */
  run(
    upTo: { readonly untilUs: number; readonly itemsMax: number },
    happen: (item: T, timeUs: number, detail: number) => void,
  ): boolean {
    for (let done = 0; done < upTo.itemsMax; done++) {
      if (this.#size === 0) return true
      const place = this.#heap[0] as number
      const timeUs = this.#timesUs[place] as number
      if (timeUs > upTo.untilUs) return true
      const detail = this.#details[place] as number
      happen(this.take() as T, timeUs, detail)
    }
    return false
  }

  /** Puts a place at the top, and lets it sink to where it belongs. */
  #sink(place: number): void {
    const heap = this.#heap
    const size = this.#size
    let at = 0
    for (;;) {
      let below = 2 * at + 1
      if (below >= size) break
      const right = below + 1
      if (right < size && this.#isBefore(heap[right] as number, heap[below] as number)) {
        below = right
      }
      const child = heap[below] as number
      if (!this.#isBefore(child, place)) break
      heap[at] = child
      at = below
    }
    heap[at] = place
  }

  #isBefore(a: number, b: number): boolean {
    // Two plain reads: taken apart from an array they cost more memory than all else in a round.
    const aUs = this.#timesUs[a] as number
    const bUs = this.#timesUs[b] as number
    if (aUs !== bUs) return aUs < bUs
    return (this.#sequences[a] as number) < (this.#sequences[b] as number)
  }

  #grow(): Int32Array {
    const capacity = 2 * this.#heap.length
    const [heap, timesUs, sequences] = [this.#heap, this.#timesUs, this.#sequences]
    const details = this.#details
    this.#heap = new Int32Array(capacity)
    this.#timesUs = new Float64Array(capacity)
    this.#sequences = new Float64Array(capacity)
    this.#details = new Uint32Array(capacity)
    this.#heap.set(heap)
    this.#timesUs.set(timesUs)
    this.#sequences.set(sequences)
    this.#details.set(details)
    return this.#heap
  }
}
