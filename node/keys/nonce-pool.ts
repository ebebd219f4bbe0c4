import type { NonceCommitment } from '../../aggregator/signing/threshold.ts'
import type { Round } from '../../aggregator/values/ids.ts'
import { ROUNDS_MAX, type ShareVault, SLOTS } from './share-vault.ts'

type Commitments = readonly [NonceCommitment, NonceCommitment, NonceCommitment]
type Ready = ReturnType<ShareVault['prepare']>

/** Pairs kept ready: those of two rounds. */
const SPARE = 2 * SLOTS

/**
 * Nonce pairs made ahead, while no round waits for them, so that one that opens finds its
 * commitments at hand.
 */
export class NoncePool {
  readonly #vault: ShareVault
  readonly #ready: Ready[] = []
  readonly #taken = new Map<Round, Commitments>()

  constructor(vault: ShareVault) {
    this.#vault = vault
  }

  /**
   * The commitments of a round, the same ones when asked again; what is missing is made now. Those
   * of the newest rounds are remembered, as many as the vault has nonces of: others are for show
   * anyway, since the vault erased what would answer for them.
   */
  take(round: Round): Commitments {
    const before = this.#taken.get(round)
    if (before !== undefined) return before
    const [first, second, third] = [this.#next(), this.#next(), this.#next()]
    this.#vault.assign(round, [first.id, second.id, third.id])
    const made = [first.commitment, second.commitment, third.commitment] as const
    this.#taken.set(round, made)
    if (this.#taken.size > ROUNDS_MAX) this.#taken.delete(Math.min(...this.#taken.keys()))
    return made
  }

  /** Rounds up to this one need no commitments any more. */
  forget(upTo: Round): void {
    for (const round of this.#taken.keys()) if (round <= upTo) this.#taken.delete(round)
  }

  /** Makes what was taken anew. */
  refill(): void {
    while (this.#ready.length < SPARE) this.#ready.push(this.#vault.prepare())
  }

  #next(): Ready {
    return this.#ready.shift() ?? this.#vault.prepare()
  }
}
