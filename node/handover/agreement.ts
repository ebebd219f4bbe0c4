import type { Context } from '../../aggregator/context.ts'
import { judgeStatement, type StatementsTaken } from '../../aggregator/handover/admission.ts'
import {
  encodeSignedHandover,
  type Handover,
  handoverMessageOf,
  openSignedHandover,
  SIGNED_HANDOVER_TAG,
  type SignedHandover,
} from '../../aggregator/handover/handover.ts'
import {
  type HandoverEffect,
  type HandoverEvent,
  type HandoverLock,
  type HandoverState,
  initialHandover,
} from '../../aggregator/handover/machine.ts'
import { type Statement, statementTypeOf } from '../../aggregator/handover/statements.ts'
import { approversOf, stepHandover } from '../../aggregator/handover/step.ts'
import { toHex } from '../../aggregator/values/bytes.ts'
import type { MemberIndex } from '../../aggregator/values/ids.ts'
import type { Clock } from '../clock.ts'
import type { Judgement } from '../gossip/gossip.ts'
import type { Startable } from '../lifecycle.ts'
import type { Log } from '../logging.ts'
import type { HandoverSignerPort } from '../ports.ts'
import { approvalReader } from './approval.ts'
import { encodeHandoverRequest } from './exchange.ts'
import { readSigned, signedPath, writeSigned } from './files.ts'

/** What the agreement needs of the committee's network. */
export interface HandoverNetwork {
  readonly publish: (bytes: Uint8Array) => Promise<unknown>
  readonly request: (to: MemberIndex, request: Uint8Array) => Promise<Uint8Array>
  /** Members that can be asked. */
  readonly connected: () => readonly MemberIndex[]
}

export interface AgreementOptions {
  readonly context: Context
  readonly self: MemberIndex
  readonly dataDirectory: string
}

export interface AgreementDependencies {
  readonly signer: HandoverSignerPort
  readonly network: HandoverNetwork
  readonly clock: Pick<Clock, 'nowMs'>
  readonly log: Log
  /** The committee has handed over: its term ends. */
  readonly onSigned: (handover: Handover) => void
  /** Going on would be unsafe: the process must stop. */
  readonly onFault: (error: unknown) => void
}

const TICK_MS = 100
/** How often the disk is asked for the operator's will. */
const APPROVAL_EVERY_MS = 1_000
/** How often a member without an approval asks whether the others have signed. */
const ASK_IDLE_EVERY_MS = 30_000

/**
 * Runs the agreement on the hand-over by this committee (protocol §11.2): performs the effects of
 * its machine in order. What the operator approved stands on disk; nothing else is ever offered.
 */
export class Agreement implements Startable {
  readonly name = 'hand-over'
  readonly #options: AgreementOptions
  readonly #use: AgreementDependencies
  readonly #state: HandoverState
  readonly #taken: StatementsTaken = new Map()
  readonly #readApproval: ReturnType<typeof approvalReader>
  #performing: Promise<void> = Promise.resolve()
  #ticking: NodeJS.Timeout | undefined
  #approved = ''
  #lookedMs = 0
  #asked = 0
  #askedMs = 0

  constructor(options: AgreementOptions, dependencies: AgreementDependencies) {
    this.#options = options
    this.#use = dependencies
    this.#readApproval = approvalReader(options.dataDirectory, dependencies.log)
    this.#state = initialHandover(options.self, options.context.committee.size)
  }

  /** State of the machine, for reading. */
  get state(): HandoverState {
    return this.#state
  }

  /** @throws {OracleError} `HANDOVER_FILE_DAMAGED`, `FILE_UNREADABLE` */
  async start(): Promise<void> {
    if (this.#ticking !== undefined) return
    const { context, dataDirectory } = this.#options
    const bytes = await readSigned(signedPath(dataDirectory))
    const signed =
      bytes === null ? null : openSignedHandover(context.crypto, context.committee, bytes)
    if (signed !== null) this.#use.onSigned(signed.handover)
    this.#report({ type: 'started', nowMs: this.#nowMs(), locks: this.#use.signer.locks(), signed })
    this.#ticking = setInterval(() => this.#tick(), TICK_MS)
  }

  async stop(): Promise<void> {
    clearInterval(this.#ticking)
    this.#ticking = undefined
    await this.#performing.catch(() => undefined)
  }

  /** Whether a gossip message is for the agreement, by its first byte. */
  takes(bytes: Uint8Array): boolean {
    return statementTypeOf(bytes) !== null || bytes[0] === SIGNED_HANDOVER_TAG
  }

  /** Judges one gossip message of the agreement. */
  onMessage(bytes: Uint8Array): Judgement {
    const { context } = this.#options
    if (bytes[0] === SIGNED_HANDOVER_TAG) return this.#takeSigned(bytes)
    // Once it is signed nobody needs a statement, and none is worth a signature check.
    if (this.#state.signed !== null) return { verdict: 'ignore', code: 'HANDOVER_OVER' }
    const nowMs = this.#nowMs()
    const verdict = judgeStatement(context, this.#taken, { bytes, nowMs })
    if ('signed' in verdict) this.#report({ type: 'received', nowMs, signed: verdict.signed })
    if (verdict.verdict !== 'accept') return { verdict: verdict.verdict, code: verdict.code }
    return { verdict: 'accept', code: 'ACCEPTED' }
  }

  /** Wire form of what the committee signed, for members that ask; null before. */
  get signedBytes(): Uint8Array | null {
    const { signed } = this.#state
    return signed === null ? null : encodeSignedHandover(this.#options.context.committee, signed)
  }

  /** Who offers to sign what is approved here. */
  get approvers(): readonly MemberIndex[] {
    return approversOf(this.#state)
  }

  #takeSigned(bytes: Uint8Array): Judgement {
    const { context } = this.#options
    if (this.#state.signed !== null) return { verdict: 'ignore', code: 'HANDOVER_OVER' }
    const signed = openSignedHandover(context.crypto, context.committee, bytes)
    if (signed === null) return { verdict: 'reject', code: 'HANDOVER_INVALID' }
    this.#report({ type: 'signedReceived', nowMs: this.#nowMs(), signed })
    return { verdict: 'accept', code: 'ACCEPTED' }
  }

  #tick(): void {
    const nowMs = this.#nowMs()
    this.#report({ type: 'ticked', nowMs })
    if (Math.abs(nowMs - this.#lookedMs) < APPROVAL_EVERY_MS) return
    this.#lookedMs = nowMs
    void this.#lookForApproval()
    this.#ask(nowMs)
  }

  async #lookForApproval(): Promise<void> {
    const handover = await this.#readApproval()
    if (handover === 'unreadable') return
    const { keccak256 } = this.#options.context.crypto
    const approved = handover === null ? '' : toHex(handoverMessageOf(keccak256, handover))
    if (approved === this.#approved || this.#ticking === undefined) return
    this.#approved = approved
    this.#use.log.info('handover.approved', { message: approved })
    this.#report({ type: 'approved', nowMs: this.#nowMs(), handover })
  }

  /**
   * A member that was away when the hand-over was published asks for it, one member at a time;
   * slowly while its operator approved none, since others may have signed without it.
   */
  #ask(nowMs: number): void {
    const everyMs = this.#state.approved === null ? ASK_IDLE_EVERY_MS : APPROVAL_EVERY_MS
    if (this.#state.signed !== null || Math.abs(nowMs - this.#askedMs) < everyMs) return
    const { context } = this.#options
    const connected = this.#use.network.connected()
    const to = connected[this.#asked++ % Math.max(1, connected.length)]
    if (to === undefined) return
    this.#askedMs = nowMs
    this.#use.network.request(to, encodeHandoverRequest(context.committee.digest)).then(
      (answer) => {
        if (answer.length > 0 && this.#ticking !== undefined) this.#takeSigned(answer)
      },
      // Not connected, busy or too slow: another one is asked in a second.
      () => undefined,
    )
  }

  #nowMs(): number {
    return this.#use.clock.nowMs()
  }

  #report(event: HandoverEvent): void {
    const effects = stepHandover(this.#options.context, this.#state, event)
    if (effects.length === 0) return
    this.#performing = this.#performing.then(async () => {
      for (const effect of effects) await this.#perform(effect)
    })
    // A lock that did not reach the disk ends the process; nothing after it is revealed.
    this.#performing.catch((error: unknown) => this.#use.onFault(error))
  }

  async #perform(effect: HandoverEffect): Promise<void> {
    const { signer, log, network, onSigned } = this.#use
    const { context } = this.#options
    switch (effect.type) {
      case 'commit': {
        const { attempt } = effect
        const commitment = await signer.commit(attempt)
        // A signer that is away offers nothing in this window.
        if (commitment === null) return
        this.#report({ type: 'committed', nowMs: this.#nowMs(), attempt, commitment })
        return
      }
      case 'broadcast':
        await this.#broadcast(effect.statement)
        return
      case 'lock':
        await this.#lock(effect.lock)
        return
      case 'signShare':
        await this.#signShare(effect)
        return
      case 'combine':
        this.#combine(effect)
        return
      case 'keepSigned':
        await this.#keep(effect.signed)
        onSigned(effect.signed.handover)
        return
      case 'publishSigned':
        await network.publish(encodeSignedHandover(context.committee, effect.signed))
        return
      case 'refuse':
        log.error('handover.refused', {
          code: 'HANDOVER_LOCKED',
          epoch: effect.epoch,
          locked: toHex(effect.locked),
        })
        return
      case 'lapse': {
        const { epoch, activeFromMs } = effect.handover
        log.warn('handover.lapsed', { epoch, activeFromMs })
      }
    }
  }

  /** What the signer refuses to lock it does not sign either, and it is not offered again. */
  async #lock(lock: HandoverLock): Promise<void> {
    const { signer, log } = this.#use
    const { epoch } = lock
    const message = toHex(lock.message)
    const outcome = await signer.lock(lock)
    if (outcome === 'locked') {
      log.info('handover.locked', { epoch, message })
      return
    }
    this.#report({ type: 'unlocked', nowMs: this.#nowMs(), epoch })
    // What was approved meanwhile was refused for a lock that is none: it is told again.
    if (this.#approved !== message) this.#approved = ''
    if (outcome === 'away') return
    log.error('handover.refused', { code: 'HANDOVER_LOCKED', epoch, refused: message })
    this.#report({ type: 'approved', nowMs: this.#nowMs(), handover: null })
  }

  async #broadcast(statement: Statement): Promise<void> {
    const signed = await this.#use.signer.signStatement(statement)
    if (signed === null) return
    this.#report({ type: 'received', nowMs: this.#nowMs(), signed })
    await this.#use.network.publish(signed.bytes)
  }

  async #signShare(effect: Extract<HandoverEffect, { type: 'signShare' }>): Promise<void> {
    const { attempt } = effect
    const share = await this.#use.signer.signShare(effect)
    this.#report({ type: 'shareMade', nowMs: this.#nowMs(), attempt, share })
  }

  #combine({ attempt, session, shares }: Extract<HandoverEffect, { type: 'combine' }>): void {
    const { crypto, committee } = this.#options.context
    const outcome = crypto.threshold.combine(committee.groupKey, session, shares)
    const answer =
      outcome.type === 'combined'
        ? { signature: outcome.signature, culprits: 0 }
        : { signature: null, culprits: outcome.culprits }
    this.#report({ type: 'combined', nowMs: this.#nowMs(), attempt, ...answer })
  }

  async #keep(signed: SignedHandover): Promise<void> {
    const { context, dataDirectory } = this.#options
    await writeSigned(signedPath(dataDirectory), encodeSignedHandover(context.committee, signed))
    const { epoch, activeFromMs, committeeDigest } = signed.handover
    const next = toHex(committeeDigest)
    this.#use.log.info('handover.signed', { epoch, activeFromMs, next })
  }
}
