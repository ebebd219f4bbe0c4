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
 * Gathers what is known about the committee's term. A signed hand-over alone ends it: what a
 * contract says of a successor counts for that contract (protocol §11.2).
 */
export class TermKeeper {
  #known: TermKnown
  /** Whether the beginning is that of a signed hand-over. */
  #isSigned = false
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

  /** By the signed hand-over to this committee: stands, whatever contracts say. */
  beginsByHandover(fromMs: UnixMs): void {
    this.#isSigned = true
    if (fromMs !== this.#known.fromMs) this.#change({ ...this.#known, fromMs })
  }

  /**
   * By a contract that has or had this committee in office, as where its owner named it. The
   * earliest counts: a contract that is wrong, or lies, keeps this committee from no other one.
   */
  beginsByContract(fromMs: UnixMs): void {
    const before = this.#known.fromMs
    if (this.#isSigned || (before !== null && before <= fromMs)) return
    this.#change({ ...this.#known, fromMs })
  }

  /** By the one hand-over that this committee signed; never moves. */
  endsAt(untilMs: UnixMs): void {
    if (this.#known.untilMs === null) this.#change({ ...this.#known, untilMs })
  }

  #change(known: TermKnown): void {
    this.#known = known
    for (const tell of this.#listeners) tell(known)
  }
}
