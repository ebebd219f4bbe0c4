/** Where a member's process ends by plan: at one of its promises. */
export interface StopPoint {
  /** Counted from 1 over all processes of the member. */
  readonly promise: number
  /** Before the promise is on the disk, or after that and before anything else. */
  readonly when: 'before' | 'after'
  /** Called when the process has ended. */
  readonly onEnd: () => void
}

/** Counts the promises of one member, and knows at which of them its process is to end. */
export class Stops {
  readonly #planned = new Map<number, StopPoint>()
  #promises = 0

  plan(stop: StopPoint): void {
    this.#planned.set(stop.promise, stop)
  }

  /** Counts one promise; null when the process goes on. */
  next(): StopPoint | null {
    this.#promises += 1
    return this.#planned.get(this.#promises) ?? null
  }
}
