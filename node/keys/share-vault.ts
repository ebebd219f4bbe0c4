import { keccak_256 } from '@noble/hashes/sha3.js'
import { invariant } from '../../aggregator/assert.ts'
import { signedMessageOf } from '../../aggregator/report/digests.ts'
import type {
  GroupKey,
  NonceCommitment,
  NonceSecret,
  SigningSession,
  SigningShare,
  ThresholdScheme,
} from '../../aggregator/signing/threshold.ts'
import { equalBytes } from '../../aggregator/values/bytes.ts'
import { listMembers, type Members, type Round } from '../../aggregator/values/ids.ts'

/** Why a share was refused. */
export type ShareRefusal =
  /** No nonce of this round and slot: never prepared, used, or erased. */
  | 'NONCE_GONE'
  /** A share over another report left in this round. */
  | 'REPORT_CONFLICT'
  /** The session signs something else than this report, slot and these sets (protocol §7). */
  | 'MESSAGE_FOREIGN'
  /** The session does not hold the commitment of our own nonce. */
  | 'COMMITMENT_FOREIGN'
  /** The scheme refused: a commitment of the session is no point. */
  | 'SESSION_INVALID'
  /** No durable promise stands for this report in this round. */
  | 'NOT_PROMISED'

export type ShareOutcome =
  | { readonly type: 'signed'; readonly share: Uint8Array }
  | { readonly type: 'refused'; readonly code: ShareRefusal }

/** A request for one share, as the core makes it. */
export interface ShareRequest {
  readonly round: Round
  readonly slot: number
  readonly reportDigest: Uint8Array
  readonly expectedNext: Members
  readonly session: SigningSession
}

export interface VaultOptions {
  readonly scheme: ThresholdScheme
  readonly groupKey: GroupKey
  readonly share: SigningShare
}

export interface VaultDependencies {
  /** The asked number of unpredictable bytes. */
  readonly random: (length: number) => Uint8Array
}

interface Nonce {
  readonly secret: NonceSecret
  readonly commitment: NonceCommitment
}

interface RoundNonces {
  reportDigest: Uint8Array | null
  readonly bySlot: Map<number, Nonce>
}

/** Signing slots of a round (protocol §5.1). */
export const SLOTS = 3
/** Rounds with nonces at once; beyond it the oldest is erased. */
export const ROUNDS_MAX = 64

/**
 * Holds the signing share and the nonce secrets, in memory only (protocol §10.2). It answers at
 * most once for each nonce pair and erases the pair before the answer leaves: three answers on one
 * pair would give the share away (protocol §2.4).
 */
export class ShareVault {
  readonly #options: VaultOptions
  readonly #random: VaultDependencies['random']
  readonly #unassigned = new Map<number, Nonce>()
  readonly #rounds = new Map<Round, RoundNonces>()
  #nextId = 0
  #erasedUpTo = -1

  constructor(options: VaultOptions, dependencies: VaultDependencies) {
    this.#options = options
    this.#random = dependencies.random
  }

  /** Makes one nonce pair; only its commitment leaves. */
  prepare(): { readonly id: number; readonly commitment: NonceCommitment } {
    const chance = this.#random(64)
    const { secret, commitment } = this.#options.scheme.commit(this.#options.share, chance)
    chance.fill(0)
    const id = this.#nextId++
    this.#unassigned.set(id, { secret, commitment })
    return { id, commitment }
  }

  /**
   * Gives prepared pairs to the slots of a round, once. A round whose nonces were erased is over:
   * what it is given is erased at once, so its commitments can be shown but never answered for.
   */
  assign(round: Round, ids: readonly number[]): void {
    invariant(!this.#rounds.has(round), 'a round is given nonces once')
    const bySlot = new Map<number, Nonce>()
    ids.forEach((id, slot) => {
      const nonce = this.#unassigned.get(id)
      invariant(nonce !== undefined, 'only prepared nonces are given to rounds')
      this.#unassigned.delete(id)
      bySlot.set(slot, nonce)
    })
    this.#rounds.set(round, { reportDigest: null, bySlot })
    if (round <= this.#erasedUpTo) this.erase(round)
    if (this.#rounds.size > ROUNDS_MAX) this.erase(Math.min(...this.#rounds.keys()))
  }

  /** Makes one share, or says why not. */
  sign(request: ShareRequest): ShareOutcome {
    const { round, slot, reportDigest, session } = request
    if (!equalBytes(session.message, messageOf(request))) return refused('MESSAGE_FOREIGN')
    const held = this.#rounds.get(round)
    const nonce = held?.bySlot.get(slot)
    if (held === undefined || nonce === undefined) return refused('NONCE_GONE')
    if (held.reportDigest !== null && !equalBytes(held.reportDigest, reportDigest)) {
      return refused('REPORT_CONFLICT')
    }
    if (!this.#isOwnCommitment(session, nonce)) return refused('COMMITMENT_FOREIGN')
    held.reportDigest = Uint8Array.from(reportDigest)
    held.bySlot.delete(slot)
    const { scheme, groupKey, share } = this.#options
    try {
      return { type: 'signed', share: scheme.sign(groupKey, share, nonce.secret, session) }
    } catch {
      // What the session holds comes from other members; the nonce is spent all the same.
      return refused('SESSION_INVALID')
    } finally {
      eraseNonce(nonce)
    }
  }

  /** Erases every nonce of rounds up to this one (protocol §6.9). */
  erase(upTo: Round): void {
    this.#erasedUpTo = Math.max(this.#erasedUpTo, upTo)
    for (const [round, { bySlot }] of this.#rounds) {
      if (round > this.#erasedUpTo) continue
      for (const nonce of bySlot.values()) eraseNonce(nonce)
      this.#rounds.delete(round)
    }
  }

  /** Erases the share and every nonce: nothing is signed any more. */
  close(): void {
    this.erase(Math.max(0, ...this.#rounds.keys()))
    for (const nonce of this.#unassigned.values()) eraseNonce(nonce)
    this.#unassigned.clear()
    this.#options.share.secret.fill(0)
  }

  #isOwnCommitment(session: SigningSession, nonce: Nonce): boolean {
    const position = listMembers(session.signingSet).indexOf(this.#options.share.index)
    const own = session.commitments[position]
    return (
      own !== undefined &&
      equalBytes(own.hiding, nonce.commitment.hiding) &&
      equalBytes(own.binding, nonce.commitment.binding)
    )
  }
}

/** What this request says it wants signed; the session must want the same (protocol §7). */
function messageOf({ session, ...fields }: ShareRequest): Uint8Array {
  return signedMessageOf((bytes) => keccak_256(bytes), {
    ...fields,
    signingSet: session.signingSet,
  })
}

function refused(code: ShareRefusal): ShareOutcome {
  return { type: 'refused', code }
}

function eraseNonce({ secret }: Nonce): void {
  secret.hiding.fill(0)
  secret.binding.fill(0)
}
