import { setTimeout as pauseFor } from 'node:timers/promises'
import type { Address, Hex } from 'viem'
import type { Context } from '../../aggregator/context.ts'
import type { Certificate } from '../../aggregator/messages/messages.ts'
import {
  closesInSeconds,
  isOpen,
  isOverdue,
  settlementAgainMs,
  settlementOf,
} from '../../aggregator/settlement.ts'
import type { FeedIndex, MemberIndex, Round } from '../../aggregator/values/ids.ts'
import type { SettlementView } from '../api/view.ts'
import type { Clock } from '../clock.ts'
import { codeOf, OracleError } from '../errors.ts'
import type { Startable } from '../lifecycle.ts'
import type { Log } from '../logging.ts'
import type { Call, CallEnd } from './calls.ts'
import {
  OpenExpiries,
  type OpenExpiry,
  type SettlementPlan,
  wasReadAfterwards,
} from './open-expiries.ts'
import type { Ask } from './rpc.ts'
import { checkSettlement, readSettlement, settleCall } from './settlement-calls.ts'

/** What settling needs of one target. */
export interface SettlerTarget {
  readonly call: (call: Call) => Promise<CallEnd>
  readonly readNow: <T>(ask: Ask<T>) => Promise<T>
  /** Feeds of a certificate as Settlement takes them. */
  readonly encodeReport: (certificate: Certificate, feeds: readonly FeedIndex[]) => Hex
  /** Number of this node's committee on the contract. */
  readonly epoch: number
}

export interface SettlerOptions {
  /** Of the target, for logs. */
  readonly name: string
  /** Address of PriceFeeds. */
  readonly hub: Address
  readonly self: MemberIndex
  readonly plans: readonly SettlementPlan[]
}

export interface SettlerDependencies {
  readonly context: Context
  readonly target: SettlerTarget
  readonly certificateOf: (round: Round) => Certificate | null
  readonly clock: Pick<Clock, 'nowMs'>
  readonly log: Log
  /** Told once for each expiry that this node settled, or that has no price for ever. */
  readonly onOutcome?: (outcome: 'settled' | 'missed') => void
  /** Waits, or rejects when the signal aborts. */
  readonly pause?: (ms: number, signal: AbortSignal) => Promise<unknown>
}

const LOOK_MS = 1_000
/** A price that is final is looked at again until the window closes: a block may be taken back. */
const FINAL_LOOK_MS = 15_000
/** One is in flight at a time; what waits behind it delays deliveries and other expiries. */
const SENDING_MAX = 4
/** The block in the making may still be older than the expiry or the report. */
const EARLY = ['ExpiryNotReached', 'ReportFromFuture']

/**
 * Settles expiries on one chain with the certificates of this node, each member in its turn
 * (`aggregator/settlement.ts`), through the transmitter: its wallet, caps and fees. What the chain
 * says of an expiry decides whether anything is left to do; it is asked until the window closes.
 */
export class Settler implements Startable {
  readonly name: string
  readonly #options: SettlerOptions
  readonly #use: Required<SettlerDependencies>
  readonly #log: Log
  readonly #expiries: OpenExpiries
  readonly #checked = new Set<Address>()
  #sending = 0
  #stopping: AbortController | null = null
  #running: Promise<void> = Promise.resolve()
  #fault = ''

  constructor(options: SettlerOptions, dependencies: SettlerDependencies) {
    const { context, target, log } = dependencies
    this.name = `settler ${options.name}`
    this.#options = options
    this.#use = {
      onOutcome: () => undefined,
      pause: (ms, signal) => pauseFor(ms, undefined, { signal, ref: false }),
      ...dependencies,
    }
    this.#log = log.child({ target: options.name })
    const readNow = <T>(ask: Ask<T>) => target.readNow(ask)
    this.#expiries = new OpenExpiries(options.plans, { context, self: options.self, readNow })
  }

  /** @throws {OracleError} CONTRACT_SETTLEMENT_DIFFERS; a chain out of reach is asked later */
  async start(): Promise<void> {
    if (this.#stopping !== null) return
    for (const plan of this.#options.plans) {
      if ('market' in plan) continue
      await this.#check(plan.contract).catch((error: unknown) => {
        if (codeOf(error).startsWith('CONTRACT_')) throw error
      })
    }
    this.#stopping = new AbortController()
    this.#running = this.#run(this.#stopping.signal)
  }

  async stop(): Promise<void> {
    this.#stopping?.abort()
    await this.#running
  }

  /** Every expiry whose window is open, or was until a minute ago. */
  view(): readonly SettlementView[] {
    const nowMs = this.#use.clock.nowMs()
    return this.#expiries.all().map(({ feed, expirySeconds, state }) => ({
      feed: this.#nameOf(feed),
      expirySeconds,
      state,
      closesInSeconds: closesInSeconds(expirySeconds, nowMs),
    }))
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.look()
      await this.#use.pause(LOOK_MS, signal).catch(() => undefined)
    }
  }

  /** Looks once at every expiry that is due, and sends what is this member's turn. */
  async look(): Promise<void> {
    const { clock } = this.#use
    let fault: unknown = null
    const noting = (error: unknown) => {
      fault = error
    }
    await this.#expiries.look(clock.nowMs(), noting)
    this.#expiries.turnTo(clock.nowMs())
    for (const open of this.#expiries.all()) {
      await this.#advance(open).catch(noting)
      this.#judge(open)
    }
    this.#warnOnce(fault)
  }

  async #advance(open: OpenExpiry): Promise<void> {
    const { clock, target } = this.#use
    const nowMs = clock.nowMs()
    const isDone = open.state === 'final' || open.state === 'foreign'
    if (isDone && nowMs - open.readMs < FINAL_LOOK_MS) return
    if (open.isSending || open.state === 'missed') return
    await this.#check(open.contract)
    const standing = await target.readNow((client, block) => readSettlement(client, block, open))
    open.readMs = nowMs
    if (standing.isFinal) {
      if (open.state !== 'final') this.#log.info('settlement.final', this.#fieldsOf(open))
      open.state = 'final'
      return
    }
    const isForeign = standing.epoch !== null && standing.epoch !== target.epoch
    if (isForeign) {
      open.state = 'foreign'
      return
    }
    const before = open.state === 'missing' ? 'missing' : 'waiting'
    open.state = standing.value === 0n ? before : 'standing'
    // Of a committee that is gone nothing is taken; whoever waits for the price must hear of it.
    if (standing.epoch !== null) this.#sendInTurn(open)
  }

  #sendInTurn(open: OpenExpiry): void {
    const { clock, context, certificateOf } = this.#use
    const { committee } = context
    const nowMs = clock.nowMs()
    if (nowMs < open.turnMs || !isOpen(open.expirySeconds, nowMs)) return
    if (this.#sending >= SENDING_MAX) return
    const { feed, rounds } = open
    const chosen = settlementOf(committee, { feed, rounds, nowMs, certificateOf })
    if (chosen === null) return
    open.turnMs = nowMs + settlementAgainMs(committee)
    // The others go on meanwhile: a transaction may wait for its block for minutes.
    open.isSending = true
    this.#sending += 1
    void this.#send(open, chosen).finally(() => {
      open.isSending = false
      this.#sending -= 1
    })
  }

  async #send(open: OpenExpiry, certificate: Certificate): Promise<void> {
    const { target, clock, onOutcome } = this.#use
    const { round } = certificate
    const ended = await target.call(settleCall(open, target.encodeReport(certificate, [open.feed])))
    const fields = { ...this.#fieldsOf(open), round }
    if (ended.outcome === 'mined') {
      this.#log.info('settlement.sent', { ...fields, hash: ended.hash })
      onOutcome('settled')
      return
    }
    const { code, detail } = ended
    if (EARLY.includes(detail)) open.turnMs = clock.nowMs()
    // Another member or a stranger was first, with this round or an earlier one.
    else if (detail !== 'RoundNotEarlier' && open.fault !== `${code} ${detail}`) {
      open.fault = `${code} ${detail}`
      this.#log.warn('settlement.failed', { ...fields, code, detail })
    }
  }

  /** Says what an operator must know while the window is open, and what came of it. */
  #judge(open: OpenExpiry): void {
    const { context, clock, onOutcome } = this.#use
    const nowMs = clock.nowMs()
    const { expirySeconds } = open
    if (open.state === 'waiting' && isOverdue(context.committee, expirySeconds, nowMs)) {
      open.state = 'missing'
      this.#log.error('settlement.missing', {
        code: 'SETTLEMENT_MISSING',
        ...this.#fieldsOf(open),
        closesInSeconds: closesInSeconds(expirySeconds, nowMs),
      })
    }
    if (open.state !== 'missing' || !wasReadAfterwards(open)) return
    open.state = 'missed'
    this.#log.error('settlement.missed', { code: 'SETTLEMENT_MISSED', ...this.#fieldsOf(open) })
    onOutcome('missed')
  }

  async #check(contract: Address): Promise<void> {
    if (this.#checked.has(contract)) return
    const { hub } = this.#options
    await this.#use.target.readNow((client, block) =>
      checkSettlement(client, block, { contract, hub }),
    )
    this.#checked.add(contract)
  }

  #warnOnce(error: unknown): void {
    const code = error === null ? '' : codeOf(error)
    if (code !== '' && code !== this.#fault) {
      const reason = error instanceof OracleError ? error.message : String(error)
      this.#log.warn('settlement.blind', { code, reason })
    }
    this.#fault = code
  }

  #nameOf(feed: FeedIndex): string {
    return this.#use.context.committee.params.feeds[feed]?.name ?? String(feed)
  }

  #fieldsOf({ contract, feed, expirySeconds }: OpenExpiry) {
    return { contract, feed: this.#nameOf(feed), expirySeconds }
  }
}
