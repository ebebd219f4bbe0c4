import type { MemberIndex } from '../../aggregator/values/ids.ts'

/** How long messages took from member to member. */
export interface LinkDelays {
  /** By sender, then receiver; null where nothing arrived, and from a member to itself. */
  readonly links: readonly (readonly (LinkDelay | null)[])[]
  /** Messages of each sender that links carried, or should have. */
  readonly sent: readonly number[]
}

export interface LinkDelay {
  readonly count: number
  readonly meanMs: number
  readonly maxMs: number
}

/** Measures delays between members in memory that does not grow. */
export class LinkMeter {
  readonly #members: number
  readonly #sent: Uint32Array
  readonly #count: Uint32Array
  readonly #sumUs: Float64Array
  readonly #maxUs: Float64Array

  constructor(members: number) {
    this.#members = members
    this.#sent = new Uint32Array(members)
    this.#count = new Uint32Array(members * members)
    this.#sumUs = new Float64Array(members * members)
    this.#maxUs = new Float64Array(members * members)
  }

  sent(from: MemberIndex): void {
    this.#sent[from] = (this.#sent[from] as number) + 1
  }

  arrived(from: MemberIndex, to: MemberIndex, us: number): void {
    const at = from * this.#members + to
    this.#count[at] = (this.#count[at] as number) + 1
    this.#sumUs[at] = (this.#sumUs[at] as number) + us
    this.#maxUs[at] = Math.max(this.#maxUs[at] as number, us)
  }

  delays(): LinkDelays {
    const links = Array.from({ length: this.#members }, (_, from) =>
      Array.from({ length: this.#members }, (_, to) => this.#delay(from, to)),
    )
    return { links, sent: [...this.#sent] }
  }

  #delay(from: MemberIndex, to: MemberIndex): LinkDelay | null {
    const at = from * this.#members + to
    const count = this.#count[at] as number
    if (count === 0 || from === to) return null
    const meanMs = (this.#sumUs[at] as number) / count / 1_000
    return { count, meanMs, maxMs: (this.#maxUs[at] as number) / 1_000 }
  }
}
