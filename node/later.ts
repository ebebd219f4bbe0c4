import type { Startable } from './lifecycle.ts'

/** Does work now or soon, in its order. */
export type Doing = (work: () => void) => void

/** For whoever has nothing to wait for. */
export const doAtOnce: Doing = (work) => work()

export interface LaterDependencies {
  /** How long work that comes now may wait, in ms (`aggregator/committee/passing-on.ts`). */
  readonly heldForMs: () => number
}

/**
 * Work that no certificate waits for. What comes while a round is in a hurry waits for the moment
 * when it is not any more, and is done then in its order, in one turn of the event loop; at other
 * times everything is done at once. So nothing waits for longer than a part of a round.
 */
export class Later implements Startable {
  readonly name = 'later'
  readonly #dependencies: LaterDependencies
  #waiting: (() => void)[] = []
  #timer: NodeJS.Timeout | undefined

  constructor(dependencies: LaterDependencies) {
    this.#dependencies = dependencies
  }

  /** Does it now or later; what it throws is thrown where it is done. */
  readonly do: Doing = (work) => {
    const waitMs = this.#dependencies.heldForMs()
    if (waitMs <= 0 && this.#waiting.length === 0) {
      work()
      return
    }
    this.#waiting.push(work)
    this.#timer ??= setTimeout(() => this.flush(), Math.max(0, waitMs))
  }

  start(): Promise<void> {
    return Promise.resolve()
  }

  stop(): Promise<void> {
    this.flush()
    return Promise.resolve()
  }

  /** Does all that waits. */
  flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const waiting = this.#waiting
    this.#waiting = []
    for (const work of waiting) work()
  }
}
