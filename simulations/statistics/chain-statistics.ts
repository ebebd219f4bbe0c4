import type { Committee } from '../../aggregator/committee/committee.ts'
import { dueFeedsOf, type FeedOnChain } from '../../aggregator/delivery/due.ts'
import type { Members, Round } from '../../aggregator/values/ids.ts'
import { hasMember } from '../../aggregator/values/ids.ts'
import type { Chain } from '../world/chain/chain.ts'
import type { Transaction } from '../world/chain/mempool.ts'
import type { Fact, FactOf } from '../world/facts.ts'
import { type ChainFigures, chainTimeline } from './chain-figures.ts'
import { DueFeeds } from './due-feeds.ts'
import { createHistogram } from './histogram.ts'

export interface ChainStatisticsOptions {
  readonly chain: Chain
  readonly committee: Committee
  readonly honest: Members
  /** The first and the last round that are shown over time. */
  readonly firstRound: Round
  readonly lastRound: Round
}

/** Delays on a chain are counted to ten milliseconds, up to half an hour. */
const BIN_US = 10_000
/** Rounds whose first certificate is remembered: none older lands. */
const ROUNDS_KEPT = 8_192
const WEI_PER_GWEI = 1_000_000_000

/** Counts what becomes of certificates on a chain, in memory that does not grow with a run. */
export class ChainStatistics {
  readonly #options: ChainStatisticsOptions
  readonly #due: DueFeeds
  readonly #certifiedUs = new Map<Round, number>()
  readonly #certifiedToChain = createHistogram(BIN_US)
  readonly #dueToChain = createHistogram(BIN_US)
  readonly #timeline = chainTimeline()
  readonly #counts = { blocks: 0, fullBlocks: 0, reorgs: 0 }
  readonly #sent = { stored: 0, needless: 0, lostToRace: 0, refused: 0, undone: 0 }
  readonly #ends = { landed: 0, superseded: 0, failed: 0 }
  readonly #gasBy: bigint[]
  readonly #weiBy: bigint[]
  /** Transactions that stored although nothing was due, so that a reorganisation can say so. */
  readonly #needless = new WeakSet<Transaction>()
  #held: readonly FeedOnChain[] = []
  #agesUntilMs: number
  #agedMs = 0
  #ageMsSum = 0
  #aboveMs = 0
  #ageMsMax: number | null = null

  constructor(options: ChainStatisticsOptions) {
    this.#options = options
    const { committee } = options
    this.#due = new DueFeeds(committee.params.feeds)
    this.#gasBy = Array.from({ length: committee.size }, () => 0n)
    this.#weiBy = Array.from({ length: committee.size }, () => 0n)
    this.#agesUntilMs = committee.params.genesisMs
  }

  watch(fact: Fact): void {
    switch (fact.type) {
      case 'certified':
        this.#certify(fact)
        return
      case 'chainBlock':
        this.#takeBlock(fact)
        return
      case 'chainReorganised':
        this.#undo(fact)
        return
      case 'transmissionEnded':
        this.#ends[fact.outcome] += 1
        return
      case 'roundOpened':
        this.#mark(fact)
        return
      default:
    }
  }

  figures(nowUs: number): ChainFigures {
    this.#age(nowUs)
    const evicted = this.#options.chain.evicted
    const gweiBy = this.#weiBy.map((wei) => Number(wei) / WEI_PER_GWEI)
    const share = (part: number) => (this.#agedMs === 0 ? null : part / this.#agedMs)
    return {
      ...this.#counts,
      transactions: { ...this.#sent, evicted },
      transmissions: { ...this.#ends },
      certifiedToChainMs: this.#certifiedToChain.summary(),
      dueToChainMs: this.#dueToChain.summary(),
      age: {
        meanMs: share(this.#ageMsSum),
        maxMs: this.#ageMsMax,
        aboveHeartbeat: share(this.#aboveMs),
      },
      gas: {
        used: Number(sumOf(this.#gasBy)),
        feeGwei: Number(sumOf(this.#weiBy)) / WEI_PER_GWEI,
        usedBy: this.#gasBy.map(Number),
        feeGweiBy: gweiBy,
      },
      timeline: this.#timeline.all,
    }
  }

  #certify({ certificate, member, nowUs }: FactOf<'certified'>): void {
    if (!hasMember(this.#options.honest, member)) return
    if (!this.#due.certified(certificate, nowUs)) return
    this.#certifiedUs.set(certificate.round, nowUs)
    for (const round of this.#certifiedUs.keys()) {
      if (round >= certificate.round - ROUNDS_KEPT) return
      this.#certifiedUs.delete(round)
    }
  }

  #takeBlock({ block, isFull, nowUs }: FactOf<'chainBlock'>): void {
    this.#counts.blocks += 1
    if (isFull) this.#counts.fullBlocks += 1
    this.#age(nowUs)
    for (const transaction of block.transactions) this.#take(transaction, nowUs)
    this.#held = block.feeds
    this.#due.stored(block.feeds, nowUs)
  }

  #take(transaction: Transaction, nowUs: number): void {
    const { receipt, delivery } = transaction
    if (receipt === null) return
    this.#pay(transaction, receipt, 1n)
    const { outcome } = receipt
    if (outcome.type === 'reverted') {
      if (outcome.reason === 'RoundNotNewer') this.#sent.lostToRace += 1
      else this.#sent.refused += 1
      return
    }
    this.#sent.stored += 1
    const { certificate, feeds } = delivery
    const due = dueFeedsOf(this.#options.committee.params.feeds, certificate, this.#held)
    if (!feeds.some((feed) => due.includes(feed))) {
      this.#sent.needless += 1
      this.#needless.add(transaction)
    }
    const certifiedUs = this.#certifiedUs.get(certificate.round)
    if (certifiedUs !== undefined) this.#certifiedToChain.add(nowUs - certifiedUs)
    for (const feed of outcome.stored) {
      const sinceUs = this.#due.sinceUs[feed] ?? null
      if (sinceUs !== null) this.#dueToChain.add(nowUs - sinceUs)
    }
    this.#held = outcome.feeds
    this.#due.stored(outcome.feeds, nowUs)
  }

  /** What it paid is not paid: the transaction waits again. */
  #undo({ undone, nowUs }: FactOf<'chainReorganised'>): void {
    this.#age(nowUs)
    this.#counts.reorgs += 1
    for (const { transaction, receipt } of undone) {
      this.#pay(transaction, receipt, -1n)
      this.#sent.undone += 1
      if (receipt.outcome.type === 'stored') this.#sent.stored -= 1
      else if (receipt.outcome.reason === 'RoundNotNewer') this.#sent.lostToRace -= 1
      else this.#sent.refused -= 1
      if (this.#needless.delete(transaction)) this.#sent.needless -= 1
    }
  }

  #pay(
    { sender }: Transaction,
    { gasUsed, gasPriceWei }: NonNullable<Transaction['receipt']>,
    sign: bigint,
  ): void {
    this.#gasBy[sender] = (this.#gasBy[sender] ?? 0n) + sign * gasUsed
    this.#weiBy[sender] = (this.#weiBy[sender] ?? 0n) + sign * gasUsed * gasPriceWei
  }

  /** Ages since they were last looked at: between two blocks they rise evenly. */
  #age(nowUs: number): void {
    const { params } = this.#options.committee
    const [fromMs, toMs] = [this.#agesUntilMs, params.genesisMs + nowUs / 1_000]
    for (const { feed, timestampMs } of this.#held) {
      if (timestampMs === 0 || toMs <= fromMs) continue
      const [first, last] = [fromMs - timestampMs, toMs - timestampMs]
      const heartbeatMs = params.feeds[feed]?.heartbeatMs ?? 0
      this.#agedMs += toMs - fromMs
      this.#ageMsSum += ((first + last) / 2) * (toMs - fromMs)
      this.#aboveMs += Math.max(0, last - Math.max(first, heartbeatMs))
      this.#ageMsMax = Math.max(this.#ageMsMax ?? 0, last)
    }
    this.#agesUntilMs = Math.max(fromMs, toMs)
  }

  #mark({ round, nowUs }: FactOf<'roundOpened'>): void {
    const { firstRound, lastRound, committee, chain } = this.#options
    if (round < firstRound || round > lastRound) return
    const { head } = chain
    const held = head.feeds[0]
    const isReported = held !== undefined && held.timestampMs > 0
    const unit = 10 ** (committee.params.feeds[0]?.decimals ?? 0)
    const value = isReported ? Number(held.value) / unit : null
    const nowMs = committee.params.genesisMs + nowUs / 1_000
    this.#timeline.add({
      round,
      rounds: 1,
      ageMsMax: isReported ? nowMs - held.timestampMs : null,
      valueLow: value,
      valueHigh: value,
      baseFeeGweiMax: Number(head.baseFeeWei) / WEI_PER_GWEI,
    })
  }
}

function sumOf(values: readonly bigint[]): bigint {
  return values.reduce((sum, value) => sum + value, 0n)
}
