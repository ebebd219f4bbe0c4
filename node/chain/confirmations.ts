import type { Hex } from 'viem'
import type { FeedIndex, Round } from '../../aggregator/values/ids.ts'
import type { CallPurpose } from './calls.ts'
import { type Chain, costWei, type Receipt } from './chain.ts'
import type { Job, Transmission } from './transmission.ts'

/** A transaction as it was sent; a call that is no delivery has round 0 and no feeds. */
export interface Sent {
  readonly hash: Hex
  /** Left out: the contract that certificates are delivered to. */
  readonly to?: Hex
  readonly round: Round
  readonly feeds: readonly FeedIndex[]
  readonly data: Hex
  /** Left out: a delivery. */
  readonly purpose?: CallPurpose
}

/** A transaction that is in a block. */
export interface Mined {
  readonly nonce: number
  readonly sent: Sent
  readonly receipt: Receipt
  /** Null when nobody waits for it: a call, or what reverted. It has its cost all the same. */
  readonly job: Job | null
}

export interface Ended extends Pick<Mined, 'job' | 'nonce'> {
  readonly transmission: Transmission
  /** By which it has its cost; null when it is not deep enough for that. */
  readonly receipt: Receipt | null
}

/** Transactions that wait for confirmations; at the limit the oldest is given up. */
const WAITING_MAX = 64

/** Watches transactions until they are deep enough, or a reorganisation took them out again. */
export class Confirmations {
  readonly #depth: number
  readonly #chain: Pick<Chain, 'head' | 'receipt'>
  #waiting: readonly Mined[] = []

  /** @param options `depth`: blocks, the including one counted, after which a delivery landed */
  constructor(options: { readonly depth: number }, chain: Pick<Chain, 'head' | 'receipt'>) {
    this.#depth = options.depth
    this.#chain = chain
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0
  }

  /** Watches one more; what this decides at once is returned. */
  add(mined: Mined): readonly Ended[] {
    if (this.#depth <= 1) return [landed(mined)]
    const [oldest] = this.#waiting
    const isFull = this.#waiting.length >= WAITING_MAX
    this.#waiting = [...this.#waiting.slice(isFull ? 1 : 0), mined]
    if (!isFull || oldest === undefined) return []
    return [failed(oldest, 'TRANSMIT_STUCK', 'too many wait for confirmations')]
  }

  /** Looks at the chain; what is decided now is no longer watched. */
  async check(): Promise<readonly Ended[]> {
    if (this.isEmpty) return []
    const deepest = (await this.#chain.head()) - this.#depth + 1
    const ended = new Map<Mined, Ended>()
    for (const mined of this.#waiting) {
      const { blockNumber, blockHash } = mined.receipt
      if (blockNumber > deepest) continue
      const receipt = await this.#chain.receipt(mined.sent.hash)
      const isStill = receipt !== null && receipt.blockHash === blockHash
      const reorged = () => failed(mined, 'TRANSMIT_REORGED', `left block ${blockNumber}`)
      ended.set(mined, isStill ? landed({ ...mined, receipt }) : reorged())
    }
    this.#waiting = this.#waiting.filter((mined) => !ended.has(mined))
    return [...ended.values()]
  }

  /** Gives up on all of them. */
  clear(): readonly Ended[] {
    const ended = this.#waiting.map((mined) => failed(mined, 'TRANSMIT_STOPPED', 'stopping'))
    this.#waiting = []
    return ended
  }
}

function landed({ nonce, sent, receipt, job }: Mined): Ended {
  const { hash, round, feeds } = sent
  const { blockNumber, gasUsed } = receipt
  const feeWei = costWei(receipt)
  const transmission = { round, feeds, hash, blockNumber, gasUsed, feeWei }
  return { job, nonce, receipt, transmission: { outcome: 'landed', ...transmission } }
}

function failed(
  { nonce, sent, job }: Mined,
  code: 'TRANSMIT_REORGED' | 'TRANSMIT_STOPPED' | 'TRANSMIT_STUCK',
  detail: string,
): Ended {
  const transmission = { outcome: 'failed', round: sent.round, code, detail } as const
  return { job, nonce, receipt: null, transmission }
}
