import { setTimeout as pauseFor } from 'node:timers/promises'
import type { Hex } from 'viem'
import type { SignedHandover } from '../../aggregator/handover/handover.ts'
import { proposalEndsMs } from '../../aggregator/handover/succession.ts'
import type { MemberIndex } from '../../aggregator/values/ids.ts'
import type { UnixMs } from '../../aggregator/values/time.ts'
import type { SuccessionView } from '../api/view.ts'
import type { Clock } from '../clock.ts'
import { codeOf } from '../errors.ts'
import type { Startable } from '../lifecycle.ts'
import type { Log } from '../logging.ts'
import type { Call, CallEnd } from './calls.ts'
import type { Standing } from './chain.ts'
import { activateCall, handOverCall } from './handover-calls.ts'

/** What succession needs of one target. */
export interface SuccessionTarget {
  readonly standing: () => Promise<Standing>
  readonly call: (call: Call) => Promise<CallEnd>
}

export interface SuccessionOptions {
  readonly name: string
  /** Address of PriceFeeds. */
  readonly hub: Hex
  readonly self: MemberIndex
}

export interface SuccessionDependencies {
  readonly target: SuccessionTarget
  /** The hand-over to this committee; null before it is here, and for a first committee. */
  readonly handover: () => SignedHandover | null
  readonly clock: Pick<Clock, 'nowMs'>
  readonly log: Log
  /** By the contract, this committee is or was in office from then on, under that number. */
  readonly onBegun: (begun: { readonly epoch: number; readonly fromMs: UnixMs }) => void
  /** Told how each transaction ended: `OK`, or the code of what was in the way. */
  readonly onCall?: (step: SuccessionStep, code: string) => void
  /** Waits, or rejects when the signal aborts. */
  readonly pause?: (ms: number, signal: AbortSignal) => Promise<unknown>
}

type SuccessionStep = SuccessionView['step']

/** A step that somebody could have taken. */
interface Due {
  readonly step: SuccessionStep
  readonly data: Hex
  /** From when on, as far as contract and hand-over say; whenever this process was started. */
  readonly sinceMs: UnixMs
  /** After it the contract refuses the step for good. */
  readonly untilMs: UnixMs
}

/** A step that this committee needs from the contract now. */
interface Need extends Due {
  /** When this process first saw it: members take turns from then on. */
  readonly seenMs: UnixMs
  /** When this member last sent it, or found something in the way. */
  sentMs: UnixMs | null
  isSending: boolean
  isOverdue: boolean
  /** What the last attempt failed with, or the last look at the contract. */
  fault: string | null
}

/** How often a contract is looked at while nothing is expected of it. */
const IDLE_MS = 5_000
/** And while this committee waits for its office: a fraction of what a switch may take. */
const WAITING_MS = 250
/** Each member waits this much longer than the one before it: most calls are sent once. */
const STAGGER_MS = 1_000
/** What failed is tried again after it. */
const AGAIN_MS = 5_000
/** All members had a turn, and blocks passed: then somebody must look. */
const OVERDUE_MS = 60_000
/** So long after its time a hand-over is taken for one that is not done, by who cannot ask. */
const BLIND_MS_MAX = 86_400_000
const FOREVER_MS = Number.POSITIVE_INFINITY
/** The block in the making is older than the hand-over's time: asked again at the next look. */
const EARLY = 'HandoverTooEarly'
/** Somebody was first; the next look at the contract shows it. */
const OVERTAKEN = 'HandoverMissing'

/**
 * Brings this committee into office on one contract (protocol §11.2): announces the signed
 * hand-over and activates it when its time has come; both are open to anyone. Its transactions go
 * through the transmitter, which counts what they cost. And it tells the node when this
 * committee is in office by the contract, however that came about.
 */
export class Succession implements Startable {
  readonly name: string
  readonly #options: SuccessionOptions
  readonly #use: Required<SuccessionDependencies>
  #stopping: AbortController | null = null
  #running: Promise<void> = Promise.resolve()
  #need: Need | null = null
  #fault = ''
  #hasLooked = false
  /** Another committee is in office on this contract: nothing more is delivered there. */
  #isFollowed = false

  constructor(options: SuccessionOptions, dependencies: SuccessionDependencies) {
    this.name = `succession ${options.name}`
    this.#options = options
    this.#use = {
      pause: (ms, signal) => pauseFor(ms, undefined, { signal, ref: false }),
      onCall: () => undefined,
      ...dependencies,
    }
  }

  start(): Promise<void> {
    if (this.#stopping !== null) return Promise.resolve()
    this.#stopping = new AbortController()
    this.#running = this.#run(this.#stopping.signal)
    return Promise.resolve()
  }

  async stop(): Promise<void> {
    this.#stopping?.abort()
    await this.#running
  }

  /** What the contract waits for from this committee; null when there is nothing. */
  view(): SuccessionView | null {
    if (this.#need === null) return null
    const { step, sinceMs, isOverdue, fault } = this.#need
    return { step, sinceMs, isOverdue, fault }
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const isWaiting = await this.look()
      await this.#use.pause(isWaiting ? WAITING_MS : IDLE_MS, signal).catch(() => undefined)
    }
  }

  /** Looks at the contract once and does what is due; true while this committee waits for it. */
  async look(): Promise<boolean> {
    try {
      const standing = await this.#use.target.standing()
      this.#hasLooked = true
      this.#tell(standing)
      this.#turnTo(this.#stepFor(standing))
      // What kept it blind is over; another fault of the step stays until it is tried again.
      if (this.#need?.fault === this.#fault) this.#need.fault = null
      this.#sendInTurn()
      this.#fault = ''
      return standing.own === null && this.#isNear(standing)
    } catch (error) {
      this.#warnOnce(error)
      // Blind or not, its office is waited for: that the chain is out of reach is why. Of what was
      // due before the start of this process nothing else would tell.
      if (!this.#hasLooked) this.#turnTo(this.#dueUnseen())
      if (this.#need !== null && this.#isVoid(this.#need)) this.#turnTo(null)
      if (this.#need !== null) {
        this.#need.fault = this.#fault
        this.#judge(this.#need, this.#use.clock.nowMs())
      }
      return true
    }
  }

  #tell({ own, epoch }: Standing): void {
    if (own === null) return
    this.#use.onBegun(own)
    const isFollowed = own.epoch !== epoch
    if (isFollowed && !this.#isFollowed) {
      this.#use.log.warn('succession.followed', { target: this.#options.name, epoch })
    }
    this.#isFollowed = isFollowed
  }

  /** The step that brings this committee nearer to its office now. */
  #stepFor({ epoch, own, announced }: Standing): Due | null {
    if (own !== null) return null
    const nowMs = this.#use.clock.nowMs()
    const ready = this.#activations(announced).find(({ sinceMs }) => sinceMs <= nowMs)
    if (ready !== undefined) return ready
    const signed = this.#use.handover()
    if (signed === null || announced.committee !== null) return null
    if (signed.handover.epoch !== epoch + 1) return null
    const sinceMs = Math.min(nowMs, signed.handover.activeFromMs)
    return { step: 'announce', data: handOverCall(signed), sinceMs, untilMs: FOREVER_MS }
  }

  /** What was announced and can still be activated, now or later. */
  #activations(announced: Standing['announced']): readonly Due[] {
    return (['committee', 'owner'] as const).flatMap((source): readonly Due[] => {
      const readyAt = announced[source]
      if (readyAt === null) return []
      const sinceMs = readyAt * 1_000
      const isOwners = source === 'owner'
      const untilMs = isOwners ? proposalEndsMs({ activeFromMs: sinceMs }) : FOREVER_MS
      const due: Due = { step: 'activate', data: activateCall(source), sinceMs, untilMs }
      return this.#isVoid(due) ? [] : [due]
    })
  }

  #isVoid({ untilMs }: Due): boolean {
    return this.#use.clock.nowMs() > untilMs
  }

  /** What is due by the hand-over that lies here, while the contract was never asked. */
  #dueUnseen(): Due | null {
    const sinceMs = this.#use.handover()?.handover.activeFromMs ?? null
    const pastMs = sinceMs === null ? -1 : this.#use.clock.nowMs() - sinceMs
    if (sinceMs === null || pastMs < 0 || pastMs > BLIND_MS_MAX) return null
    return { step: 'activate', data: activateCall('committee'), sinceMs, untilMs: FOREVER_MS }
  }

  /** Waits with a small step only when something is to be done or comes soon. */
  #isNear({ announced }: Standing): boolean {
    if (this.#need !== null) return true
    const soonMs = this.#use.clock.nowMs() + 2 * IDLE_MS
    return this.#activations(announced).some(({ sinceMs }) => sinceMs < soonMs)
  }

  #turnTo(needed: Due | null): void {
    if (needed !== null && this.#need?.data === needed.data) return
    const seenMs = this.#use.clock.nowMs()
    const before = { seenMs, sentMs: null, isSending: false, isOverdue: false, fault: null }
    this.#need = needed === null ? null : { ...needed, ...before }
  }

  #sendInTurn(): void {
    const need = this.#need
    if (need === null) return
    const nowMs = this.#use.clock.nowMs()
    this.#judge(need, nowMs)
    if (need.isSending || nowMs < need.seenMs + this.#options.self * STAGGER_MS) return
    if (need.sentMs !== null && nowMs < need.sentMs + AGAIN_MS) return
    need.sentMs = nowMs
    need.isSending = true
    // The contract is looked at meanwhile: another member may be faster.
    void this.#send(need).finally(() => {
      need.isSending = false
    })
  }

  async #send(need: Need): Promise<void> {
    const { target, log, onCall } = this.#use
    const { step, data } = need
    const call = { to: this.#options.hub, data, purpose: 'handover' } as const
    const ended = await target.call(call)
    const fields = { target: this.#options.name, step }
    onCall(step, ended.outcome === 'mined' ? 'OK' : ended.code)
    if (ended.outcome === 'mined') {
      log.info('succession.sent', { ...fields, hash: ended.hash })
      return
    }
    const { code, detail } = ended
    if (detail === EARLY) need.sentMs = null
    if (detail === EARLY || detail === OVERTAKEN || need.fault === code) return
    need.fault = code
    log.warn('succession.failed', { ...fields, code, detail })
  }

  #judge(need: Need, nowMs: UnixMs): void {
    if (need.isOverdue || nowMs - need.sinceMs < OVERDUE_MS) return
    need.isOverdue = true
    const { step, fault } = need
    const fields = { target: this.#options.name, step, fault }
    this.#use.log.error('succession.overdue', { code: 'HANDOVER_OVERDUE', ...fields })
  }

  #warnOnce(error: unknown): void {
    const code = codeOf(error)
    if (this.#fault === code) return
    this.#fault = code
    this.#use.log.warn('succession.blind', { target: this.#options.name, code, error })
  }
}
