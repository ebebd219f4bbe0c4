import { type FeedParams, isDerived, PROTOCOL_VERSION } from '../../aggregator/committee/params.ts'
import type { Context } from '../../aggregator/context.ts'
import { FEED_STATUS } from '../../aggregator/report/feed-report.ts'
import { decodeWord } from '../../aggregator/report/words.ts'
import type { State } from '../../aggregator/state/state.ts'
import type { PeerFigures } from '../../aggregator/statistics/figures.ts'
import { toHex } from '../../aggregator/values/bytes.ts'
import { formatDecimal } from '../../aggregator/values/decimal.ts'
import { countMembers, hasMember, type MemberIndex } from '../../aggregator/values/ids.ts'
import type {
  ChainView,
  FeedView,
  MeasuredView,
  NodeView,
  PeerView,
  RotationView,
  RoundView,
  SignerView,
  SourceView,
  StatusView,
  VenueView,
} from '../api/view.ts'
import type { Clock } from '../clock.ts'
import { evidenceFileOf } from '../evidence/evidence-file.ts'
import { AGENT_UNKNOWN, type Agent } from '../gossip/agent.ts'
import type { RoundBook } from './round-book.ts'

/** Rounds of which the peer table counts observations; bounded by what the core keeps. */
const OBSERVED_ROUNDS = 16

export interface ViewOptions {
  readonly name: string
  readonly version: string
  readonly context: Context
  readonly self: MemberIndex
  readonly startedMs: number
}

/** Where the view looks; every function is cheap. */
export interface ViewSources {
  readonly config: () => Pick<StatusView, 'configDigest' | 'reload'>
  readonly clock: Pick<Clock, 'nowMs'>
  readonly book: RoundBook
  readonly signer: () => SignerView
  readonly state: () => State
  readonly peers: () => readonly {
    readonly member: MemberIndex
    readonly peerId: string
    readonly isConnected: boolean
    readonly agent: Agent
  }[]
  /** What this node measures of its peers, by member. */
  readonly measured: () => readonly PeerFigures[]
  /** Members whose keys seem to run twice. */
  readonly contested: () => readonly MemberIndex[]
  readonly ownPeerId: () => string
  readonly local: () => readonly FeedView['local'][]
  readonly quotes: () => readonly SourceView[]
  readonly venues: () => readonly VenueView[]
  readonly chains: () => readonly ChainView[]
  readonly rotation: () => RotationView
}

/** The node as it shows itself: reads the machine's state, changes nothing. */
export function createView(options: ViewOptions, sources: ViewSources): NodeView {
  const { context } = options
  return {
    status: () => statusOf(options, sources),
    feeds: () => feedsOf(context, sources),
    peers: () => peersOf(options, sources),
    sources: () => sources.quotes(),
    venues: () => sources.venues(),
    rounds: () => roundsOf(sources),
    chains: () => sources.chains(),
    evidence: () => {
      const held = sources.state().evidence.filter((each) => each !== undefined)
      return evidenceFileOf(
        context.committee,
        held.map(({ message }) => message),
      )
    },
    rotation: () => sources.rotation(),
    obstacles: () => obstaclesOf(context, sources),
  }
}

function statusOf(options: ViewOptions, sources: ViewSources): StatusView {
  const { committee } = options.context
  const state = sources.state()
  return {
    name: options.name,
    version: options.version,
    ...sources.config(),
    network: committee.params.network,
    committeeDigest: toHex(committee.digest),
    member: options.self,
    committee: {
      size: committee.size,
      f: committee.f,
      threshold: committee.signingThreshold,
    },
    round: state.current,
    roundMs: committee.params.timing.roundMs,
    barrier: state.barrier === Number.MAX_SAFE_INTEGER ? 0 : state.barrier,
    startedMs: options.startedMs,
    nowMs: sources.clock.nowMs(),
    signer: sources.signer(),
    rounds: sources.book.counts(),
    latencyMs: sources.book.latencyMs(),
    dryRun: null,
  }
}

function feedsOf(context: Context, sources: ViewSources): FeedView[] {
  const state = sources.state()
  const local = sources.local()
  const observed = observedLast(state)
  const onChain = [...state.targets.values()].map(({ name, feeds }) => ({
    name,
    held: new Map(feeds.map((each) => [each.feed, each])),
  }))
  return context.committee.params.feeds.map((feed, index) => ({
    index,
    name: feed.name,
    kind: feed.kind,
    decimals: feed.decimals,
    local: isDerived(feed.kind)
      ? derivedLocal(observed?.[index] ?? null, feed.decimals)
      : (local[index] ?? { value: null, sources: 0, code: 'SOURCE_UNKNOWN' }),
    certified: certifiedOf(state, index, feed.decimals),
    onChain: onChain.flatMap(({ name, held }) => {
      const last = held.get(index)
      if (last === undefined || last.round === 0) return []
      const value = formatDecimal(last.value, feed.decimals)
      const { round, timestampMs } = last
      return [{ target: name, value, round, timestampMs }]
    }),
  }))
}

/** The values of all feeds that this node observed last; null before the first. */
function observedLast(state: State): readonly (bigint | null)[] | null {
  let newest = 0
  let values: readonly (bigint | null)[] | null = null
  for (const { round, observations } of state.rounds.values()) {
    const own = observations[state.self]
    if (own === undefined || round < newest) continue
    newest = round
    values = own.message.values
  }
  return values
}

/** What this node observed of a feed that it computes from certificates. */
function derivedLocal(value: bigint | null, decimals: number): FeedView['local'] {
  return {
    value: value === null ? null : formatDecimal(value, decimals),
    sources: 0,
    code: value === null ? 'DERIVED_ABSENT' : null,
  }
}

function certifiedOf(state: State, index: number, decimals: number): FeedView['certified'] {
  const certificate = state.best?.message
  const word = certificate?.words[index]
  const report = word === undefined ? null : decodeWord(word)
  if (certificate === undefined || report === null) return null
  const isOk = report.status === FEED_STATUS.ok
  return {
    value: isOk ? formatDecimal(report.value, decimals) : null,
    spread: formatDecimal(report.spread, decimals),
    observers: report.observers,
    status: isOk ? 'ok' : 'unavailable',
    round: certificate.round,
    timestampMs: certificate.timestampMs,
  }
}

function peersOf(options: ViewOptions, sources: ViewSources): PeerView[] {
  const state = sources.state()
  const { committee } = options.context
  const connected = new Map(sources.peers().map((peer) => [peer.member, peer]))
  const expected = state.best?.message.expectedNext ?? committee.all
  const contested = sources.contested()
  return sources.measured().map((figures, index) => {
    const isSelf = index === options.self
    const peer = connected.get(index)
    const own = { version: options.version, protocol: PROTOCOL_VERSION }
    return {
      index,
      ...(isSelf ? own : (peer?.agent ?? AGENT_UNKNOWN)),
      peerId: isSelf ? sources.ownPeerId() : (peer?.peerId ?? ''),
      isSelf,
      isConnected: isSelf || peer?.isConnected === true,
      ...observedOf(state, index),
      isExpected: hasMember(expected, index),
      isConvicted: hasMember(state.convicted, index),
      isContested: contested.includes(index),
      measured: measuredOf(figures, committee.params.feeds),
    }
  })
}

function measuredOf(figures: PeerFigures, feeds: readonly FeedParams[]): MeasuredView {
  const { worst, ...share } = figures.outliers
  const named = worst === null ? null : { ...worst, feed: feeds[worst.feed]?.name ?? '' }
  return { ...figures, outliers: { ...share, worst: named } }
}

function observedOf(state: State, member: MemberIndex): Pick<PeerView, 'lastRound' | 'observed'> {
  let lastRound: number | null = null
  let observed = 0
  for (const round of state.rounds.values()) {
    if (round.observations[member] === undefined) continue
    if (round.round > state.current - OBSERVED_ROUNDS) observed += 1
    if (lastRound === null || round.round > lastRound) lastRound = round.round
  }
  return { lastRound, observed }
}

/** The open round first, while it has no end yet. */
function roundsOf(sources: ViewSources): readonly RoundView[] {
  const rows = sources.book.rounds()
  const { current } = sources.state()
  if (current === 0 || rows.some((row) => row.round >= current)) return rows
  return [{ round: current, path: 'open', latencyMs: null }, ...rows]
}

/** One code for each reason why this node does not do its work now. */
function obstaclesOf({ committee }: Context, sources: ViewSources): string[] {
  const state = sources.state()
  const nowMs = sources.clock.nowMs()
  const connected = sources.peers().filter((peer) => peer.isConnected).length + 1
  const { fromMs, untilMs } = state.term
  const isAhead = state.doubt?.isContradicted === true || sources.book.clock.isAhead(nowMs)
  const chains = sources.chains()
  const settlements = chains.flatMap((chain) => chain.settlements)
  const obstacles: readonly (readonly [code: string, holds: boolean])[] = [
    ['SIGNER_UNREACHABLE', !sources.signer().isReachable],
    ['PEERS_TOO_FEW', connected < committee.observationQuorum],
    ['BARRIER_AHEAD', state.current <= Math.max(state.barrier, state.hearing)],
    ['KEY_CONTESTED', sources.contested().includes(state.self)],
    ['TERM_AHEAD', fromMs === 'never' || nowMs < fromMs],
    ['TERM_OVER', untilMs !== null && nowMs >= untilMs],
    ['CLOCK_BEHIND', state.clock === 'behind'],
    ['CLOCK_DOUBTED', state.clock === 'doubted'],
    ['CLOCK_AHEAD', isAhead],
    ['MEMBER_CONVICTED', hasMember(state.convicted, state.self)],
    ['SETTLEMENT_MISSING', settlements.some((each) => each.state === 'missing')],
    ['HANDOVER_OVERDUE', chains.some(({ succession }) => succession?.isOverdue === true)],
    ['SOURCES_NONE', sources.local().every((feed) => feed.value === null)],
    ['CONVICTED_TOO_MANY', countMembers(state.convicted) > committee.f],
  ]
  return obstacles.flatMap(([code, holds]) => (holds ? [code] : []))
}
