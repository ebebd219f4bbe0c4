import type { DurationMs, UnixMs } from '../../../aggregator/values/time.ts'
import type { OracleError } from '../../errors.ts'
import type { AskedSpotVenue } from '../../sources/asked.ts'
import { askedVenues } from '../../sources/asked.ts'
import { VenueHosts } from '../../sources/hosts.ts'
import { clockAt } from '../../sources/source-clock.ts'
import { StreamConnection } from '../../sources/stream-connection.ts'
import { streamOpener } from '../../sources/stream-opener.ts'
import { eachAtOnce } from '../at-once.ts'
import type { Check, Tools } from '../check.ts'
import type { Finding } from '../finding.ts'
import { ok, warning } from '../finding.ts'
import { sourceFailure } from '../source-failure.ts'

const AT_ONCE = 8
/** Every stream begins with a price of each market, or has one within a second or two. */
const PRICE_MS = 5_000
/** Some venues take subscriptions a while after the connection. */
const WATCH_MS = 250

/** Opens each venue's stream as the node does, and waits for a first price. */
export const streams: Check = {
  name: 'streams',
  reach: 'network',
  examine: async ({ config, feeds }, tools) => {
    const { spot } = askedVenues({ config: config.sources, feeds })
    const clock = clockAt(tools.clock, config.sources.clockOffsetMs)
    const work = (asked: AskedSpotVenue) => streamOf(asked, { ...tools, clock })
    const findings = await eachAtOnce(spot, { limit: AT_ONCE, work })
    return { findings: findings.filter((each) => each !== null) }
  },
}

/** How a connection went; moments are counted from its beginning. */
export interface StreamSeen {
  readonly openMs: DurationMs | null
  readonly pricedMs: DurationMs | null
  /** Why it ended, or what it refused. */
  readonly error: OracleError | null
}

export function streamFinding(venue: string, { openMs, pricedMs, error }: StreamSeen): Finding {
  const check = `stream ${venue}`
  if (pricedMs !== null) return ok(check, `open after ${openMs} ms, a price after ${pricedMs} ms`)
  const lasting = `sources.venues.${venue}.transport: poll`
  const advice = `prices come by requests meanwhile; for good: ${lasting}`
  if (error !== null) return { ...sourceFailure(check, error), advice }
  const isOpen = openMs !== null
  return warning(check, {
    code: isOpen ? 'SOURCE_STREAM_SILENT' : 'SOURCE_TIMEOUT',
    seen: isOpen ? `open, but no price within ${PRICE_MS} ms` : 'it did not open in time',
    advice,
  })
}

async function streamOf({ found, markets }: AskedSpotVenue, tools: Tools): Promise<Finding | null> {
  const open = streamOpener(found, { ...tools, hosts: new VenueHosts(found.config.baseUrls) })
  const { name, stream } = found.venue
  if (open === null || stream === null || found.streamed === null) return null
  const { clock, signal } = tools
  const { promise: ended, resolve: end } = Promise.withResolvers<OracleError | null>()
  const times: { startMs: UnixMs; pricedMs: UnixMs | null } = {
    startMs: clock.nowMs(),
    pricedMs: null,
  }
  const connection = new StreamConnection(
    { venue: name, stream, markets, limits: found.streamed },
    {
      nowMs: () => clock.nowMs(),
      open,
      onFrame: () => undefined,
      onAnswers: (_, answers) => {
        if (!answers.some(({ type }) => type === 'quoted')) return
        times.pricedMs = clock.nowMs()
        end(null)
      },
      onRefused: end,
      onEnd: (_, error) => end(error),
    },
  )
  const stop = () => end(null)
  const timer = setTimeout(stop, PRICE_MS)
  const watch = setInterval(() => connection.watch(clock.nowMs()), WATCH_MS)
  signal.addEventListener('abort', stop, { once: true })
  const error = await ended
  clearTimeout(timer)
  clearInterval(watch)
  signal.removeEventListener('abort', stop)
  const since = (atMs: UnixMs | null) => (atMs === null ? null : atMs - times.startMs)
  const seen = { openMs: since(connection.openedMs), pricedMs: since(times.pricedMs), error }
  connection.end()
  return streamFinding(name, seen)
}
