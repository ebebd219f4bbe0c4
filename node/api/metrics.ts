import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

/** Everything this node counts. Labels hold only names from the configuration and the protocol. */
export type Metrics = ReturnType<typeof createMetrics>

/** Milliseconds to tens of seconds, denser where rounds live. */
const LATENCY_SECONDS = [0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1, 2, 5]
const GAS_USED = [40_000, 60_000, 80_000, 120_000, 200_000, 400_000, 800_000, 1_600_000, 3_000_000]

/** Makes the metrics in a registry of their own; each is explained in docs/metrics.md. */
export function createMetrics() {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const registers = [registry]
  const { counter, gauge } = makersIn(registry)
  return {
    registry,
    ...venueMetrics(registry),
    ...viewMetrics(registry),
    ...machineMetrics(registry),
    ...peerMetrics(registry),
    ...settlementMetrics(registry),
    ...deliveryMetrics(registry),
    ...dryRunMetrics(registry),
    round: gauge('parallax_round', 'Round that is open on this node.', []),
    rounds: counter('parallax_rounds_total', 'Rounds by how they ended here.', ['path']),
    certificateLatency: new Histogram({
      name: 'parallax_certificate_latency_seconds',
      help: 'Opening of a round to its certificate at this node.',
      buckets: LATENCY_SECONDS,
      registers,
    }),
    messages: counter('parallax_messages_total', 'Messages from peers by verdict.', [
      'type',
      'verdict',
    ]),
    faults: counter('parallax_faults_total', 'Messages that were rejected, by reason.', ['code']),
    notes: counter('parallax_notes_total', 'What the protocol noted, by code.', ['code']),
    signerRefusals: counter('parallax_signer_refusals_total', 'What the signer refused, by code.', [
      'code',
    ]),
    clashes: counter('parallax_connection_clashes_total', 'Two connections of one key met.', [
      'member',
    ]),
    peerBans: counter('parallax_peer_bans_total', 'Members that this node banned, by reason.', [
      'member',
      'because',
    ]),
    signerReachable: gauge('parallax_signer_reachable', '1 while the signer answers.', []),
    signerWatermark: gauge('parallax_signer_watermark', 'Newest round of any promise.', []),
    publicPeers: gauge('parallax_public_peers_connected', 'Strangers on the public port.', []),
    streamReaders: gauge('parallax_stream_readers', 'Readers of both streams.', []),
    configRefused: gauge('parallax_config_refused', '1 while the file was refused last.', []),
    reloads: counter('parallax_config_reloads_total', 'Reloads by how they ended.', ['outcome']),
    clockJumps: counter('parallax_clock_jumps_total', "Steps of the host's clock.", ['followed']),
    requests: counter('parallax_api_requests_total', 'Answers of the API by status.', ['status']),
    connectionsRefused: counter(
      'parallax_api_connections_refused_total',
      'Connections to the API that were closed at once, by the limit that they met.',
      ['limit'],
    ),
    readersCut: counter(
      'parallax_api_readers_cut_total',
      'Connections that were ended because they took an answer or a stream too slowly.',
      ['kind'],
    ),
  }
}

/** What only mirrors the view (gauges.ts). */
function viewMetrics(registry: Registry) {
  const { gauge } = makersIn(registry)
  return {
    buildInfo: gauge('parallax_build_info', 'Always 1; what runs and with what.', [
      'version',
      'config',
    ]),
    obstacles: gauge('parallax_obstacle', '1 for each reason why this node is not ready.', [
      'code',
    ]),
    peersConnected: gauge('parallax_peers_connected', 'Members that are connected.', []),
    peerConnected: gauge('parallax_peer_connected', '1 while a member is connected.', ['member']),
    peerObserved: gauge(
      'parallax_peer_observed_rounds',
      'Of the newest 16 rounds, those with an observation of a member.',
      ['member'],
    ),
    feedAge: gauge('parallax_feed_age_seconds', 'Age of the newest certified report.', ['feed']),
    feedAvailable: gauge('parallax_feed_available', '1 while the committee has a value.', ['feed']),
    feedSources: gauge('parallax_feed_sources', "Venues in this node's own value.", ['feed']),
    chainFeedAge: gauge('parallax_chain_feed_age_seconds', 'Age of what a contract holds.', [
      'target',
      'feed',
    ]),
  }
}

/** What a node uses up over months. */
function machineMetrics(registry: Registry) {
  const { counter, gauge } = makersIn(registry)
  return {
    diskFree: gauge('parallax_disk_free_bytes', 'Free space for the data directory.', ['place']),
    journalBytes: gauge('parallax_journal_bytes', 'Size of the journal.', []),
    journalLost: counter('parallax_journal_lost_total', 'Entries that were not written.', []),
  }
}

/** What is measured of each member (protocol §9.2); this node's own figures stand among them. */
function peerMetrics(registry: Registry) {
  const { gauge } = makersIn(registry)
  const times = ['member', 'quantile'] as const
  return {
    peerLateness: gauge(
      'parallax_peer_lateness_seconds',
      "Opening of a round to a member's observation.",
      times,
    ),
    peerClockLead: gauge(
      'parallax_peer_clock_lead_seconds',
      "A member's clock before this one, less the way of its message.",
      times,
    ),
    peerAbsent: gauge('parallax_peer_absent_ratio', 'Rounds without an observation.', ['member']),
    peerOutliers: gauge('parallax_peer_outlier_ratio', 'Values far from the certified ones.', [
      'member',
    ]),
    peerEchoes: gauge('parallax_peer_echo_ratio', 'Rounds that repeat what another gave up.', [
      'member',
    ]),
    peerFollows: gauge('parallax_peer_follow_ratio', 'Rounds that say what another said sooner.', [
      'member',
    ]),
    peerBuild: gauge('parallax_peer_build_info', 'Always 1; what a member says it runs.', [
      ...(['member', 'version', 'protocol'] as const),
    ]),
    peerForeign: gauge(
      'parallax_peer_protocol_differs',
      '1 while a member says that it speaks another version of the protocol.',
      ['member'],
    ),
    peerSuspected: gauge('parallax_peer_copying_suspected', '1 while echoes are half.', ['member']),
  }
}

function settlementMetrics(registry: Registry) {
  const { counter, gauge } = makersIn(registry)
  return {
    settlements: counter(
      'parallax_settlements_total',
      'Expiries that this node settled, or that it cannot settle any more.',
      ['target', 'outcome'],
    ),
    successionCalls: counter(
      'parallax_succession_calls_total',
      'Transactions that bring this committee into office, by how they ended.',
      ['target', 'step', 'code'],
    ),
    settlementUnsettled: gauge(
      'parallax_settlement_unsettled_seconds',
      'Age of the oldest open expiry without a price.',
      ['target'],
    ),
  }
}

/** What a dry run would do and how its values compare; a node that takes part has none of it. */
function dryRunMetrics(registry: Registry) {
  const { counter, gauge } = makersIn(registry)
  return {
    dryDeliveries: counter('parallax_dry_run_deliveries_total', 'Deliveries it would have sent.', [
      'target',
      'code',
    ]),
    dryDistance: gauge('parallax_dry_run_distance_ratio', 'Own values from the certified ones.', [
      'feed',
      'quantile',
    ]),
    dryAbsent: gauge('parallax_dry_run_absent_ratio', 'Certified rounds without an own value.', [
      'feed',
    ]),
  }
}

function venueMetrics(registry: Registry) {
  const { counter, gauge } = makersIn(registry)
  return {
    quotes: counter('parallax_quotes_total', 'Quotes by venue and outcome.', ['venue', 'outcome']),
    sourceAge: gauge('parallax_source_age_seconds', "Age of a venue's latest quote for a feed.", [
      'venue',
      'feed',
    ]),
    sourceState: gauge('parallax_source_state', '1 for the state of a venue in a feed.', [
      'venue',
      'feed',
      'state',
    ]),
    streamOpen: gauge('parallax_venue_stream_open', '1 while prices come by the stream.', [
      'venue',
    ]),
    streamFrames: counter('parallax_venue_stream_frames_total', 'Messages of streams of venues.', [
      'venue',
    ]),
    streamFaults: counter(
      'parallax_venue_stream_faults_total',
      'Lost streams and refusals, by reason.',
      ['venue', 'code'],
    ),
    hostFaults: counter(
      'parallax_venue_host_faults_total',
      'Polls in which a host of a venue failed as a whole, by reason.',
      ['venue', 'host', 'code'],
    ),
  }
}

function deliveryMetrics(registry: Registry) {
  const registers = [registry]
  const { counter, gauge } = makersIn(registry)
  return {
    transmissions: counter('parallax_transmissions_total', 'Deliveries by outcome and code.', [
      'target',
      'outcome',
      'code',
    ]),
    transmissionGas: new Histogram({
      name: 'parallax_transmission_gas_units',
      help: 'Gas that a landed delivery used.',
      labelNames: ['target'],
      buckets: GAS_USED,
      registers,
    }),
    deliveryCost: gauge('parallax_delivery_cost_ether', 'What the newest delivery cost.', [
      'target',
    ]),
    walletBalance: gauge('parallax_wallet_balance_ether', 'What the wallet holds.', ['target']),
    walletSpent: gauge('parallax_wallet_spent_ether', 'Paid in the last 24 hours.', ['target']),
    walletSigner: gauge('parallax_wallet_signer_usable', '1 while the remote signer signs.', [
      'target',
    ]),
    endpointUsable: gauge('parallax_rpc_endpoint_usable', '1 usable, 0 left out.', [
      'target',
      'endpoint',
    ]),
  }
}

function makersIn(registry: Registry) {
  const registers = [registry]
  return {
    counter: <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
      new Counter<L>({ name, help, labelNames, registers }),
    gauge: <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
      new Gauge<L>({ name, help, labelNames, registers }),
  }
}
