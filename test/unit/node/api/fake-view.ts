import type { DryRunView } from '../../../../node/api/dry-run-view.ts'
import type {
  ChainView,
  FeedView,
  MeasuredView,
  NodeView,
  PeerView,
  ReloadView,
  RotationView,
  RoundView,
  SourceView,
  StatusView,
  VenueView,
} from '../../../../node/api/view.ts'
import { EVIDENCE_FORMAT, type EvidenceFile } from '../../../../node/evidence/evidence-file.ts'
import { AGENT_UNKNOWN } from '../../../../node/gossip/agent.ts'

const NOW_MS = 1_790_000_061_000
const MESSAGE = 'ab'.repeat(120)
const ROUND = 123_456

const PRICES = [
  { name: 'BTC/USD', value: '64123.51', spread: '2.75' },
  { name: 'ETH/USD', value: '3187.4402', spread: '0.31' },
  { name: 'SOL/USD', value: '148.920117', spread: '0.020402' },
] as const
const VENUES = ['binance', 'bitstamp', 'coinbase', 'kraken', 'okx'] as const
const PEER_IDS = [
  '16Uiu2HAmQ1vKpZC9m4Q8xqFJ5WbYd3rT7e2sNuLhGkXoPzAaBb11',
  '16Uiu2HAm8YtRr2c4DwE6vUj9mKqNsXpLzHfGa3bC5dJiTnWoQe22',
  '16Uiu2HAkVu5nM7pQw3xZaSdFgHjKlErTyUiOpBvCxNm1q2w3e4r33',
  '16Uiu2HAm4RfVbGtHyNjUmKiOlPqAzWsXeDcRfVtGbYhNuJmKiO44',
] as const

/** Member 1 copies, member 2 is late and lies about one feed, member 3 is away. */
function measuredAt(index: number): MeasuredView {
  const likeness = { count: 2, of: 480, mostly: 0 } as const
  const measured: MeasuredView = {
    absent: { count: 0, of: 512 },
    latenessMs: { p50: 7 + index, p99: 19, max: 31 },
    clockLeadMs: { p50: -6, p99: -3, max: -2 },
    outliers: { count: 0, of: 1_536, worst: null },
    farthestBps: 3,
    echo: likeness,
    follow: likeness,
    isSuspected: false,
  }
  if (index === 1) {
    return { ...measured, echo: { count: 470, of: 480, mostly: 'committee' }, isSuspected: true }
  }
  if (index === 2) {
    const worst = { feed: 'ETH/USD', count: 500, of: 512 }
    const outliers = { count: 503, of: 1_536, worst }
    return {
      ...measured,
      latenessMs: { p50: 141, p99: 389, max: 702 },
      clockLeadMs: { p50: -120, p99: 4, max: 6 },
      outliers,
      farthestBps: 2_000,
    }
  }
  if (index !== 3) return measured
  return { ...measured, absent: { count: 512, of: 512 }, latenessMs: null, clockLeadMs: null }
}

const SHARE = { count: 3, of: 512 }

/** Every field of a dry run with something in it. */
export const DRY_RUN: DryRunView = {
  ...{ seat: 2, followed: 3, connected: 2, certificates: 480, refused: 1, rounds: SHARE },
  certificateAgeMs: { min: 61, p50: 88, max: 140 },
  feeds: [
    {
      ...{ feed: 'BTC/USD', absent: SHARE, outliers: SHARE },
      distanceBps: { p50: 1, p99: 4, max: 9 },
    },
  ],
  targets: [
    {
      ...{ target: 'local', chainId: 31_337, contract: `0x${'5f'.repeat(20)}`, wallet: null },
      ...{ balanceEther: null, balanceEtherMin: '0.05', spentEther: '0' },
      endpoints: [{ endpoint: '127.0.0.1:8545', fault: 'RPC_TIMEOUT', detail: 'no answer' }],
      fault: { code: 'CONTRACT_MISSING', detail: 'no code' },
      isContractKnown: false,
      ...{ priced: 4, hindered: 1, costEtherMax: '0.002' },
      last: {
        ...{ target: 'local', round: ROUND, feeds: 3, code: 'OK', detail: '' },
        ...{ gasMax: 90_000, costEtherMax: '0.0005' },
      },
    },
  ],
}

/** A venue that is asked where it is preferred. */
const at = (host: string) => ({ host, passedOver: [] })

/** A node in the middle of its work: one venue quarantined, one member away. */
export class FakeView implements NodeView {
  nodeName = 'alpha'
  reasons: string[] = []
  /** Members that were convicted of two observations. */
  convicted: number[] = []
  /** What it has found, where it is a dry run. */
  dryRun: DryRunView | null = null
  reload: ReloadView | null = null
  krakenHosts: Pick<VenueView, 'host' | 'passedOver'> = at('api.kraken.com')

  status(): StatusView {
    return {
      name: this.nodeName,
      version: '0.1.0',
      configDigest: 'facade'.repeat(11).slice(0, 64),
      reload: this.reload,
      network: 'local',
      committeeDigest: 'c0ffee'.repeat(10).padEnd(64, '0'),
      member: 0,
      committee: { size: 4, f: 1, threshold: 3 },
      round: ROUND,
      roundMs: 500,
      barrier: 123_000,
      signer: { place: 'inside', isReachable: true, watermark: 122_999, refused: {} },
      startedMs: NOW_MS - 600_000,
      nowMs: NOW_MS,
      rounds: { fast: 438, proposed: 14, skipped: 4 },
      latencyMs: { p50: 96, p99: 231 },
      dryRun: this.dryRun,
    }
  }

  feeds(): readonly FeedView[] {
    return PRICES.map(({ name, value, spread }, index) => ({
      index,
      name,
      kind: 'spot',
      decimals: 8,
      local: { value, sources: 4, code: null },
      certified: {
        value,
        spread,
        observers: 3,
        status: 'ok',
        round: ROUND - 1,
        timestampMs: NOW_MS - 640,
      },
      onChain: [{ target: 'local', value, round: ROUND - 4, timestampMs: NOW_MS - 2_000 }],
    }))
  }

  peers(): readonly PeerView[] {
    return PEER_IDS.map((peerId, index) => ({
      index,
      ...(index === 3 ? AGENT_UNKNOWN : { version: '0.1.0', protocol: 1 }),
      peerId,
      isSelf: index === 0,
      isConnected: index !== 3,
      lastRound: index === 3 ? ROUND - 61 : ROUND,
      observed: index === 3 ? 0 : 32,
      isExpected: index !== 3,
      isConvicted: false,
      isContested: false,
      measured: measuredAt(index),
    }))
  }

  venues(): readonly VenueView[] {
    const polled = { code: 'ok', quotedMs: 1_000, durationMs: 40, pausedUntilMs: 0 }
    const counts = { marketsStreamed: 4, frames: 12_345, reconnects: 1 }
    const stream = { state: 'open', code: 'ok', ...counts } as const
    const lost = {
      ...stream,
      state: 'waiting',
      code: 'SOURCE_STREAM_SILENT',
      marketsStreamed: 0,
    } as const
    return [
      {
        venue: 'binance',
        transport: 'stream',
        ...polled,
        ...at('data-api.binance.vision'),
        stream,
      },
      { venue: 'kraken', transport: 'poll', ...polled, ...this.krakenHosts, stream: lost },
    ]
  }

  sources(): readonly SourceView[] {
    return VENUES.flatMap((venue) =>
      PRICES.map(({ name, value }): SourceView => {
        if (venue === 'kraken') {
          const code = 'VENUE_SILENT'
          return { venue, feed: name, value: null, ageMs: null, state: 'absent', code }
        }
        if (venue !== 'okx' || name !== 'BTC/USD') {
          return { venue, feed: name, value, ageMs: 310, state: 'used', code: null }
        }
        const code = 'QUARANTINED'
        return { venue, feed: name, value: '76948.2', ageMs: 280, state: 'quarantined', code }
      }),
    )
  }

  rounds(): readonly RoundView[] {
    return Array.from({ length: 120 }, (_, index): RoundView => {
      const round = ROUND - index
      if (index === 0) return { round, path: 'open', latencyMs: null }
      if (index % 37 === 0) return { round, path: 'skipped', latencyMs: null }
      if (index % 16 === 5) return { round, path: 'proposed', latencyMs: 290 + (index % 40) }
      return { round, path: 'fast', latencyMs: 70 + ((index * 29) % 60) }
    })
  }

  chains(): readonly ChainView[] {
    return [
      {
        target: 'local',
        chainId: 31_337,
        contract: '0x5fbdb2315678afecb367f032d93f642f64180aa3',
        wallet: '0x70997970c51812dc3a010c7d01b50e0d17dc79c8',
        signer: { place: '127.0.0.1:9000', fault: 'WEB3SIGNER_TIMEOUT' },
        balanceEther: '0.9312',
        spentEther: '0.0021',
        endpoints: [
          { endpoint: '127.0.0.1:8545', fault: null },
          { endpoint: '127.0.0.1:8546', fault: 'RPC_HEAD_AHEAD' },
        ],
        landed: 41,
        superseded: 12,
        failed: 1,
        last: {
          round: ROUND - 4,
          hash: `0x${'ab'.repeat(32)}`,
          blockNumber: 812,
          gasUsed: 71_233,
        },
        lastFailure: { code: 'TRANSMIT_REVERTED', detail: 'RoundNotNewer' },
        succession: {
          ...{ step: 'activate' as const, sinceMs: NOW_MS, isOverdue: true },
          fault: 'WALLET_EMPTY',
        },
        settlements: [
          {
            feed: 'BTC/USD.TWAP',
            expirySeconds: 1_790_323_200,
            state: 'missing',
            closesInSeconds: 432,
          },
        ],
      },
    ]
  }

  evidence(): EvidenceFile {
    const { network, committeeDigest } = this.status()
    const evidence = this.convicted.map((accused) => ({
      ...{ accused, identityKey: '02'.repeat(33), round: ROUND - 9 },
      kind: 'TWO_OBSERVATIONS' as const,
      messages: [MESSAGE, MESSAGE] as [string, string],
    }))
    return { format: EVIDENCE_FORMAT, network, committeeDigest, evidence }
  }

  rotation(): RotationView {
    const term = { fromMs: 0, untilMs: null }
    return { term, approved: null, approvers: [], threshold: 3, locked: [], signed: null }
  }

  obstacles(): readonly string[] {
    return this.reasons
  }
}
