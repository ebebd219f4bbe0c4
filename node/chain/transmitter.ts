import { once } from 'node:events'
import type { FeedIndex } from '../../aggregator/values/ids.ts'
import { codeOf } from '../errors.ts'
import type { Startable } from '../lifecycle.ts'
import type { Log } from '../logging.ts'
import { type Call, type CallEnd, failedCall, type OpenCall, OpenCalls } from './calls.ts'
import type { Receipt } from './chain.ts'
import type { Ended, Sent } from './confirmations.ts'
import { Confirmations } from './confirmations.ts'
import { isOvertaken, missingFeeds } from './overtaken.ts'
import { Obstacle } from './sender.ts'
import type { Slot } from './slot.ts'
import { adopted, slotAfter } from './slot.ts'
import type { Job, Transmission, TransmitFailure, TransmitRequest } from './transmission.ts'
import { OpenJobs, roundOf } from './transmission.ts'
import type { TransmitterDependencies, TransmitterOptions } from './transmitter-options.ts'
import { withDefaults } from './transmitter-options.ts'

/**
 * Performs the effect `transmit`: brings feeds of a certificate to one contract and reports how it
 * ended. Which feeds are due is not decided here. One transaction is in flight at a time, with the
 * first unused nonce, so that there are no gaps to repair; a newer certificate replaces an older
 * one at the next fee bump and takes over its feeds. Whatever chain, endpoint or wallet do is a
 * named outcome, never an exception. Calls that are no deliveries go first: few, and with a time.
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

  /**
   * Reads what was spent today and takes over a transaction that an earlier process left pending.
   *
   * Neither a count that cannot be read nor a chain that cannot be reached is a reason to fail.
   */
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
    this.#end(this.#confirmations.clear())
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
      const isBusy = await this.#tick()
      if (signal.aborted) return
      const { pollEveryMs } = this.#options
      if (isBusy) await this.#use.pause(pollEveryMs, woken.signal).catch(() => undefined)
      else if (!woken.signal.aborted) await once(woken.signal, 'abort')
    }
  }

  /** One look at the chain and at most one transaction; whether there is something to wait for. */
  async #tick(): Promise<boolean> {
    try {
      this.#end(await this.#confirmations.check())
      await this.#collect()
      const call = this.#calls.first
      await (call === undefined ? this.#sendIfDue() : this.#sendCallIfDue(call))
    } catch (error) {
      this.#onTickFailed(error)
    }
    const isAsked = this.#jobs.newest !== undefined || this.#calls.first !== undefined
    return isAsked || this.#slot !== null || !this.#confirmations.isEmpty
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
    const { chain, clock } = this.#use
    const nonce = await chain.minedNonce()
    const pending = await chain.pending(nonce)
    if (pending === null) return
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
      await this.#onMined(sent, receipt)
      return
    }
    this.#slot = null
    this.#log.warn('chain.nonce.usedElsewhere', { nonce: slot.nonce })
  }

  async #onMined(sent: Sent, receipt: Receipt): Promise<void> {
    const { sender, chain } = this.#use
    await sender.paid(receipt, sent.purpose)
    if (sent.to !== undefined && this.#calls.mined({ ...sent, to: sent.to }, receipt)) return
    const covered = this.#jobs.take(
      (job) =>
        roundOf(job) <= sent.round || job.request.feeds.every((feed) => sent.feeds.includes(feed)),
    )
    const [job] = covered.filter((candidate) => roundOf(candidate) === sent.round)
    this.#supersede(covered.filter((other) => other !== job))
    if (job === undefined) return
    if (receipt.status === 'success') {
      this.#end(this.#confirmations.add({ sent, receipt, job }))
      return
    }
    const reason = await chain.revertReason(sent.data, receipt.blockNumber)
    // The revert cost gas, but the chain has what it should have.
    if (await isOvertaken(chain, job.request, reason)) this.#supersede([job])
    else this.#fail([job], 'TRANSMIT_REVERTED', reason)
  }

  get #isInFlight(): boolean {
    const slot = this.#slot
    return slot !== null && this.#use.clock.nowMs() - slot.sentMs < this.#options.bumpAfterMs
  }

  async #sendCallIfDue(open: OpenCall): Promise<void> {
    if (this.#isInFlight) return
    if (this.#isOver(open)) {
      this.#calls.fail(open, 'TRANSMIT_STUCK', `nonce ${this.#slot?.nonce ?? 'never sent'}`)
      return
    }
    try {
      await this.#sendNext({ round: 0, feeds: [], ...open.call }, 0)
    } catch (error) {
      if (!(error instanceof Obstacle)) throw error
      this.#calls.fail(open, error.code, error.message)
    }
  }

  async #sendIfDue(): Promise<void> {
    const job = this.#jobs.newest
    if (job === undefined || this.#isInFlight) return
    if (this.#isOver(job)) {
      this.#fail(this.#upTo(job), 'TRANSMIT_STUCK', `nonce ${this.#slot?.nonce ?? 'never sent'}`)
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
    const { certificate } = job.request
    const { feeds } = this.#jobs
    const missing = await missingFeeds(this.#use.chain, { certificate, feeds })
    if (missing.length === 0) this.#supersede(this.#upTo(job))
    else await this.#send(job, missing.slice(0, this.#use.chain.feedsMax))
  }

  async #onObstacle(job: Job, { code, message }: Obstacle): Promise<void> {
    // The signer was told to stop, too: that is how it ends, and not what was in the way.
    if (this.#stopping?.signal.aborted) return
    const isReverted = code === 'TRANSMIT_REVERTED'
    const isDone = isReverted && (await isOvertaken(this.#use.chain, job.request, message))
    if (isDone) this.#supersede(this.#upTo(job))
    else this.#fail(this.#upTo(job), code, message)
  }

  /** Takes out this job and those it supersedes; one that came in the meantime stays. */
  #upTo(job: Job): readonly Job[] {
    return this.#jobs.take((other) => roundOf(other) <= roundOf(job))
  }

  async #send(job: Job, feeds: readonly FeedIndex[]): Promise<void> {
    const { chain } = this.#use
    const round = roundOf(job)
    const data = chain.encodeUpdate(job.request.certificate, feeds)
    await this.#sendNext({ round, feeds, data }, chain.freshSlotsMax(feeds))
  }

  async #sendNext(transaction: Omit<Sent, 'hash'>, freshSlotsMax: number): Promise<void> {
    const { chain, sender, clock, onEvent } = this.#use
    const nonce = await chain.minedNonce()
    // A nonce in flight that is not the next one any more was used, or fell out with its block.
    const slot = this.#slot?.nonce === nonce ? this.#slot : null
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

  #end(ended: readonly Ended[]): void {
    for (const { job, transmission } of ended) {
      job.end(transmission)
      const { outcome, ...fields } = transmission
      if (outcome === 'failed') this.#log.warn('chain.transmit.failed', fields)
    }
  }

  #supersede(jobs: readonly Job[]): void {
    for (const job of jobs) job.end({ outcome: 'superseded', round: roundOf(job) })
  }

  #fail(jobs: readonly Job[], code: TransmitFailure, detail: string): void {
    const failed = { outcome: 'failed', code, detail } as const
    this.#end(jobs.map((job) => ({ job, transmission: { ...failed, round: roundOf(job) } })))
  }
}
