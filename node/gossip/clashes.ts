import type { MemberIndex } from '../../aggregator/values/ids.ts'
import { Contested } from './contested.ts'

export interface ClashesDependencies {
  /** Two connections under one member's key met. */
  readonly onClash?: (member: MemberIndex) => void
  readonly onPeer?: (change: { readonly member: MemberIndex; readonly change: 'contested' }) => void
  readonly nowMs: () => number
}

/** A connection that ends sooner was not wanted at the other end. */
const BRIEF_MS = 2_000

/** Tells clashes of other members' keys from those of our own (protocol §9.3). */
export class Clashes {
  readonly #options: { readonly own: MemberIndex; readonly size: number }
  readonly #dependencies: ClashesDependencies
  readonly #others: Contested
  /** By the member that ends our connections. */
  readonly #endings: Contested
  #isOwnTold = false

  constructor(
    options: { readonly own: MemberIndex; readonly size: number },
    dependencies: ClashesDependencies,
  ) {
    this.#options = options
    this.#dependencies = dependencies
    this.#others = new Contested(dependencies)
    this.#endings = new Contested(dependencies)
  }

  /** A member that is connected connected again. */
  second(member: MemberIndex): void {
    this.#dependencies.onClash?.(member)
    if (this.#others.met(member)) this.#dependencies.onPeer?.({ member, change: 'contested' })
  }

  /** A connection ended. When many members end ours at once, they have another of our key. */
  closed(member: MemberIndex, livedMs: number): void {
    if (livedMs > BRIEF_MS) return
    this.#endings.met(member)
    const { own } = this.#options
    const isContested = this.isContested(own)
    if (isContested && !this.#isOwnTold) {
      this.#dependencies.onPeer?.({ member: own, change: 'contested' })
    }
    this.#isOwnTold = isContested
  }

  /** Whether a member's key seems to run twice now. */
  isContested(member: MemberIndex): boolean {
    const { own, size } = this.#options
    if (member !== own) return this.#others.isContested(member)
    const members = Array.from({ length: size }, (_, index) => index)
    const ending = members.filter((index) => index !== own && this.#endings.isContested(index))
    // More than the faulty ones, who may end connections as they like.
    return ending.length > (size - 1) / 3
  }
}
