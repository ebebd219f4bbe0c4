import type { FeedOnChain } from '../../../aggregator/delivery/due.ts'
import type { MemberIndex } from '../../../aggregator/values/ids.ts'
import type { FeeQuote } from '../../../node/chain/fees.ts'
import { type Answer, type HeadSeen, judgeHeads, vote } from '../../../node/chain/heads.ts'
import type { Block, Chain } from './chain.ts'
import type { Transaction, TransactionReceipt } from './mempool.ts'

/** How one endpoint of a member behaves. */
export type EndpointState =
  | { readonly type: 'honest' }
  /** Gives no answer. */
  | { readonly type: 'down' }
  /** Knows the chain as it was so many blocks ago. */
  | { readonly type: 'lagging'; readonly blocks: number }
  /** Knows the newest block and lies about what the contract holds. */
  | { readonly type: 'lying'; readonly about: Lie }

/** A round of the future, the contract as it was so many blocks ago, or a tenth more of a value. */
export type Lie = 'newer' | 'older' | 'value'

/** What one look at the chain shows a member, as of a block that most of its endpoints have. */
export interface View {
  readonly number: number
  readonly feeds: readonly FeedOnChain[]
  /** The next nonce of the member. */
  readonly nonce: number
  readonly quote: FeeQuote
  readonly block: Block
  /** Where a transaction is, if that is a block which most endpoints have. */
  readonly receiptOf: (transaction: Transaction) => TransactionReceipt | null
}

const HONEST: EndpointState = { type: 'honest' }
/** As the node has it (docs/config.md): heads may differ by so much, and be so old. */
const RULES = { chainId: 1, lagBlocksMax: 3, ageMsMax: 60_000, futureMsMax: 30_000 } as const
/** How far back a lie about the past goes, and how far ahead one about the future. */
const LIE_BLOCKS = 32
const LIE_ROUNDS = 1_000

/** The endpoints of one member, none of which it trusts: outvoted by the rules of the node. */
export class Endpoints {
  readonly #chain: Chain
  readonly #member: MemberIndex
  readonly #states: EndpointState[]

  constructor(
    options: { readonly member: MemberIndex; readonly count: number },
    dependencies: { readonly chain: Chain },
  ) {
    this.#chain = dependencies.chain
    this.#member = options.member
    this.#states = Array.from({ length: options.count }, () => HONEST)
  }

  set(endpoint: number, state: EndpointState): void {
    this.#states[endpoint] = state
  }

  /**
   * Looks at the chain; null when no endpoint can be used.
   *
   * @param nowMs the member's own clock
   */
  look(nowMs: number): View | null {
    const heads = this.#states.map((state, index) => this.#headOf(state, index))
    const { reference, faults } = judgeHeads(heads, { ...RULES, nowMs })
    if (reference === null) return null
    const block = this.#chain.blockAt(reference)
    const usable = this.#states.flatMap((state, index) => {
      const hasBlock = this.#chain.head.number - lagOf(state) >= reference
      return faults.has(nameOf(index)) || !hasBlock ? [] : [{ state, index }]
    })
    const said = vote(usable.map(({ state, index }) => this.#feedsOf(block, state, index)))
    if (said === null) return null
    return {
      number: reference,
      feeds: said.value,
      nonce: block.nonces[this.#member] ?? 0,
      quote: this.#chain.quoteAt(block),
      block,
      receiptOf: ({ receipt }) => {
        if (receipt === null || receipt.blockNumber > reference) return null
        return receipt
      },
    }
  }

  #headOf(state: EndpointState, index: number): HeadSeen {
    const endpoint = nameOf(index)
    if (state.type === 'down') return { type: 'unreachable', endpoint, reason: 'no answer' }
    const { number, timestampMs } = this.#chain.blockAt(this.#chain.head.number - lagOf(state))
    return { type: 'seen', endpoint, chainId: RULES.chainId, number, timestampMs }
  }

  #feedsOf(block: Block, state: EndpointState, index: number): Answer<readonly FeedOnChain[]> {
    const value = state.type === 'lying' ? this.#lie(block, state.about) : block.feeds
    const key = value.map(
      (feed) => `${feed.round} ${feed.timestampMs} ${feed.value} ${feed.status}`,
    )
    return { endpoint: nameOf(index), value, key: key.join(' ') }
  }

  #lie(block: Block, about: Lie): readonly FeedOnChain[] {
    if (about === 'older') return this.#chain.blockAt(block.number - LIE_BLOCKS).feeds
    if (about === 'value') {
      return block.feeds.map((feed) => ({ ...feed, value: (feed.value * 11n) / 10n }))
    }
    const { roundMs } = this.#chain.contract.context.committee.params.timing
    return block.feeds.map((feed) => ({
      ...feed,
      status: 1,
      round: feed.round + LIE_ROUNDS,
      timestampMs: block.timestampMs + LIE_ROUNDS * roundMs,
    }))
  }
}

function lagOf(state: EndpointState): number {
  return state.type === 'lagging' ? state.blocks : 0
}

function nameOf(index: number): string {
  return `rpc${index}`
}
