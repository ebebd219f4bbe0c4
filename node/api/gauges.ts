import type { Metrics } from './metrics.ts'
import type { NodeView } from './view.ts'

/**
 * Sets the gauges that only mirror what the node shows of itself; called for each scrape, so that
 * nobody has to keep them true in between.
 */
export function mirror(view: NodeView, metrics: Metrics): void {
  const { round, nowMs, signer } = view.status()
  metrics.round.set(round)
  metrics.signerReachable.set(signer.isReachable ? 1 : 0)
  metrics.signerWatermark.set(signer.watermark)
  const connected = view.peers().filter((peer) => peer.isConnected && !peer.isSelf)
  metrics.peersConnected.set(connected.length)
  for (const { name: feed, certified, local } of view.feeds()) {
    metrics.feedSources.set({ feed }, local.sources)
    if (certified === null) continue
    metrics.feedAge.set({ feed }, Math.max(0, nowMs - certified.timestampMs) / 1_000)
  }
  for (const { venue, stream } of view.venues()) {
    if (stream !== null) metrics.streamOpen.set({ venue }, stream.state === 'open' ? 1 : 0)
  }
  for (const { target, endpoints, spentEther, signer: remote } of view.chains()) {
    metrics.walletSpent.set({ target }, Number(spentEther))
    if (remote !== null) metrics.walletSigner.set({ target }, remote.fault === null ? 1 : 0)
    for (const { endpoint, fault } of endpoints) {
      metrics.endpointUsable.set({ target, endpoint }, fault === null ? 1 : 0)
    }
  }
}
