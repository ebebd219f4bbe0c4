import type { NonceCommitment } from '../../aggregator/messages/messages.ts'
import type { Round } from '../../aggregator/values/ids.ts'
import type { OracleError } from '../errors.ts'
import { SLOTS } from './share-vault.ts'

type Commitments = readonly [NonceCommitment, NonceCommitment, NonceCommitment]

interface Ready {
  readonly id: number
  readonly commitment: NonceCommitment
}

interface Waiting {
  readonly round: Round
  readonly assign: (ids: readonly number[]) => void
  readonly resolve: (commitments: Commitments) => void
  readonly reject: (error: OracleError) => void
}

/**
 * Commitments of nonce pairs whose secrets lie in the worker thread, so that a round's are at hand
 * at once and need no journey to a thread that may be computing.
 */
export class NoncePool {
  readonly #ready: Ready[] = []
  readonly #taken = new Map<Round, Promise<Commitments>>()
  #waiting: Waiting[] = []

  /** A pair was made. */
  add(ready: Ready): void {
    this.#ready.push({ id: ready.id, commitment: ready.commitment })
    this.#serve()
  }

  /** Takes the commitments of a round, once there are enough; `assign` gives it the secrets. */
  async take(round: Round, assign: (ids: readonly number[]) => void): Promise<Commitments> {
    const before = this.#taken.get(round)
    if (before !== undefined) return await before
    const { promise, resolve, reject } = Promise.withResolvers<Commitments>()
    this.#taken.set(round, promise)
    this.#waiting.push({ round, assign, resolve, reject })
    this.#serve()
    return await promise
  }

  /** Rounds up to this one need no commitments any more. */
  forget(upTo: Round): void {
    for (const round of this.#taken.keys()) if (round <= upTo) this.#taken.delete(round)
  }

  /** No pair will ever come again. */
  fail(error: OracleError): void {
    for (const { reject } of this.#waiting) reject(error)
    this.#waiting = []
    this.#taken.clear()
    this.#ready.length = 0
  }

  #serve(): void {
    while (this.#waiting.length > 0) {
      const [first, second, third] = this.#ready
      if (first === undefined || second === undefined || third === undefined) return
      this.#ready.splice(0, SLOTS)
      const next = this.#waiting.shift()
      if (next === undefined) return
      next.assign([first.id, second.id, third.id])
      next.resolve([first.commitment, second.commitment, third.commitment])
    }
  }
}
