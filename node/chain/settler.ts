import { setTimeout as pauseFor } from 'node:timers/promises'
import type { Address, Hex } from 'viem'
import type { Context } from '../../aggregator/context.ts'
import {
  lateSettlementOf,
  lateTurnMs,
  turnAfterSilenceMs,
} from '../../aggregator/delivery/late-settlement.ts'
import {
  closesInSeconds,
  isOpen,
  isOverdue,
  settlementAgainMs,
  settlementOf,
} from '../../aggregator/delivery/settlement.ts'
import type { Certificate } from '../../aggregator/messages/messages.ts'
import type { FeedIndex, MemberIndex, Round } from '../../aggregator/values/ids.ts'
import type { UnixMs } from '../../aggregator/values/time.ts'
import type { SettlementView } from '../api/view.ts'
import type { Clock } from '../clock.ts'
import { codeOf, OracleError } from '../errors.ts'
import type { Startable } from '../lifecycle.ts'
import type { Log } from '../logging.ts'
import type { Call, CallEnd } from './calls.ts'
import {
  isLookDue,
  OpenExpiries,
  type OpenExpiry,
  type SettlementPlan,
  settle,
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
  /** The same of rounds long past, from a disk; asked once for a turn. Left out: as above. */
  readonly pastCertificateOf?: (round: Round) => Certificate | null
  readonly clock: Pick<Clock, 'nowMs'>
  readonly log: Log
  /** Told once for each expiry that this node settled, or that has no price for ever. */
  readonly onOutcome?: (outcome: 'settled' | 'missed') => void
  /** Waits, or rejects when the signal aborts. */
  readonly pause?: (ms: number, signal: AbortSignal) => Promise<unknown>
}

const LOOK_MS = 1_000
/** One is in flight at a time; what waits behind it delays deliveries and other expiries. */
const SENDING_MAX = 4
/** Of late ones: they keep no place from an expiry whose window is open. */
const SENDING_LATE_MAX = 1
/** The block in the making may still be older than the expiry or the report. */
const EARLY = ['ExpiryNotReached', 'ReportFromFuture']

/**
 * Settles expiries on one chain with the certificates of this node, each member in its turn
 * (`aggregator/delivery/settlement.ts`), through the transmitter: its wallet, caps and fees. What
 * the chain says of an expiry decides whether anything is left to do; it is asked until the window
 * closes, and where there is no price then, at growing distances while the round of the expiry can
 * bring it (`aggregator/delivery/late-settlement.ts`).
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
      pastCertificateOf: dependencies.certificateOf,
      pause: (ms, signal) => pauseFor(ms, undefined, { signal, ref: false }),
      ...dependencies,
    }
    this.#log = log.child({ target: options.name })
    const { self, plans } = options
    const { pastCertificateOf: certificateOf } = this.#use
    this.#expiries = new OpenExpiries(plans, { context, self, certificateOf, target })
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

  /** Every expiry whose window is open, or was until a minute ago, or that is late and goes on. */
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
    await this.#expiries.look(clock.nowMs(), (error) => {
      fault = error
    })
    this.#expiries.turnTo(clock.nowMs())
    let isSilent = false
    for (const open of this.#expiries.all()) {
      // Of many late ones each would wait for the same silence.
      open.isBlind ||= open.isLate && isSilent
      if (open.isLate && isSilent) continue
      await this.#advance(open).catch((error: unknown) => {
        fault = error
        isSilent = codeOf(error).startsWith('RPC_')
        open.isBlind = isSilent
      })
      this.#judge(open)
    }
    this.#warnOnce(fault)
  }

  async #advance(open: OpenExpiry): Promise<void> {
    const { clock, target } = this.#use
    const nowMs = clock.nowMs()
    if (!isLookDue(open, nowMs)) return
    await this.#check(open.contract)
    const standing = await target.readNow((client, block) => readSettlement(client, block, open))
    open.readMs = nowMs
    if (standing.isFinal) {
      if (open.state !== 'final') this.#log.info('settlement.final', this.#fieldsOf(open))
      settle(open, nowMs)
      return
    }
    if (standing.epoch !== null && standing.epoch !== target.epoch) {
      open.state = 'foreign'
      return
    }
    const before = open.state === 'missing' ? 'missing' : 'waiting'
    open.state = standing.value === 0n ? before : 'standing'
    // Of a committee that is gone nothing is taken; whoever waits for the price must hear of it.
    open.isHopeless = open.isLate && (standing.epoch === null || this.#lateOf(open) === null)
    if (standing.epoch !== null) this.#sendInTurn(open)
  }

  #sendInTurn(open: OpenExpiry): void {
    const { clock, context } = this.#use
    const { isLate, rounds, expirySeconds } = open
    const nowMs = clock.nowMs()
    const { self } = this.#options
    const isMissed = isLate && open.isBlind && open.turnMs <= nowMs
    open.isBlind = false
    if (isMissed) open.turnMs = turnAfterSilenceMs(context, self, { ...rounds, nowMs })
    if (nowMs < open.turnMs || this.#sending >= (isLate ? SENDING_LATE_MAX : SENDING_MAX)) return
    const chosen = isLate ? this.#lateOf(open) : this.#chosenOf(open, nowMs)
    if (chosen === null) return
    open.turnMs = isLate
      ? lateTurnMs(context, self, { expirySeconds, ...rounds, afterMs: nowMs })
      : nowMs + settlementAgainMs(context.committee)
    this.#begin(open, chosen)
  }

  #chosenOf({ expirySeconds, feed, rounds }: OpenExpiry, nowMs: UnixMs): Certificate | null {
    if (!isOpen(expirySeconds, nowMs)) return null
    const { context, certificateOf } = this.#use
    return settlementOf(context.committee, { feed, rounds, nowMs, certificateOf })
  }

  #lateOf({ feed, rounds }: OpenExpiry): Certificate | null {
    return lateSettlementOf({ feed, rounds, certificateOf: this.#use.pastCertificateOf })
  }

  #begin(open: OpenExpiry, chosen: Certificate): void {
    // The others go on meanwhile: a transaction may wait for its block for minutes.
    open.isSending = true
    this.#sending += 1
    void this.#send(open, chosen).finally(() => {
      open.isSending = false
      open.readMs = Number.NEGATIVE_INFINITY
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
    const mayCome = open.isLate && !open.isHopeless
    if (open.state !== 'missing' || mayCome || !wasReadAfterwards(open)) return
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
