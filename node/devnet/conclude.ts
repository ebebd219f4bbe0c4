import { join } from 'node:path'
import type { FeedKind } from '../../aggregator/committee/params.ts'
import { decodeWord } from '../../aggregator/report/words.ts'
import { fromHex } from '../../aggregator/values/bytes.ts'
import { formatDecimal } from '../../aggregator/values/decimal.ts'
import { JOURNAL_FILE } from '../compose/store.ts'
import { scanShares } from '../store/scan-shares.ts'
import { type Look, type Monitor, meanOf, newestFeed, valueOnChain } from './monitor.ts'
import type { LocalNetwork } from './network.ts'
import type { OptionDesk } from './option-desk.ts'
import type { Outage } from './outage.ts'
import { countRounds, type FeedOutcome, type RoundRange, type Summary } from './summary.ts'

export interface Conclusion {
  readonly network: LocalNetwork
  readonly monitor: Monitor
  readonly outage: Outage
  readonly range: RoundRange
  readonly desk: OptionDesk
}

/** Takes stock of a run: from the oracles' APIs, their journals, and the chain. */
export async function conclude(conclusion: Conclusion): Promise<Summary> {
  const { network, monitor, outage, range } = conclusion
  const look = await monitor.look()
  const delivered = await network.chain.deliveries()
  const { rounds, latencyMs } = countRounds(monitor.rounds(), range)
  const head = await network.chain.head()
  const outcomesOf = async (wanted: FeedKind): Promise<FeedOutcome[]> =>
    await Promise.all(
      network.committee.params.feeds.flatMap(({ kind }, feed) =>
        kind === wanted ? [outcomeOf(network, { look, head, feed })] : [],
      ),
    )
  const { sharesSeen, conflicts } = scanShares(
    network.nodes.map(({ files }) => join(files.directory, 'data', JOURNAL_FILE)),
  )
  return {
    nodes: network.nodes.length,
    rounds,
    latencyMs,
    keygenMs: network.keygenMs,
    firstOnChainMs: monitor.firstOnChainMs,
    feeds: await outcomesOf('spot'),
    impliedVolatilities: await outcomesOf('volatility'),
    forwards: await outcomesOf('forward'),
    fundingRates: await outcomesOf('funding'),
    gasPerUpdate: meanOf(delivered.map((each) => each.gasUsed)),
    pids: network.nodes.flatMap(({ process }) => (process.pid === null ? [] : [process.pid])),
    peerIds: look.overviews.flatMap(
      (each) => each?.peers.flatMap((peer) => (peer.isSelf ? [peer.peerId] : [])) ?? [],
    ),
    contract: network.chain.deployment.hub,
    txHashes: delivered.map((each) => each.hash),
    sharesSeen,
    conflicts: conflicts.length,
    restarted: outage.returns,
    option: conclusion.desk.view(),
    optionFailure: conclusion.desk.failure,
  }
}

async function outcomeOf(
  network: LocalNetwork,
  at: { readonly look: Look; readonly head: bigint; readonly feed: number },
): Promise<FeedOutcome> {
  const { look, head, feed } = at
  const { name = '', decimals = 0 } = network.committee.params.feeds[feed] ?? {}
  const newest = newestFeed(look, feed)
  const [price, round] = await Promise.all([
    valueOnChain(network, feed, head),
    network.chain.heldRound(feed, head),
  ])
  return {
    id: name,
    value: newest?.certified?.value ?? null,
    round: newest?.certified?.round ?? null,
    onChainValue: price === null ? null : formatDecimal(price, decimals),
    onChainRound: round === 0 ? null : round,
    certifiedValue: await certifiedValue(network, { feed, round }),
  }
}

/** What the committee certified for a feed in a round, from whichever oracle holds it. */
async function certifiedValue(
  network: LocalNetwork,
  asked: { readonly feed: number; readonly round: number },
): Promise<string | null> {
  const decimals = network.committee.params.feeds[asked.feed]?.decimals ?? 0
  for (const { client } of network.nodes) {
    const word = (await client.certificate(asked.round))?.words[asked.feed]
    const report = word === undefined ? null : decodeWord(fromHex(word))
    if (report !== null) return formatDecimal(report.value, decimals)
  }
  return null
}
