import type { Effect } from '../../../aggregator/effects.ts'
import type { Event } from '../../../aggregator/events.ts'
import type { Certificate } from '../../../aggregator/messages/messages.ts'
import { FEED_STATUS } from '../../../aggregator/report/feed-report.ts'
import { decodeWord, encodeWord } from '../../../aggregator/report/words.ts'
import type { Prng } from '../../determinism/prng.ts'
import type { Watcher } from '../facts.ts'
import type { Chain } from './chain.ts'
import type { Delivery } from './contract.ts'
import { Endpoints } from './endpoints.ts'
import type { PoolAnswer, Transaction } from './mempool.ts'
import { type Outcome, Transmitter, type TransmitterOptions } from './transmitter.ts'

/** The one target of a world with a chain. */
const TARGET = 'chain'

/** What a member does with its turn to transmit. */
export type Transmitting =
  | 'honest'
  /** Sends nothing. */
  | 'withhold'
  /** Sends nothing in its turn; before what others send, the oldest report that is still taken. */
  | 'stale'
  /** Sends its report with another value under the same signature. */
  | 'forge'

export interface WalletOptions {
  readonly transmitter: TransmitterOptions
  readonly endpoints: number
  /** Until an endpoint answers. */
  readonly rpcUs: number
  /** Until a transaction is in the pool of whoever makes the next block; an even draw. */
  readonly poolUs: { readonly min: number; readonly max: number }
}

export interface WalletDependencies {
  readonly chain: Chain
  readonly prng: Prng
  readonly nowUs: () => number
  readonly at: (timeUs: number, run: () => void) => void
  readonly watch: Watcher
}

/** What a process of a member brings to its wallet. */
export interface Process {
  readonly isRunning: () => boolean
  readonly nowMs: () => number
  readonly report: (event: Event) => void
}

/** How close to the age that a contract refuses an old report may come. */
const STALE_SHARE = 0.8
/** Certificates that one who sends old ones remembers. */
const KEPT_MAX = 4_096

/** One member's wallet and endpoints, whatever process of it runs. */
export class Wallet {
  readonly endpoints: Endpoints
  #transmitting: Transmitting = 'honest'
  readonly #options: WalletOptions
  readonly #use: WalletDependencies
  readonly #kept: Certificate[] = []

  constructor(options: WalletOptions, dependencies: WalletDependencies) {
    this.#options = options
    this.#use = dependencies
    const { member } = options.transmitter
    this.endpoints = new Endpoints({ member, count: options.endpoints }, dependencies)
    dependencies.chain.onArrival((transaction) => this.#onArrival(transaction))
  }

  setTransmitting(how: Transmitting): void {
    this.#transmitting = how
  }

  /** Takes part with a process that starts: it looks at the chain at once, as a node does. */
  connect(process: Process): DeliveryPort {
    const later = (afterUs: number, run: () => void): void => {
      this.#use.at(this.#use.nowUs() + afterUs, () => {
        if (process.isRunning()) run()
      })
    }
    const transmitter = new Transmitter(this.#options.transmitter, {
      ...this.#use,
      endpoints: this.endpoints,
      nowMs: process.nowMs,
      later,
      submit: (transaction, answered) => {
        this.#submit(transaction, (answer) => {
          if (process.isRunning()) answered(answer)
        })
      },
    })
    const read = (): void =>
      later(this.#options.rpcUs, () => {
        const nowMs = process.nowMs()
        const view = this.endpoints.look(nowMs)
        process.report(
          view === null
            ? { type: 'transmitted', nowMs, target: TARGET, round: 0, outcome: 'failed' }
            : { type: 'chainRead', nowMs, target: TARGET, feeds: view.feeds },
        )
      })
    later(0, () => transmitter.adopt())
    read()
    return {
      read,
      transmit: ({ certificate: { message: certificate }, feeds }) => {
        const end = (outcome: Outcome): void =>
          later(0, () => this.#end(process, certificate.round, outcome))
        this.#transmit({ certificate, feeds }, end, transmitter)
      },
      keep: (certificate) => this.#keep(certificate),
    }
  }

  #transmit(delivery: Delivery, end: (outcome: Outcome) => void, transmitter: Transmitter): void {
    switch (this.#transmitting) {
      case 'honest':
        transmitter.transmit(delivery, end)
        return
      case 'forge':
        this.#sendAtOnce({ ...delivery, certificate: forged(delivery.certificate) }, 1n)
        end('failed')
        return
      case 'withhold':
      case 'stale':
        end('failed')
    }
  }

  #end(process: Process, round: number, outcome: Outcome): void {
    const { member } = this.#options.transmitter
    this.#use.watch({ type: 'transmissionEnded', nowUs: this.#use.nowUs(), member, outcome })
    const nowMs = process.nowMs()
    process.report({ type: 'transmitted', nowMs, target: TARGET, round, outcome })
  }

  #submit(transaction: Transaction, answered: (answer: PoolAnswer) => void): void {
    const { min, max } = this.#options.poolUs
    const atUs = this.#use.nowUs() + this.#use.prng.between(min, max)
    this.#use.at(atUs, () => answered(this.#use.chain.submit(transaction)))
  }

  #keep(certificate: Certificate): void {
    if (this.#transmitting !== 'stale') return
    this.#kept.push(certificate)
    if (this.#kept.length > KEPT_MAX) this.#kept.shift()
  }

  /** Someone else's transaction shows in the pool: the stale one goes before it. */
  #onArrival({ sender, delivery, fees }: Transaction): void {
    if (this.#transmitting !== 'stale' || sender === this.#options.transmitter.member) return
    const { contract, head } = this.#use.chain
    const { feeds } = head
    const { round } = delivery.certificate
    // One that is refused as too old by the next block would gain it nothing.
    const oldestMs = head.timestampMs - contract.reportAgeMs * STALE_SHARE
    const isTaken = (each: Certificate) =>
      each.round < round &&
      each.timestampMs > oldestMs &&
      delivery.feeds.some((feed) => (feeds[feed]?.round ?? 0) < each.round)
    const certificate = this.#kept.find(isTaken)
    if (certificate === undefined) return
    const tip = fees.maxPriorityFeePerGas
    this.#sendAtOnce({ certificate, feeds: delivery.feeds }, 2n * tip)
  }

  #sendAtOnce(delivery: Delivery, tipWei: bigint): void {
    const { chain } = this.#use
    const { member, caps } = this.#options.transmitter
    const { baseFeePerGas } = chain.quoteAt(chain.head)
    const maxFeePerGas = 2n * baseFeePerGas + tipWei
    if (maxFeePerGas > caps.feePerGasMax) return
    const nonce = chain.head.nonces[member] ?? 0
    const fees = { maxFeePerGas, maxPriorityFeePerGas: tipWei }
    this.#submit(chain.signed({ sender: member, nonce, fees, delivery }), () => undefined)
  }
}

/** What a host performs the effects of delivery with. */
export interface DeliveryPort {
  readonly read: () => void
  readonly transmit: (effect: Extract<Effect, { readonly type: 'transmit' }>) => void
  /** The member holds another best certificate. */
  readonly keep: (certificate: Certificate) => void
}

/** A tenth more in each word, under the signature of the true one. */
function forged(certificate: Certificate): Certificate {
  const words = certificate.words.map((word) => {
    const report = decodeWord(word)
    if (report === null || report.status !== FEED_STATUS.ok) return word
    return encodeWord({ ...report, value: (report.value * 11n) / 10n })
  })
  return { ...certificate, words }
}
