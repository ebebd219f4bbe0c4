import { keccak_256 } from '@noble/hashes/sha3.js'
import { type Handover, handoverMessageOf } from '../../aggregator/handover/handover.ts'
import type {
  NonceCommitment,
  NonceSecret,
  SigningSession,
} from '../../aggregator/signing/threshold.ts'
import { equalBytes } from '../../aggregator/values/bytes.ts'
import { listMembers } from '../../aggregator/values/ids.ts'
import type { VaultDependencies, VaultOptions } from './share-vault.ts'

/** Why a share of a hand-over was refused. */
export type HandoverRefusal =
  /** No nonce of this attempt: never made, used, or erased. */
  | 'NONCE_GONE'
  /** The session signs something else than this hand-over. */
  | 'MESSAGE_FOREIGN'
  /** The session does not hold the commitment of our own nonce. */
  | 'COMMITMENT_FOREIGN'
  /** The scheme refused: a commitment of the session is no point. */
  | 'SESSION_INVALID'
  /** No durable lock stands for this hand-over. */
  | 'NOT_LOCKED'

export type HandoverOutcome =
  | { readonly type: 'signed'; readonly share: Uint8Array }
  | { readonly type: 'refused'; readonly code: HandoverRefusal }

/** A request for one share of a hand-over, as the core makes it. */
export interface HandoverRequest {
  readonly attempt: number
  readonly handover: Handover
  readonly session: SigningSession
}

interface Nonce {
  readonly attempt: number
  readonly secret: NonceSecret
  readonly commitment: NonceCommitment
}

/**
 * The nonces of hand-overs, apart from those of reports (protocol §11.2): one pair at a time, in
 * memory only, erased before its answer leaves.
 */
export class HandoverVault {
  readonly #options: VaultOptions
  readonly #random: VaultDependencies['random']
  #nonce: Nonce | null = null

  constructor(options: VaultOptions, dependencies: VaultDependencies) {
    this.#options = options
    this.#random = dependencies.random
  }

  /** Makes the pair of an attempt; only its commitment leaves. The one before is erased. */
  commit(attempt: number): NonceCommitment {
    this.erase()
    const chance = this.#random(64)
    const { secret, commitment } = this.#options.scheme.commit(this.#options.share, chance)
    chance.fill(0)
    this.#nonce = { attempt, secret, commitment }
    return commitment
  }

  /** Makes one share, or says why not. */
  sign({ attempt, handover, session }: HandoverRequest): HandoverOutcome {
    const message = handoverMessageOf((bytes) => keccak_256(bytes), handover)
    if (!equalBytes(session.message, message)) return refused('MESSAGE_FOREIGN')
    const nonce = this.#nonce
    if (nonce?.attempt !== attempt) return refused('NONCE_GONE')
    const { scheme, groupKey, share } = this.#options
    const own = session.commitments[listMembers(session.signingSet).indexOf(share.index)]
    if (own === undefined || !isSame(own, nonce.commitment)) return refused('COMMITMENT_FOREIGN')
    this.#nonce = null
    try {
      return { type: 'signed', share: scheme.sign(groupKey, share, nonce.secret, session) }
    } catch {
      // What the session holds comes from other members; the nonce is spent all the same.
      return refused('SESSION_INVALID')
    } finally {
      erase(nonce)
    }
  }

  /** Erases the pair that waits for its answer, if there is one. */
  erase(): void {
    if (this.#nonce !== null) erase(this.#nonce)
    this.#nonce = null
  }
}

function isSame(a: NonceCommitment, b: NonceCommitment): boolean {
  return equalBytes(a.hiding, b.hiding) && equalBytes(a.binding, b.binding)
}

function erase({ secret }: Nonce): void {
  secret.hiding.fill(0)
  secret.binding.fill(0)
}

function refused(code: HandoverRefusal): HandoverOutcome {
  return { type: 'refused', code }
}
