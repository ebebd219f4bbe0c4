import { PROTOCOL_VERSION } from '../../aggregator/committee/params.ts'
import type { Share } from '../../aggregator/statistics/figures.ts'
import { BPS_WHOLE } from '../../aggregator/values/basis-points.ts'
import type { DryRunView } from './dry-run-view.ts'
import type { Metrics } from './metrics.ts'
import type { MeasuredView, NodeView, SettlementView } from './view.ts'

/** An expiry in one of these states has no price yet. */
const UNSETTLED: readonly SettlementView['state'][] = ['waiting', 'missing', 'missed']

/**
 * Sets the gauges that only mirror what the node shows of itself; called for each scrape, so that
 * nobody has to keep them true in between.
 */
export function mirror(view: NodeView, metrics: Metrics): void {
  const { round, nowMs, signer, dryRun, reload } = view.status()
  metrics.configRefused.set(reload?.outcome === 'refused' ? 1 : 0)
  if (dryRun !== null) mirrorDryRun(dryRun, metrics)
  metrics.round.set(round)
  metrics.signerReachable.set(signer.isReachable ? 1 : 0)
  metrics.signerWatermark.set(signer.watermark)
  // A reason that is gone must not stay behind.
  metrics.obstacles.reset()
  for (const code of view.obstacles()) metrics.obstacles.set({ code }, 1)
  mirrorPeers(view, metrics)
  for (const { index, measured } of view.peers()) mirrorMeasured(String(index), measured, metrics)
  mirrorFeeds(view, { nowMs, metrics })
  mirrorSources(view, metrics)
  // A reload may take venues and endpoints away.
  metrics.streamOpen.reset()
  metrics.endpointUsable.reset()
  for (const { venue, stream } of view.venues()) {
    if (stream !== null) metrics.streamOpen.set({ venue }, stream.state === 'open' ? 1 : 0)
  }
  for (const { target, endpoints, spentEther, signer: remote, settlements } of view.chains()) {
    metrics.walletSpent.set({ target }, Number(spentEther))
    if (remote !== null) metrics.walletSigner.set({ target }, remote.fault === null ? 1 : 0)
    const ages = settlements
      .filter(({ state }) => UNSETTLED.includes(state))
      .map(({ expirySeconds }) => nowMs / 1_000 - expirySeconds)
    metrics.settlementUnsettled.set({ target }, Math.max(0, ...ages))
    for (const { endpoint, fault } of endpoints) {
      metrics.endpointUsable.set({ target, endpoint }, fault === null ? 1 : 0)
    }
  }
}

function mirrorPeers(view: NodeView, metrics: Metrics): void {
  const others = view.peers().filter((peer) => !peer.isSelf)
  metrics.peersConnected.set(others.filter((peer) => peer.isConnected).length)
  // What a member said before must not stay beside what it says now.
  metrics.peerBuild.reset()
  for (const { index, isConnected, observed, version, protocol } of others) {
    const member = String(index)
    const isForeign = protocol !== null && protocol !== PROTOCOL_VERSION
    metrics.peerForeign.set({ member }, isForeign ? 1 : 0)
    if (version !== null) metrics.peerBuild.set({ member, version, protocol: String(protocol) }, 1)
    metrics.peerConnected.set({ member }, isConnected ? 1 : 0)
    metrics.peerObserved.set({ member }, observed)
  }
}

function mirrorFeeds(
  view: NodeView,
  { nowMs, metrics }: { readonly nowMs: number; readonly metrics: Metrics },
): void {
  const ageSeconds = (timestampMs: number) => Math.max(0, nowMs - timestampMs) / 1_000
  for (const { name: feed, certified, local, onChain } of view.feeds()) {
    metrics.feedSources.set({ feed }, local.sources)
    metrics.feedAvailable.set({ feed }, certified?.status === 'ok' ? 1 : 0)
    if (certified !== null) metrics.feedAge.set({ feed }, ageSeconds(certified.timestampMs))
    for (const { target, timestampMs } of onChain) {
      metrics.chainFeedAge.set({ target, feed }, ageSeconds(timestampMs))
    }
  }
}

function mirrorMeasured(member: string, measured: MeasuredView, metrics: Metrics): void {
  for (const [gauge, times] of [
    [metrics.peerLateness, measured.latenessMs],
    [metrics.peerClockLead, measured.clockLeadMs],
  ] as const) {
    if (times === null) continue
    gauge.set({ member, quantile: '0.5' }, times.p50 / 1_000)
    gauge.set({ member, quantile: '0.99' }, times.p99 / 1_000)
    gauge.set({ member, quantile: '1' }, times.max / 1_000)
  }
  metrics.peerAbsent.set({ member }, ratioOf(measured.absent))
  metrics.peerOutliers.set({ member }, ratioOf(measured.outliers))
  metrics.peerEchoes.set({ member }, ratioOf(measured.echo))
  metrics.peerFollows.set({ member }, ratioOf(measured.follow))
  metrics.peerSuspected.set({ member }, measured.isSuspected ? 1 : 0)
}

function mirrorDryRun({ feeds }: DryRunView, metrics: Metrics): void {
  for (const { feed, absent, distanceBps } of feeds) {
    metrics.dryAbsent.set({ feed }, ratioOf(absent))
    if (distanceBps === null) continue
    metrics.dryDistance.set({ feed, quantile: '0.5' }, distanceBps.p50 / BPS_WHOLE)
    metrics.dryDistance.set({ feed, quantile: '0.99' }, distanceBps.p99 / BPS_WHOLE)
    metrics.dryDistance.set({ feed, quantile: '1' }, distanceBps.max / BPS_WHOLE)
  }
}

/** 0 where nothing was counted yet. */
function ratioOf({ count, of }: Share): number {
  return of === 0 ? 0 : count / of
}

/** One age and one state for each venue of each feed, whatever it was in before. */
function mirrorSources(view: NodeView, metrics: Metrics): void {
  metrics.sourceState.reset()
  metrics.sourceAge.reset()
  for (const { venue, feed, ageMs, state } of view.sources()) {
    metrics.sourceState.set({ venue, feed, state }, 1)
    if (ageMs !== null) metrics.sourceAge.set({ venue, feed }, ageMs / 1_000)
  }
}
