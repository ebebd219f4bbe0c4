import { invariant } from '../../aggregator/assert.ts'
import type { Context } from '../../aggregator/context.ts'
import { type Handover, handoverMessageOf, hasLapsed } from '../../aggregator/handover/handover.ts'
import type { HandoverLock } from '../../aggregator/handover/machine.ts'
import { readStatement } from '../../aggregator/handover/statements.ts'
import { readClaim } from '../../aggregator/promises/promise.ts'
import { ascii, equalBytes } from '../../aggregator/values/bytes.ts'
import type { MemberIndex, Round } from '../../aggregator/values/ids.ts'
import type { UnixMs } from '../../aggregator/values/time.ts'
import { codeOf } from '../errors.ts'
import type { Signer } from '../keys/signer.ts'
import type { SignerAnswer, SignerRequest, SignerStatus } from './wire.ts'

export interface ServiceOptions {
  readonly context: Context
  /** The member whose keys these are. */
  readonly self: MemberIndex
  /** The signer's own barrier, set once at its own start (protocol §10.3). */
  readonly barrier: Round
}

export interface ServiceDependencies {
  readonly signer: Signer
  /**
   * The rounds that are open by the clocks of the machine: the one that never goes back, by which
   * a node goes on after a step back, and the wall clock, by which one is started after it.
   */
  readonly openRounds: () => readonly Round[]
  /** Signs with the identity key what proves who this member is to its peers. */
  readonly signHandshake: (data: Uint8Array) => Uint8Array
  /** What the operator approved to the signer itself, whatever the node says (protocol §11.2). */
  readonly approved: () => Promise<Handover | null>
  /** Unix time in milliseconds: approvals lapse. */
  readonly nowMs: () => UnixMs
  readonly onRefused: (refusal: { readonly code: string; readonly request: string }) => void
}

/** Refusals of a healthy signer; anything else ends its process. */
const REFUSALS = [
  'PROMISE_ROUND_PAST',
  'PROMISE_CONFLICT',
  'PROMISES_CROWDED',
  'MESSAGE_NOT_PROMISED',
  'MESSAGE_NOT_OWN',
  'HANDOVER_LOCKED',
  'HANDOVER_LOCKS_FULL',
]
/** Rounds around the open one that a node works on (protocol §4.2), and one for its clock. */
const ROUNDS_BACK = 17
const ROUNDS_AHEAD = 2
/** What libp2p signs with an identity key begins so; nothing of the protocol does. */
const NOISE = ascii('noise-libp2p-static-key:')
const NOISE_BYTES = NOISE.length + 32
const PEER_RECORD = Uint8Array.of(18, ...ascii('libp2p-peer-record'))

/**
 * Answers what a node asks of a signer in a process of its own (protocol §2.4). It trusts nothing
 * that the node says: in rounds up to its own barrier it promises and signs nothing, and what it
 * signs for the network layer can never be a message of the protocol.
 */
export class SignerService {
  readonly #options: ServiceOptions
  readonly #dependencies: ServiceDependencies
  readonly #refused = new Map<string, number>()

  constructor(options: ServiceOptions, dependencies: ServiceDependencies) {
    this.#options = options
    this.#dependencies = dependencies
  }

  status(): SignerStatus {
    const { watermark, handoverLocks } = this.#dependencies.signer
    const { barrier } = this.#options
    const refused = Object.fromEntries(this.#refused)
    return { watermark, barrier, refused, locks: [...handoverLocks] }
  }

  /** @throws {OracleError} when the signer itself is broken: its process must end */
  async answer(request: SignerRequest): Promise<SignerAnswer> {
    try {
      const answer = await this.#answer(request)
      if (answer.type === 'refused') this.#count(answer.code, request)
      return answer
    } catch (error) {
      const code = codeOf(error)
      if (!REFUSALS.includes(code)) throw error
      this.#count(code, request)
      return { type: 'refused', code }
    }
  }

  async #answer(request: SignerRequest): Promise<SignerAnswer> {
    const { signer, signHandshake } = this.#dependencies
    const obstacle = this.#obstacleOf(request)
    if (obstacle !== null) return { type: 'refused', code: obstacle }
    switch (request.type) {
      case 'hello':
        return this.#hello()
      case 'status':
        return { type: 'status', status: this.status() }
      case 'persist':
        await signer.persist(request.promise)
        return { type: 'done' }
      case 'signMessage':
        return { type: 'signature', bytes: signer.signMessage(request.body) }
      case 'signHandshake':
        if (!isHandshake(request.data)) return { type: 'refused', code: 'HANDSHAKE_UNKNOWN' }
        return { type: 'signature', bytes: signHandshake(request.data) }
      case 'commitments':
        return { type: 'commitments', pairs: [...signer.prepareNonces(request.round)] }
      case 'signShare': {
        const outcome = signer.signShare(request.share)
        if (outcome.type === 'refused') return { type: 'refused', code: outcome.code }
        return { type: 'signature', bytes: outcome.share }
      }
      case 'eraseNonces':
        signer.eraseNonces(request.upTo)
        return { type: 'done' }
      case 'commitHandover':
        return { type: 'commitment', pair: signer.commitHandover(request.attempt) }
      case 'lockHandover':
        return await this.#lockHandover(request.lock)
      case 'signHandover': {
        const outcome = signer.signHandover(request.share)
        if (outcome.type === 'refused') return { type: 'refused', code: outcome.code }
        return { type: 'signature', bytes: outcome.share }
      }
      case 'signStatement':
        return this.#signStatement(request.statement)
    }
  }

  #hello(): SignerAnswer {
    const { context, self } = this.#options
    const { digest: committeeDigest, params } = context.committee
    const identityKey = params.members[self]?.identityKey
    invariant(identityKey !== undefined, 'the identity key was found among the members')
    return { type: 'hello', committeeDigest, identityKey, status: this.status() }
  }

  /** A node that is broken into must not hand the committee over: the operator's will is here. */
  async #lockHandover(lock: HandoverLock): Promise<SignerAnswer> {
    const approved = await this.#approved()
    const { keccak256 } = this.#options.context.crypto
    const isApproved =
      approved !== null && equalBytes(handoverMessageOf(keccak256, approved), lock.message)
    if (!isApproved) return { type: 'refused', code: 'HANDOVER_NOT_APPROVED' }
    await this.#dependencies.signer.lockHandover({ ...lock, epoch: approved.epoch })
    return { type: 'done' }
  }

  /** What cannot be read, or has lapsed, approves nothing; no price is kept from being signed. */
  async #approved(): Promise<Handover | null> {
    try {
      const approved = await this.#dependencies.approved()
      return approved === null || hasLapsed(approved, this.#dependencies.nowMs()) ? null : approved
    } catch (error) {
      this.#dependencies.onRefused({ code: codeOf(error), request: 'lockHandover' })
      return null
    }
  }

  /** Only what is a statement of this member in a hand-over: its bytes can be nothing else. */
  #signStatement(unsigned: Uint8Array): SignerAnswer {
    const { context, self } = this.#options
    const statement = readStatement(context, unsigned)
    if (statement?.sender !== self) return { type: 'refused', code: 'STATEMENT_INVALID' }
    const { bytes } = this.#dependencies.signer.signStatement(statement)
    return { type: 'signature', bytes: bytes.subarray(unsigned.length) }
  }

  /**
   * Why nothing is done for a round: it is one of the silent ones, or so far away that no node
   * works on it. A promise for the year 3000 would silence this key until then.
   */
  #obstacleOf(request: SignerRequest): 'SIGNER_BARRIER' | 'ROUND_FAR' | null {
    const round = roundOf(this.#options.context, request)
    if (round === null) return null
    const isNear = (open: Round) => round >= open - ROUNDS_BACK && round <= open + ROUNDS_AHEAD
    if (!this.#dependencies.openRounds().some(isNear)) return 'ROUND_FAR'
    const isRevealing = request.type !== 'commitments'
    return isRevealing && round <= this.#options.barrier ? 'SIGNER_BARRIER' : null
  }

  #count(code: string, request: SignerRequest): void {
    this.#refused.set(code, (this.#refused.get(code) ?? 0) + 1)
    this.#dependencies.onRefused({ code, request: request.type })
  }
}

/** The round that a request is about; null for those that are about none. */
function roundOf({ committee }: Context, request: SignerRequest): Round | null {
  switch (request.type) {
    case 'persist':
      return request.promise.round
    case 'signMessage':
      return readClaim(committee, request.body)?.round ?? null
    case 'commitments':
      return request.round
    case 'signShare':
      return request.share.round
    case 'hello':
    case 'status':
    case 'signHandshake':
    case 'eraseNonces':
    case 'commitHandover':
    case 'lockHandover':
    case 'signHandover':
    case 'signStatement':
      return null
  }
}

/** Whether this is what libp2p signs: a static key of Noise, or the record of a peer. */
function isHandshake(data: Uint8Array): boolean {
  if (data.length === NOISE_BYTES && equalBytes(data.subarray(0, NOISE.length), NOISE)) return true
  return equalBytes(data.subarray(0, PEER_RECORD.length), PEER_RECORD)
}
