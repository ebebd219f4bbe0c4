import type { UnixMs } from '../../aggregator/values/time.ts'

/** When a committee is in office, as this node knows it; null is not known. */
export interface TermKnown {
  readonly fromMs: UnixMs | null
  readonly untilMs: UnixMs | null
}

export interface TermOptions {
  /** A committee that follows another begins when that one hands over; the first is in office. */
  readonly begins: 'first' | 'byHandover'
}

/**
 * Gathers what hand-overs and contracts say about the committee's term. What was said first stands:
 * neither end ever moves.
 */
export class TermKeeper {
  #known: TermKnown
  readonly #listeners: ((term: TermKnown) => void)[] = []

  constructor({ begins }: TermOptions) {
    this.#known = { fromMs: begins === 'first' ? 0 : null, untilMs: null }
  }

  get known(): TermKnown {
    return this.#known
  }

  /** Whether it says more than that the committee is the first and in office. */
  get isSpecial(): boolean {
    return this.#known.fromMs !== 0 || this.#known.untilMs !== null
  }

  /** Calls this at every change from now on. */
  tell(onChange: (term: TermKnown) => void): void {
    this.#listeners.push(onChange)
  }

  beginsAt(fromMs: UnixMs): void {
    if (this.#known.fromMs === null) this.#change({ ...this.#known, fromMs })
  }

  endsAt(untilMs: UnixMs): void {
    if (this.#known.untilMs === null) this.#change({ ...this.#known, untilMs })
  }

  #change(known: TermKnown): void {
    this.#known = known
    for (const tell of this.#listeners) tell(known)
  }
}
