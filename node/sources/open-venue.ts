import type { Dispatcher } from 'undici'
import type { VenueName } from '../../aggregator/aggregation/quote.ts'
import type { DurationMs, UnixMs } from '../../aggregator/values/time.ts'
import type { Log } from '../logging.ts'
import type { Lookup } from './agent.ts'
import { createAgent } from './agent.ts'
import type { Asked, AskedSpotVenue } from './asked.ts'
import { askedSpot } from './asked.ts'
import { intervalMsMin } from './budget.ts'
import type { Circuit } from './circuit.ts'
import { CIRCUIT_RULES } from './circuit.ts'
import { STREAM_DEFAULTS } from './defaults.ts'
import type { HostFault, HostRests } from './hosts.ts'
import { VenueHosts } from './hosts.ts'
import type { LimitsBook } from './limits.ts'
import { PollPace } from './pace.ts'
import type { PollReport, PollStatus } from './poller.ts'
import { VenuePoller } from './poller.ts'
import type { StreamReport, StreamStatus } from './stream-client.ts'
import { StreamClient } from './stream-client.ts'
import { streamOpener } from './stream-opener.ts'
import type { TrafficTap } from './tap.ts'
import type { AskedVenue, VenueRequest } from './venue.ts'
import { VenueClient } from './venue-client.ts'
import type { VenueConfig } from './venue-config.ts'
import { freshMsOf } from './venue-config.ts'

/** What asking venues takes from the machine. */
export interface AskingDependencies {
  readonly clock: { readonly nowMs: () => UnixMs }
  readonly log: Log
  /** Finds the addresses of a venue's name, as `dns.promises.lookup` with `all` does. */
  readonly lookup: Lookup
  /** Waits; rejects when the signal aborts. */
  readonly sleep: (ms: DurationMs, signal: AbortSignal) => Promise<void>
  /** A number from 0 up to 1 that spreads retries, first polls and new connections. */
  readonly jitter: () => number
  /** Replaces the connections that poll every venue, for tests; nobody here closes it. */
  readonly dispatcher?: Dispatcher
  /** Hears all traffic, for a recording. */
  readonly tap?: TrafficTap
}

export interface OpenVenueDependencies extends AskingDependencies {
  readonly onPolled: (
    report: PollReport,
    from: { readonly venue: VenueName; readonly stream: StreamClient | null },
  ) => void
  readonly onStreamed: (venue: VenueName, report: StreamReport) => void
  readonly onStreamFault: (venue: VenueName, code: string) => void
  readonly onHostFault: (venue: VenueName, fault: HostFault) => void
  /** Of all venues; each has its own where left out. */
  readonly limits?: LimitsBook | undefined
  /** How the venue stood when it was asked in another way; left out where it was not. */
  readonly standing?: OpenStanding | undefined
}

/** What a venue has against being asked in any way; it outlives how it is asked now. */
export interface OpenStanding {
  readonly polls: Circuit
  readonly rests: HostRests
  /** Left out where it is only polled. */
  readonly stream?: Circuit | undefined
}

/** A venue that is being asked. */
export interface OpenVenue {
  readonly poller: VenuePoller
  readonly stream: StreamClient | null
  readonly standing: () => OpenStanding
  readonly close: () => Promise<void>
}

/** How a venue does; shown to operators. */
export interface VenueStatus extends PollStatus {
  /** What its prices come by at this moment. */
  readonly transport: 'stream' | 'poll'
  /** Null where the venue is only polled. */
  readonly stream: StreamStatus | null
}

/** A venue of spot markets: its stream, and polls for what the stream does not bring. */
export function openVenue(asked: AskedSpotVenue, dependencies: OpenVenueDependencies): OpenVenue {
  const { venue } = asked.found
  const { config, requests } = askedSpot(asked)
  const pollMs = pollMsOf(venue, config, requests)
  const hosts = new VenueHosts(config.baseUrls, dependencies.standing?.rests)
  const stream = openStream(asked, { pollMs, hosts }, dependencies)
  const isFresh = (market: string, nowMs: UnixMs) => stream?.isFresh(market, nowMs) ?? false
  const pace = new PollPace(asked.markets, isFresh)
  const requestsAt = (nowMs: UnixMs) => venue.requests(pace.due(nowMs))
  return open(venue, { config, pollMs, hosts, requestsAt, stream }, dependencies)
}

/** A venue of derivatives, which is polled. */
export function openPolledVenue(
  { venue, config, requests }: Asked,
  dependencies: OpenVenueDependencies,
): OpenVenue {
  const pollMs = pollMsOf(venue, config, requests)
  const hosts = new VenueHosts(config.baseUrls, dependencies.standing?.rests)
  const how = { config, pollMs, hosts, stream: null }
  return open(venue, { ...how, requestsAt: () => requests }, dependencies)
}

export function statusOf({ poller, stream }: OpenVenue): VenueStatus {
  const status = stream?.status() ?? null
  const isStreamed = status !== null && status.marketsStreamed > 0
  return { ...poller.status(), transport: isStreamed ? 'stream' : 'poll', stream: status }
}

function open(
  venue: AskedVenue,
  how: {
    readonly config: VenueConfig
    readonly pollMs: DurationMs
    readonly hosts: VenueHosts
    readonly requestsAt: (nowMs: UnixMs) => readonly VenueRequest[]
    readonly stream: StreamClient | null
  },
  dependencies: OpenVenueDependencies,
): OpenVenue {
  const { clock, sleep, jitter, lookup, log, dispatcher: lent, tap, onPolled } = dependencies
  const { config, pollMs, hosts, requestsAt, stream } = how
  const connection = lent === undefined ? connect(config, lookup) : borrow(lent)
  const asked = { dispatcher: connection.dispatcher, baseUrls: config.baseUrls }
  const dispatcher = tap === undefined ? asked.dispatcher : tap.polls(venue.name, asked)
  const client = new VenueClient(
    { venue, config, circuit: CIRCUIT_RULES },
    {
      clock,
      sleep,
      jitter,
      dispatcher,
      hosts,
      limits: dependencies.limits?.of(venue),
      circuit: dependencies.standing?.polls,
      onHostFault: (fault) => dependencies.onHostFault(venue.name, fault),
    },
  )
  const report = (polled: PollReport) => onPolled(polled, { venue: venue.name, stream })
  const poller = new VenuePoller(
    { requestsAt, pollMs },
    { client, clock, sleep, jitter, log, report },
  )
  const standing = () => {
    return { polls: client.circuit, rests: hosts.rests, stream: stream?.circuit }
  }
  return { poller, stream, standing, close: connection.close }
}

function openStream(
  { found, markets }: AskedSpotVenue,
  { pollMs, hosts }: { readonly pollMs: DurationMs; readonly hosts: VenueHosts },
  dependencies: OpenVenueDependencies,
): StreamClient | null {
  const { clock, sleep, jitter, log, tap, onStreamed, onStreamFault } = dependencies
  const { streamed } = found
  const { name, stream } = found.venue
  const open = streamOpener(found, { ...dependencies, hosts })
  if (streamed === null || open === null || stream === null) return null
  return new StreamClient(
    {
      venue: name,
      stream,
      markets,
      limits: streamed,
      freshMs: freshMsOf(pollMs),
      windowMs: STREAM_DEFAULTS.windowMs,
    },
    {
      clock,
      sleep,
      jitter,
      log,
      circuit: dependencies.standing?.stream,
      open: tap === undefined ? open : tap.stream(name, open),
      report: (report) => onStreamed(name, report),
      onFault: (code) => onStreamFault(name, code),
    },
  )
}

/** Never faster than the venue allows, whatever the configuration says. */
function pollMsOf(
  venue: AskedVenue,
  { pollMs }: VenueConfig,
  all: readonly VenueRequest[],
): DurationMs {
  const weight = all.reduce((sum, request) => sum + request.weight, 0)
  return Math.max(pollMs, intervalMsMin(venue.budget, weight))
}

interface Connection {
  readonly dispatcher: Dispatcher
  readonly close: () => Promise<void>
}

function connect(config: VenueConfig, lookup: Lookup): Connection {
  const agent = createAgent(config, lookup)
  return { dispatcher: agent, close: () => agent.destroy() }
}

function borrow(dispatcher: Dispatcher): Connection {
  return { dispatcher, close: async () => undefined }
}
