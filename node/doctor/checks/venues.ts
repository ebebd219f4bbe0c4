import type { QuoteBook } from '../../../aggregator/aggregation/node-price.ts'
import { quoteKey } from '../../../aggregator/aggregation/node-price.ts'
import type { ReceivedQuote } from '../../../aggregator/aggregation/quote.ts'
import { succeedQuote } from '../../../aggregator/aggregation/quote.ts'
import type { DurationMs } from '../../../aggregator/values/time.ts'
import { type Asked, askedDerivatives, askedSpot, askedVenues } from '../../sources/asked.ts'
import type { HostFault } from '../../sources/hosts.ts'
import type { PolledOnce } from '../../sources/one-poll.ts'
import { pollOnce } from '../../sources/one-poll.ts'
import { clockAt } from '../../sources/source-clock.ts'
import type { PollOutcome } from '../../sources/venue-client.ts'
import { eachAtOnce } from '../at-once.ts'
import type { Check, Tools } from '../check.ts'
import type { ClockReading } from '../clock-reading.ts'
import { readingOf } from '../clock-reading.ts'
import type { Finding } from '../finding.ts'
import { fault, ok, warning } from '../finding.ts'
import { sourceFailure } from '../source-failure.ts'

/** Enough for the twelve that are built in to be asked in two turns. */
const AT_ONCE = 8
/** A venue answers for as many markets as its requests name, each with a date. */
const READINGS_MAX = 256

/** Asks every venue once, as the node does in each poll. */
export const venues: Check = {
  name: 'venues',
  reach: 'network',
  examine: async ({ config, feeds }, tools) => {
    const scope = { config: config.sources, feeds }
    const { spot, derivatives } = askedVenues(scope)
    const asked = [
      ...spot.map(askedSpot),
      ...derivatives.map((venue) => askedDerivatives(venue, feeds)),
    ]
    if (asked.length === 0) {
      const seen = 'no feed of the committee has a venue in sources.feeds'
      const told = { code: 'FEED_NOT_CONFIGURED', seen, advice: 'name venues for the feeds' }
      return { findings: [fault('venues', told)] }
    }
    const readings: ClockReading[] = []
    const { clockOffsetMs } = config.sources
    const clock = clockAt(tools.clock, clockOffsetMs)
    const work = (each: Asked) => answerOf(each, { ...tools, clock }, readings)
    const answers = await eachAtOnce(asked, { limit: AT_ONCE, work })
    return {
      findings: answers.map(({ name, ...seen }) => venueFinding(`venue ${name}`, seen)),
      // A replayed market has the dates of then, and they are compared with a clock of then.
      facts: { readings: clockOffsetMs === 0 ? readings : [], quotes: quotesOf(answers) },
    }
  },
}

interface VenueSeen extends PolledOnce {
  readonly durationMs: DurationMs
}

async function answerOf(asked: Asked, tools: Tools, readings: ClockReading[]) {
  const startMs = tools.clock.nowMs()
  const polled = await pollOnce(asked, {
    ...tools,
    onHead: (head) => {
      // What runs on this machine has this machine's clock.
      const reading = isLoopback(head.host) ? null : readingOf(head.host, head)
      if (reading !== null && readings.length < READINGS_MAX) readings.push(reading)
    },
  })
  return { name: asked.venue.name, ...polled, durationMs: tools.clock.nowMs() - startMs }
}

/** A venue that fails is a warning: whether it is missed shows in the feeds. */
export function venueFinding(
  check: string,
  { outcomes, hosts: { host, passedOver }, durationMs }: VenueSeen,
): Finding {
  const [failed] = outcomes.flatMap((each) => (each.type === 'failed' ? [each.error] : []))
  if (failed !== undefined) return sourceFailure(check, failed)
  const answers = outcomes.flatMap((each) => (each.type === 'answered' ? each.answers : []))
  const quoted = answers.filter(({ type }) => type === 'quoted').length
  for (const answer of answers) {
    if (answer.type !== 'refused') continue
    const detail = answer.detail === undefined ? '' : `: ${answer.detail}`
    return warning(check, {
      code: answer.code,
      seen: `${quoted} of ${answers.length} markets have a price, not ${answer.market}${detail}`,
      advice: `look ${answer.code} up in docs/errors.md, or drop that market from sources`,
    })
  }
  const seen = `${quoted} markets priced within ${durationMs} ms`
  const [preferred] = passedOver
  if (preferred === undefined) return ok(check, seen)
  return warning(check, {
    code: preferred.code,
    seen: `${seen} at ${host}; not at ${passedOver.map(faultText).join(', ')}`,
    advice: 'list hosts that work here first in baseUrls of this venue',
  })
}

function faultText({ host, code }: HostFault): string {
  return code === 'SOURCE_REGION_BLOCKED' ? `${host}, which does not serve this region` : host
}

/** @param host name and port */
function isLoopback(host: string): boolean {
  return /^(?:localhost|127\..*|\[::1\])(?::|$)/.test(host)
}

function quotesOf(
  answers: readonly { readonly name: string; readonly outcomes: readonly PollOutcome[] }[],
): QuoteBook {
  const quotes = new Map<string, ReceivedQuote>()
  for (const { name: venue, outcomes } of answers) {
    for (const outcome of outcomes) {
      if (outcome.type === 'failed') continue
      for (const answer of outcome.answers) {
        if (answer.type === 'refused') continue
        const { market, quote } = answer
        const arrived = { ...quote, venue, market, receivedMs: outcome.receivedMs }
        quotes.set(quoteKey(venue, market), succeedQuote(null, arrived))
      }
    }
  }
  return quotes
}
