import type { Digest, SignatureShare } from '../../aggregator/messages/messages.ts'
import { equalBytes } from '../../aggregator/values/bytes.ts'
import type { Round } from '../../aggregator/values/ids.ts'

interface Made {
  readonly share: Uint8Array
  /** Digest of the one message that carries it; null before one was signed. */
  message: Digest | null
}

/**
 * The shares that a signer made in the newest round that has any, and the message of each. A share
 * leaves in one message only: two of one slot convict their sender (protocol §9.1).
 */
export class SharesMade {
  #round: Round = 0
  readonly #bySlot = new Map<number, Made>()

  add(made: Pick<SignatureShare, 'round' | 'slot' | 'share'>): void {
    const { round, slot, share } = made
    if (round !== this.#round) this.#bySlot.clear()
    this.#round = round
    this.#bySlot.set(slot, { share, message: null })
  }

  /** Whether this message carries a share made here and is the first one that does; binds it. */
  bind({ round, slot, share }: SignatureShare, digest: Digest): boolean {
    const made = round === this.#round ? this.#bySlot.get(slot) : undefined
    if (made === undefined || !equalBytes(made.share, share)) return false
    made.message ??= digest
    return equalBytes(made.message, digest)
  }
}
