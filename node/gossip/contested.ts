import type { MemberIndex } from '../../aggregator/values/ids.ts'

export interface ContestedOptions {
  /** Clashes within this time count together, in milliseconds. */
  readonly windowMs: number
  /** So many of them, and over at least this time, are no restart any more. */
  readonly clashesMin: number
  readonly spanMsMin: number
}

/**
 * A process that restarts meets its own old connection once or twice, until its peers have noticed
 * that it is dead: at the latest after two pings, ten seconds. A key that runs twice goes on.
 */
const OPTIONS: ContestedOptions = { windowMs: 60_000, clashesMin: 4, spanMsMin: 12_000 }
/** Clashes remembered of one member: more say nothing new. */
const REMEMBERED_MAX = 32

/**
 * Notices identity keys that seem to run twice (protocol §9.3). Members keep one connection to a
 * member, so the second process of a key is kept out or takes the place of the first one: nobody
 * need hear a contradiction, and only these clashes show.
 */
export class Contested {
  readonly #options: ContestedOptions
  readonly #nowMs: () => number
  readonly #clashes = new Map<MemberIndex, number[]>()
  readonly #told = new Set<MemberIndex>()

  constructor(dependencies: { readonly nowMs: () => number }, options: ContestedOptions = OPTIONS) {
    this.#nowMs = dependencies.nowMs
    this.#options = options
  }

  /** Counts one clash; true when it makes a member contested that was not. */
  met(member: MemberIndex): boolean {
    const clashes = this.#recent(member)
    clashes.push(this.#nowMs())
    if (clashes.length > REMEMBERED_MAX) clashes.splice(1, 1)
    this.#clashes.set(member, clashes)
    if (!this.isContested(member)) {
      this.#told.delete(member)
      return false
    }
    const isNews = !this.#told.has(member)
    this.#told.add(member)
    return isNews
  }

  /** Whether a member's key seems to run twice now. */
  isContested(member: MemberIndex): boolean {
    const { clashesMin, spanMsMin } = this.#options
    const clashes = this.#recent(member)
    const spanMs = (clashes.at(-1) ?? 0) - (clashes[0] ?? 0)
    return clashes.length >= clashesMin && spanMs >= spanMsMin
  }

  #recent(member: MemberIndex): number[] {
    const sinceMs = this.#nowMs() - this.#options.windowMs
    return (this.#clashes.get(member) ?? []).filter((atMs) => atMs >= sinceMs)
  }
}
