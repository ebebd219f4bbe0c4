import { once } from 'node:events'
import { codeOf } from '../errors.ts'
import type { Startable } from '../lifecycle.ts'
import type { Log } from '../logging.ts'
import { type Call, type CallEnd, failedCall, type OpenCall, OpenCalls } from './calls.ts'
import type { Receipt } from './chain.ts'
import { Confirmations, type Ended, type Mined, type Sent } from './confirmations.ts'
import { RECEIPTS_EVERY_MS } from './costs.ts'
import { isOvertaken, missingFeeds } from './overtaken.ts'
import { Obstacle } from './sender.ts'
import { adopted, type Slot, slotAfter, takenOver } from './slot.ts'
import type { Job, Transmission, TransmitFailure, TransmitRequest } from './transmission.ts'
import { OpenJobs, roundOf, supersede } from './transmission.ts'
import type { TransmitterDependencies, TransmitterOptions } from './transmitter-options.ts'
import { withDefaults } from './transmitter-options.ts'

/**
 * Performs the effect `transmit`: brings feeds of a certificate to one contract and reports how it
 * ended. Which feeds are due is not decided here. One transaction is in flight at a time, with the
 * first unused nonce, so that there are no gaps to repair; a newer certificate replaces an older
 * one at the next fee bump and takes over its feeds. Whatever chain, endpoint or wallet do is a
 * named outcome, never an exception. A delivery waits for one call at most, and no longer than
 * `bumpAfterMs`: what no block takes by then gives its nonce away.
 */
export class Transmitter implements Startable {
  readonly name: string
  #options: TransmitterOptions
  readonly #use: Required<TransmitterDependencies>
  readonly #log: Log
  readonly #jobs = new OpenJobs()
  readonly #calls = new OpenCalls()
  readonly #confirmations: Confirmations
  #slot: Slot | null = null
  /** The last that was sent for, or failed to be, was a call. */
  #wasCall = false
  #wake: () => void = () => undefined
  #stopping: AbortController | null = null
  #running: Promise<void> = Promise.resolve()

  constructor(options: TransmitterOptions, dependencies: TransmitterDependencies) {
    this.name = `transmitter ${options.target}`
    this.#options = options
    this.#use = withDefaults(dependencies)
    this.#log = dependencies.log.child({ target: options.target })
    this.#confirmations = new Confirmations({ depth: options.confirmations }, dependencies.chain)
  }

  /** Waits and replaces so from now on; `confirmations` stays what it was. */
  reconfigure(options: TransmitterOptions): void {
    this.#options = options
  }

  /** Reads what was spent, and takes over a transaction that is pending. Never fails for that. */
  async start(): Promise<void> {
    if (this.#stopping !== null) return
    const stopping = new AbortController()
    this.#stopping = stopping
    await this.#use.sender.readSpending()
    try {
      await this.#adoptPending()
    } catch (error) {
      this.#log.warn('chain.transmitter.startedBlind', { code: codeOf(error), error })
    }
    this.#running = this.#run(stopping.signal)
  }

  async stop(): Promise<void> {
    this.#stopping?.abort()
    this.#wake()
    await this.#running
    await this.#end(this.#confirmations.clear())
    this.#calls.clear()
    const open = this.#jobs.take(() => true)
    this.#fail(open, 'TRANSMIT_STOPPED', 'stopping')
  }

  /** Never rejects. Ends at `confirmations` blocks, or when something else is certain. */
  transmit(request: TransmitRequest): Promise<Transmission> {
    const { round } = request.certificate
    const isStopped = this.#stopping?.signal.aborted ?? true
    if (isStopped) {
      const detail = 'not running'
      return Promise.resolve({ outcome: 'failed', round, code: 'TRANSMIT_STOPPED', detail })
    }
    return new Promise((resolve) => {
      const end = (transmission: Transmission) => {
        this.#use.onEvent({ type: 'ended', transmission })
        resolve(transmission)
      }
      const isAdded = this.#jobs.add({ request, askedMs: this.#use.clock.nowMs(), end })
      if (isAdded) this.#wake()
      else end({ outcome: 'superseded', round })
    })
  }

  /** Sends a call until it is in a block; never rejects. What would revert is not sent. */
  call(call: Call): Promise<CallEnd> {
    const isStopped = this.#stopping?.signal.aborted ?? true
    if (isStopped) return Promise.resolve(failedCall('TRANSMIT_STOPPED', 'not running'))
    return new Promise((end) => {
      this.#calls.add({ call, askedMs: this.#use.clock.nowMs(), end })
      this.#wake()
    })
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const woken = new AbortController()
      this.#wake = () => woken.abort()
      const pauseMs = await this.#tick()
      if (signal.aborted) return
      if (pauseMs !== null) await this.#use.pause(pauseMs, woken.signal).catch(() => undefined)
      else if (!woken.signal.aborted) await once(woken.signal, 'abort')
    }
  }

  /** One look at the chain and at most one transaction; until when to wait, null without end. */
  async #tick(): Promise<number | null> {
    try {
      await this.#end(await this.#confirmations.check())
      await this.#collect()
      await this.#sendInTurn()
    } catch (error) {
      this.#onTickFailed(error)
    }
    const areReceiptsOpen = await this.#use.sender.lookAtReceipts(this.#options.confirmations)
    const isAsked = this.#jobs.newest !== undefined || this.#calls.first !== undefined
    const isBusy = isAsked || this.#slot !== null || !this.#confirmations.isEmpty
    if (isBusy) return this.#options.pollEveryMs
    return areReceiptsOpen ? RECEIPTS_EVERY_MS : null
  }

  #onTickFailed(error: unknown): void {
    const code = codeOf(error)
    const isRpc = code === 'RPC_NONE_USABLE' || code === 'RPC_ALL_FAILED'
    const detail = error instanceof Error ? error.message : String(error)
    if (!isRpc) this.#log.error('chain.transmitter.broke', { error })
    // While one is in flight it may land all the same; its job ends when its time is over.
    const isHopeless = (job: Job) => this.#slot === null || this.#isOver(job)
    this.#fail(this.#jobs.take(isHopeless), isRpc ? code : 'TRANSMIT_BROKE', detail)
  }

  async #adoptPending(): Promise<void> {
    const { chain, clock, sender } = this.#use
    const nonce = await chain.minedNonce()
    const pending = await chain.pending(nonce)
    if (pending === null) return
    await sender.adopt(nonce, pending.hash)
    this.#log.info('chain.nonce.adopted', { nonce, hash: pending.hash })
    this.#slot = adopted(nonce, pending, clock.nowMs())
  }

  /** Looks whether the nonce in flight is in a block, and which of its transactions used it. */
  async #collect(): Promise<void> {
    const slot = this.#slot
    if (slot === null) return
    const nonce = await this.#use.chain.minedNonce()
    if (nonce <= slot.nonce) return
    for (const sent of slot.sent.toReversed()) {
      const receipt = await this.#use.chain.receipt(sent.hash)
      if (receipt === null) continue
      this.#slot = null
      await this.#onMined(sent, { nonce: slot.nonce, receipt })
      return
    }
    this.#slot = null
    // Its worst case stays counted until one of its transactions has a receipt after all.
    this.#log.warn('chain.nonce.usedElsewhere', { nonce: slot.nonce })
  }

  async #onMined(sent: Sent, { nonce, receipt }: Pick<Mined, 'nonce' | 'receipt'>): Promise<void> {
    const job = this.#jobOf(sent, receipt)
    const isDelivered = job !== null && receipt.status === 'success'
    const mined = { nonce, sent, receipt, job: isDelivered ? job : null }
    await this.#end(this.#confirmations.add(mined))
    if (job === null || isDelivered) return
    const { chain } = this.#use
    const reason = await chain.revertReason(sent.data, receipt.blockNumber)
    // The revert cost gas, but the chain has what it should have.
    if (await isOvertaken(chain, job.request, reason)) supersede([job])
    else this.#fail([job], 'TRANSMIT_REVERTED', reason)
  }

  /** The job that a mined transaction was sent for; ends the call that it was, or older jobs. */
  #jobOf(sent: Sent, receipt: Receipt): Job | null {
    if (sent.to !== undefined && this.#calls.mined({ ...sent, to: sent.to }, receipt)) return null
    const covered = this.#jobs.take(
      (job) =>
        roundOf(job) <= sent.round || job.request.feeds.every((feed) => sent.feeds.includes(feed)),
    )
    const [job = null] = covered.filter((candidate) => roundOf(candidate) === sent.round)
    supersede(covered.filter((other) => other !== job))
    return job
  }

  get #isInFlight(): boolean {
    const slot = this.#slot
    return slot !== null && this.#use.clock.nowMs() - slot.sentMs < this.#options.bumpAfterMs
  }

  /**
   * Sends for whoever's turn it is, when nothing is in flight. A delivery lets one call go ahead,
   * until it is in a block or its time is over: then the delivery takes its nonce.
   */
  async #sendInTurn(): Promise<void> {
    if (this.#isInFlight) return
    this.#calls.giveUp((open) => this.#isOver(open), this.#stuckAt)
    const call = this.#calls.first
    const job = this.#jobs.newest
    const mayCall = job === undefined || (this.#slot === null && !this.#wasCall)
    this.#wasCall = call !== undefined && mayCall
    if (call !== undefined && mayCall) await this.#sendCall(call)
    else if (job !== undefined) await this.#sendDelivery(job)
  }

  get #stuckAt(): string {
    return `nonce ${this.#slot?.nonce ?? 'never sent'}`
  }

  async #sendCall(open: OpenCall): Promise<void> {
    try {
      await this.#sendNext({ round: 0, feeds: [], ...open.call }, 0)
    } catch (error) {
      if (!(error instanceof Obstacle)) throw error
      this.#calls.fail(open, error.code, error.message)
    }
  }

  async #sendDelivery(job: Job): Promise<void> {
    if (this.#isOver(job)) {
      this.#fail(this.#jobs.takeUpTo(job), 'TRANSMIT_STUCK', this.#stuckAt)
      return
    }
    try {
      await this.#sendMissing(job)
    } catch (error) {
      if (!(error instanceof Obstacle)) throw error
      await this.#onObstacle(job, error)
    }
  }

  async #sendMissing(job: Job): Promise<void> {
    const { chain } = this.#use
    const { certificate } = job.request
    const missing = await missingFeeds(chain, { certificate, feeds: this.#jobs.feeds })
    const feeds = missing.slice(0, chain.feedsMax)
    if (feeds.length === 0) return supersede(this.#jobs.takeUpTo(job))
    const data = chain.encodeUpdate(certificate, feeds)
    await this.#sendNext({ round: roundOf(job), feeds, data }, chain.freshSlotsMax(feeds))
  }

  async #onObstacle(job: Job, { code, message }: Obstacle): Promise<void> {
    // The signer was told to stop, too: that is how it ends, and not what was in the way.
    if (this.#stopping?.signal.aborted) return
    const isReverted = code === 'TRANSMIT_REVERTED'
    const isDone = isReverted && (await isOvertaken(this.#use.chain, job.request, message))
    if (isDone) supersede(this.#jobs.takeUpTo(job))
    else this.#fail(this.#jobs.takeUpTo(job), code, message)
  }

  async #sendNext(transaction: Omit<Sent, 'hash'>, freshSlotsMax: number): Promise<void> {
    const { chain, sender, clock, onEvent } = this.#use
    const nonce = await chain.minedNonce()
    // A nonce in flight that is not the next one any more was used, or fell out with its block.
    const slot = this.#slot?.nonce === nonce ? takenOver(this.#slot, transaction) : null
    const mayRaise = (slot?.bumps ?? 0) < this.#options.bumpsMax
    const replaces = slot?.fees ?? null
    const result = await sender.send({ ...transaction, nonce, freshSlotsMax, replaces, mayRaise })
    const { round, feeds } = transaction
    this.#slot = slotAfter(slot, { nonce, transaction, mayRaise, nowMs: clock.nowMs() }, result)
    if (result.outcome.type !== 'accepted') return
    onEvent({ type: 'sent', round, hash: result.hash, nonce, isReplacement: slot !== null })
    this.#log.debug('chain.transmit.sent', { round, hash: result.hash, nonce, feeds: feeds.length })
  }

  #isOver({ askedMs }: Pick<Job, 'askedMs'>): boolean {
    const { bumpAfterMs, bumpsMax } = this.#options
    return this.#use.clock.nowMs() - askedMs > bumpAfterMs * (bumpsMax + 2)
  }

  async #end(ended: readonly Ended[]): Promise<void> {
    for (const { job, nonce, receipt, transmission } of ended) {
      if (receipt !== null) await this.#use.sender.paid(nonce, receipt)
      if (job !== null) this.#tell(job, transmission)
    }
  }

  #tell(job: Job, transmission: Transmission): void {
    job.end(transmission)
    const { outcome, ...fields } = transmission
    if (outcome === 'failed') this.#log.warn('chain.transmit.failed', fields)
  }

  #fail(jobs: readonly Job[], code: TransmitFailure, detail: string): void {
    for (const job of jobs) {
      this.#tell(job, { outcome: 'failed', round: roundOf(job), code, detail })
    }
  }
}
