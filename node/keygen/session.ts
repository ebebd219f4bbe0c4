import type { KeygenContext, KeygenTiming } from '../../aggregator/keygen/context.ts'
import {
  EVIDENCE_TAG,
  type Evidence,
  encodeEvidence,
  openEvidence,
} from '../../aggregator/keygen/evidence.ts'
import {
  decodeHandover,
  decodeInventory,
  encodeHandover,
  type Inventory,
} from '../../aggregator/keygen/exchange.ts'
import {
  initialKeygen,
  type KeygenEffect,
  type KeygenEvent,
  type KeygenOutcome,
  type KeygenState,
  type PromisedResult,
} from '../../aggregator/keygen/machine.ts'
import { isSurplus } from '../../aggregator/keygen/receive.ts'
import { lackingOf, mayShare } from '../../aggregator/keygen/standing.ts'
import { openStatement, type Statement } from '../../aggregator/keygen/statements.ts'
import { stepKeygen } from '../../aggregator/keygen/step.ts'
import { hasMember, type MemberIndex, membersOf } from '../../aggregator/values/ids.ts'
import type { Judgement } from '../gossip/gossip.ts'
import type { KeygenDisk, KeygenNetwork } from './ports.ts'
import { type KeygenProgress, progressOf } from './progress.ts'
import { Pulls } from './pulls.ts'
import { routeOf, SEALED_TAG } from './seal.ts'
import type { KeygenSigner } from './signer.ts'
import type { KeygenVault } from './vault.ts'

export interface SessionOptions {
  readonly context: KeygenContext
  readonly self: MemberIndex
  readonly timing: KeygenTiming
  /** What an earlier run of this attempt promised; null for a first run. */
  readonly promised: PromisedResult | null
  /** How long a complete member stays for those that are not, in milliseconds. */
  readonly lingerMs: number
}

export interface SessionDependencies {
  readonly network: KeygenNetwork
  readonly disk: KeygenDisk
  readonly vault: KeygenVault
  readonly signer: KeygenSigner
  readonly onProgress: (progress: KeygenProgress) => void
  /** Monotonic milliseconds. */
  readonly nowMs: () => number
}

const TICK_MS = 50
/** A sealed share that is none for this member, or does not open. */
const NO_SHARE: Judgement = { verdict: 'reject', code: 'SHARE_UNREADABLE' }
/** After a failure, so that others hear of it. */
const FAREWELL_MS = 500

/** Runs the machine of one member: performs its effects in order and reports what happens. */
export class KeygenSession {
  readonly #options: SessionOptions
  readonly #dependencies: SessionDependencies
  readonly #state: KeygenState
  readonly #pulls: Pulls
  /** Envelopes that came before this member knew the packages. */
  readonly #early = new Map<MemberIndex, Uint8Array>()
  /** Members that hold all results, as they say themselves. */
  readonly #complete = new Set<MemberIndex>()
  readonly #ended = Promise.withResolvers<KeygenOutcome>()
  #performing: Promise<void> = Promise.resolve()
  #endedMs: number | null = null
  #shown = ''

  constructor(options: SessionOptions, dependencies: SessionDependencies) {
    const { context, self, timing } = options
    this.#options = options
    this.#dependencies = dependencies
    this.#state = initialKeygen({ self, size: context.size, timing })
    const { network, nowMs } = dependencies
    this.#pulls = new Pulls(
      { context, state: this.#state },
      {
        request: network.request,
        onHandover: (from, handover) => this.#guard(() => this.#takeHandover(from, handover)),
        nowMs,
      },
    )
  }

  /**
   * Goes through the whole of it; the network must run. When it resolves, everybody who can be
   * reached has what it needs of this member.
   *
   * @throws whatever went wrong on this member's own side
   */
  async run(signal: AbortSignal): Promise<KeygenOutcome> {
    const { promised } = this.#options
    this.#report({ type: 'started', nowMs: this.#nowMs(), promised })
    const stop = () => this.#report({ type: 'stopped', nowMs: this.#nowMs() })
    signal.addEventListener('abort', stop, { once: true })
    if (signal.aborted) stop()
    const ticking = setInterval(() => this.#guard(() => this.#tick()), TICK_MS)
    try {
      return await this.#ended.promise
    } finally {
      clearInterval(ticking)
      signal.removeEventListener('abort', stop)
      await this.#performing.catch(() => undefined)
    }
  }

  /** Judges one gossip message. */
  onMessage(bytes: Uint8Array): Judgement {
    return this.#take(bytes)
  }

  /** Answers a member that asks for what it lacks; anything else gets no answer. */
  onRequest(from: MemberIndex, bytes: Uint8Array): void {
    const { context, self } = this.#options
    const inventory = decodeInventory(context, bytes)
    if (inventory === null) return
    if (inventory.results === context.all) this.#complete.add(from)
    if (hasMember(inventory.shares, self)) {
      this.#report({ type: 'shareTaken', nowMs: this.#nowMs(), by: from })
    }
    const items = this.#itemsFor(from, inventory)
    this.#dependencies.network.answer(from, encodeHandover(context, items))
  }

  #itemsFor(from: MemberIndex, inventory: Inventory): readonly Uint8Array[] {
    const { context, self } = this.#options
    const { vault } = this.#dependencies
    const items = lackingOf(this.#state, inventory).map(({ bytes }) => bytes)
    const { evidence } = this.#state
    if (evidence !== null) items.push(encodeEvidence(context, evidence))
    const wantsShare = !hasMember(inventory.shares, self)
    if (wantsShare && mayShare(this.#state, from) && vault.isAgreed) items.push(vault.sealFor(from))
    return items
  }

  /**
   * What follows something invalid is not read: honest members hand over nothing of the kind, and
   * one answer has room for what takes longer to judge than others wait for an answer (§13).
   */
  #takeHandover(from: MemberIndex, handover: Uint8Array): void {
    const { network } = this.#dependencies
    const items = decodeHandover(this.#options.context, handover)
    if (items === null) network.judged(from, { verdict: 'reject', code: 'MALFORMED' })
    for (const item of items ?? []) {
      if (!network.admit(from)) return
      const judgement = item[0] === SEALED_TAG ? this.#takeSealed(from, item) : this.#take(item)
      network.judged(from, judgement)
      if (judgement.verdict === 'reject') return
    }
  }

  #take(bytes: Uint8Array): Judgement {
    const { context } = this.#options
    const nowMs = this.#nowMs()
    if (this.#state.outcome !== null) return { verdict: 'ignore', code: 'KEYGEN_OVER' }
    if (bytes[0] === EVIDENCE_TAG) {
      const evidence = openEvidence(context, bytes)
      if (evidence === null) return { verdict: 'reject', code: 'EVIDENCE_INVALID' }
      this.#report({ type: 'evidenceReceived', nowMs, evidence })
      return { verdict: 'accept', code: 'ACCEPTED' }
    }
    const opened = openStatement(context, bytes)
    if (opened.type === 'refused') return { verdict: 'reject', code: opened.code }
    // A share in the open serves nobody but as evidence.
    if (opened.signed.statement.type === 'share') return { verdict: 'reject', code: 'WRONG_TOPIC' }
    if (isSurplus(this.#state, opened.signed)) return { verdict: 'ignore', code: 'SURPLUS' }
    this.#report({ type: 'received', nowMs, signed: opened.signed })
    return { verdict: 'accept', code: 'ACCEPTED' }
  }

  #takeSealed(from: MemberIndex, sealed: Uint8Array): Judgement {
    const { context, self } = this.#options
    const route = routeOf(context, sealed)
    if (route?.sender !== from || route.recipient !== self) return NO_SHARE
    if (this.#dependencies.vault.isAgreed) return this.#open(from, sealed)
    this.#early.set(from, sealed)
    return { verdict: 'accept', code: 'ACCEPTED' }
  }

  #open(from: MemberIndex, sealed: Uint8Array): Judgement {
    if (this.#state.outcome !== null || hasMember(this.#state.shares, from)) {
      return { verdict: 'ignore', code: 'SURPLUS' }
    }
    const verdict = this.#dependencies.vault.open(from, sealed)
    const nowMs = this.#nowMs()
    if (verdict.type === 'unreadable') return NO_SHARE
    if (verdict.type === 'good') this.#report({ type: 'shareOpened', nowMs, from })
    else this.#report({ type: 'shareRefused', nowMs, signed: verdict.signed })
    return { verdict: 'accept', code: 'ACCEPTED' }
  }

  #tick(): void {
    const { network, onProgress } = this.#dependencies
    const { context, self } = this.#options
    const connected = network.connected()
    const nowMs = this.#nowMs()
    this.#report({ type: 'met', nowMs, present: membersOf([self, ...connected]) })
    this.#pulls.look(connected)
    const progress = progressOf(context, this.#state)
    const shown = JSON.stringify(progress)
    if (shown !== this.#shown) onProgress(progress)
    this.#shown = shown
    this.#leaveWhenDone(nowMs)
  }

  /** Stays until nobody needs this member any more, or long enough. */
  #leaveWhenDone(nowMs: number): void {
    const { outcome } = this.#state
    if (outcome === null || this.#endedMs === null) return
    const { context, self, lingerMs } = this.#options
    const others = Array.from({ length: context.size }, (_, index) => index)
    const isServed = others.every(
      (each) => each === self || (this.#complete.has(each) && this.#pulls.hasTold(each)),
    )
    const isGenerated = outcome.type === 'generated'
    const staysMs = isGenerated ? lingerMs : FAREWELL_MS
    if ((isGenerated && isServed) || nowMs - this.#endedMs >= staysMs) this.#ended.resolve(outcome)
  }

  #report(event: KeygenEvent): void {
    const effects = stepKeygen(this.#options.context, this.#state, event)
    if (effects.length === 0) return
    this.#performing = this.#performing.then(async () => {
      for (const effect of effects) await this.#perform(effect)
    })
    this.#performing.catch((error) => this.#ended.reject(error))
  }

  async #perform(effect: KeygenEffect): Promise<void> {
    const { vault, disk, network } = this.#dependencies
    switch (effect.type) {
      case 'makePackage':
        // Of a disk that was lost, others know what it promised (§1.3).
        await this.#pulls.askAll(network.connected())
        this.#report({ type: 'packageMade', nowMs: this.#nowMs(), ...vault.makePackage() })
        break
      case 'promisePackage':
        await disk.promisePackage(effect.digest)
        break
      case 'broadcast':
        await this.#broadcast(effect.statement)
        break
      case 'exchangeShares':
        vault.agree(effect.packages)
        for (const [from, sealed] of this.#early) this.#open(from, sealed)
        this.#early.clear()
        break
      case 'keepShare':
        await disk.keepShare(effect.promised, effect.result)
        this.#report({ type: 'shareKept', nowMs: this.#nowMs() })
        break
      case 'publishEvidence':
        await network.publish(this.#evidenceBytes(effect.evidence))
        break
      case 'end':
        this.#endedMs = this.#nowMs()
        break
    }
  }

  async #broadcast(statement: Statement): Promise<void> {
    const { signer, network } = this.#dependencies
    const signed = signer.sign(statement)
    this.#report({ type: 'received', nowMs: this.#nowMs(), signed })
    await network.publish(signed.bytes)
  }

  #evidenceBytes(evidence: Evidence): Uint8Array {
    return encodeEvidence(this.#options.context, evidence)
  }

  #guard(act: () => void): void {
    try {
      act()
    } catch (error) {
      this.#ended.reject(error)
    }
  }

  #nowMs(): number {
    return this.#dependencies.nowMs()
  }
}
