import { isDerived } from '../../aggregator/committee/params.ts'
import { formatDecimal } from '../../aggregator/values/decimal.ts'
import type { FeedView, Overview, RoundView } from '../api/view.ts'
import type { LocalNetwork } from './network.ts'
import type { RoundAtNode } from './summary.ts'
import type { FeedRow, NodeRow } from './table.ts'

/** What one look at the whole network found. */
export interface Look {
  /** The newest round of any oracle; null before the first answer. */
  readonly round: number | null
  readonly overviews: readonly (Overview | null)[]
  /** What contracts read, by feed. */
  readonly consumers: readonly (bigint | null)[]
  readonly deliveries: { readonly count: number; readonly gas: number | null }
}

/** Watches a local network through its public faces and remembers how its rounds went. */
export class Monitor {
  readonly #network: LocalNetwork
  readonly #rounds: Map<number, RoundAtNode>[]
  #firstOnChainMs: number | null = null

  constructor(network: LocalNetwork) {
    this.#network = network
    this.#rounds = network.nodes.map(() => new Map())
  }

  /** From the start of the oracles to the first price that a consumer contract read. */
  get firstOnChainMs(): number | null {
    return this.#firstOnChainMs
  }

  /** Rounds by oracle, as far as it was seen. */
  rounds(): readonly (readonly RoundAtNode[])[] {
    return this.#rounds.map((rows) => [...rows.values()])
  }

  async look(): Promise<Look> {
    const { nodes, chain, committee, startedAtMs } = this.#network
    const [overviews, consumers, delivered] = await Promise.all([
      Promise.all(nodes.map(({ client }) => client.overview())),
      Promise.all(committee.params.feeds.map((_, feed) => valueOnChain(this.#network, feed))),
      chain.deliveries(),
    ])
    const { feeds } = committee.params
    const isOnChain = consumers.some(
      (price, feed) => price !== null && feeds[feed]?.kind === 'spot',
    )
    if (this.#firstOnChainMs === null && isOnChain) {
      this.#firstOnChainMs = Math.round(performance.now() - startedAtMs)
    }
    overviews.forEach((overview, index) => {
      for (const row of overview?.rounds ?? []) this.#remember(index, row)
    })
    const rounds = overviews.flatMap((each) => (each === null ? [] : [each.status.round]))
    const gas = delivered.map((each) => each.gasUsed)
    return {
      round: rounds.length === 0 ? null : Math.max(...rounds),
      overviews,
      consumers,
      deliveries: { count: delivered.length, gas: meanOf(gas) },
    }
  }

  feedRows(look: Look): FeedRow[] {
    const { committee } = this.#network
    return committee.params.feeds.map((feed, index) => {
      const newest = newestFeed(look, index)
      const onChain = look.consumers[index] ?? null
      return {
        feed: feed.name,
        value: newest?.certified?.value ?? null,
        spread: newest?.certified?.spread ?? null,
        sources: !isDerived(feed.kind)
          ? look.overviews.map((each) => each?.feeds[index]?.local.sources ?? '-').join('/')
          : // Its last word says enough, and leaves the table narrow.
            (feed.kind.split('-').at(-1) ?? feed.kind),
        onChain: onChain === null ? null : formatDecimal(onChain, feed.decimals),
        onChainRound: newest?.onChain[0]?.round ?? null,
      }
    })
  }

  nodeRows(look: Look): NodeRow[] {
    return this.#network.nodes.map((node, index) => {
      const overview = look.overviews[index] ?? null
      const { status } = overview ?? { status: null }
      return {
        index: node.index,
        state: !node.process.isRunning ? 'killed' : overview === null ? 'starting' : 'running',
        pid: node.process.pid,
        round: status?.round ?? null,
        fast: status?.rounds.fast ?? 0,
        proposed: status?.rounds.proposed ?? 0,
        skipped: status?.rounds.skipped ?? 0,
        latencyMs: status?.latencyMs ?? null,
        peers: overview?.peers.filter((peer) => peer.isConnected && !peer.isSelf).length ?? 0,
      }
    })
  }

  #remember(index: number, row: RoundView): void {
    if (row.path === 'open') return
    const { round, path, latencyMs } = row
    this.#rounds[index]?.set(round, { round, path, latencyMs })
  }
}

/**
 * What a consumer contract reads of a feed, at a block or the newest one; null before any report.
 * The example consumer refuses what is not above zero, as a rate may be: the hub holds that.
 */
export async function valueOnChain(
  { committee, chain }: Pick<LocalNetwork, 'committee' | 'chain'>,
  feed: number,
  blockNumber?: bigint,
): Promise<bigint | null> {
  return committee.params.feeds[feed]?.kind === 'funding'
    ? await chain.heldValue(feed, blockNumber)
    : await chain.consumerPrice(feed, blockNumber)
}

/** The feed as the oracle with the newest certificate shows it. */
export function newestFeed(look: Look, index: number): FeedView | null {
  let newest: FeedView | null = null
  for (const overview of look.overviews) {
    const feed = overview?.feeds[index]
    if (feed === undefined) continue
    if ((feed.certified?.round ?? 0) > (newest?.certified?.round ?? -1)) newest = feed
  }
  return newest
}

export function meanOf(values: readonly number[]): number | null {
  if (values.length === 0) return null
  return Math.round(values.reduce((sum, value) => sum + value, 0) / values.length)
}
