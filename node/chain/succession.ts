import { setTimeout as pauseFor } from 'node:timers/promises'
import type { Hex } from 'viem'
import type { SignedHandover } from '../../aggregator/handover/handover.ts'
import type { MemberIndex } from '../../aggregator/values/ids.ts'
import type { UnixMs } from '../../aggregator/values/time.ts'
import type { Clock } from '../clock.ts'
import { codeOf } from '../errors.ts'
import type { Startable } from '../lifecycle.ts'
import type { Log } from '../logging.ts'
import type { Standing } from './chain.ts'
import { activateCall, handOverCall } from './handover-calls.ts'
import { Obstacle } from './sender.ts'

/** What succession needs of one target. */
export interface SuccessionTarget {
  readonly standing: () => Promise<Standing>
  readonly sendCall: (data: Hex) => Promise<void>
}

export interface SuccessionOptions {
  readonly name: string
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
  /** By the contract, another committee follows from then on. */
  readonly onFollowed: (untilMs: UnixMs) => void
  /** Waits, or rejects when the signal aborts. */
  readonly pause?: (ms: number, signal: AbortSignal) => Promise<unknown>
}

/** How often a contract is looked at while nothing is expected of it. */
const IDLE_MS = 5_000
/** And while this committee waits for its office: a fraction of what a switch may take. */
const WAITING_MS = 250
/** Each member waits this much longer than the one before it: most calls are sent once. */
const STAGGER_MS = 1_000
/** A call that shows in no block by then is sent again. */
const AGAIN_MS = 5_000

/**
 * Brings this committee into office on one contract (protocol §11.2): announces the signed
 * hand-over and activates it when its time has come; both are open to anyone. And it tells the node
 * what the contract says about its term, however that came about.
 */
export class Succession implements Startable {
  readonly name: string
  readonly #options: SuccessionOptions
  readonly #use: Required<SuccessionDependencies>
  #stopping: AbortController | null = null
  #running: Promise<void> = Promise.resolve()
  /** The step that is needed now, since when, and when it was last sent. */
  #need: { readonly call: Hex; readonly sinceMs: UnixMs; sentMs: UnixMs | null } | null = null
  #fault = ''

  constructor(options: SuccessionOptions, dependencies: SuccessionDependencies) {
    this.name = `succession ${options.name}`
    this.#options = options
    this.#use = {
      pause: (ms, signal) => pauseFor(ms, undefined, { signal, ref: false }),
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
      this.#tell(standing)
      const call = this.#callFor(standing)
      if (call === null) this.#need = null
      else await this.#sendInTurn(call)
      this.#fault = ''
      return standing.own === null && this.#isNear(standing)
    } catch (error) {
      this.#warnOnce(error)
      return true
    }
  }

  #tell({ own }: Standing): void {
    if (own === null) return
    this.#use.onBegun(own)
    if (own.nextFromMs !== null) this.#use.onFollowed(own.nextFromMs)
  }

  /** The call that brings this committee nearer to its office now. */
  #callFor({ epoch, own, announced }: Standing): Hex | null {
    if (own !== null) return null
    const nowSeconds = this.#use.clock.nowMs() / 1_000
    for (const source of ['committee', 'owner'] as const) {
      const readyAt = announced[source]
      if (readyAt !== null && readyAt <= nowSeconds) return activateCall(source)
    }
    const signed = this.#use.handover()
    if (signed === null || announced.committee !== null) return null
    return signed.handover.epoch === epoch + 1 ? handOverCall(signed) : null
  }

  /** Waits with a small step only when something is to be done or comes soon. */
  #isNear({ announced }: Standing): boolean {
    if (this.#need !== null) return true
    const readyAt = announced.committee ?? announced.owner
    return readyAt !== null && readyAt * 1_000 - this.#use.clock.nowMs() < 2 * IDLE_MS
  }

  async #sendInTurn(call: Hex): Promise<void> {
    const nowMs = this.#use.clock.nowMs()
    if (this.#need?.call !== call) this.#need = { call, sinceMs: nowMs, sentMs: null }
    const need = this.#need
    if (nowMs < need.sinceMs + this.#options.self * STAGGER_MS) return
    if (need.sentMs !== null && nowMs < need.sentMs + AGAIN_MS) return
    need.sentMs = nowMs
    await this.#use.target.sendCall(call)
    this.#use.log.info('succession.sent', { target: this.#options.name, call: call.slice(0, 10) })
  }

  #warnOnce(error: unknown): void {
    const code = error instanceof Obstacle ? error.code : codeOf(error)
    // The block in the making may still be older than the hand-over's time: it is asked again soon.
    const isEarly = error instanceof Obstacle && error.message === 'HandoverTooEarly'
    if (isEarly && this.#need !== null) this.#need.sentMs = null
    if (isEarly || this.#fault === code) return
    this.#fault = code
    this.#use.log.warn('succession.failed', { target: this.#options.name, code, error })
  }
}
