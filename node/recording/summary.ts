import type { VenueName } from '../../aggregator/aggregation/quote.ts'
import type { MarketName } from '../../aggregator/values/market.ts'
import { formatDecimal } from '../settings/scalars.ts'
import type { PartialQuote, StreamAnswer } from '../sources/venue.ts'
import type { Entry, EntryOf, RecordedAnswer } from './entry.ts'
import { priceOf } from './quotes.ts'
import type { Recording } from './reader.ts'
import type { VenueReader } from './venue-reader.ts'
import { venueReaders } from './venue-reader.ts'

/** What a recording holds, for people and programs; amounts are decimals. */
export interface RecordingSummary {
  readonly startedMs: number
  readonly durationMs: number
  /** Null when the recorder was killed. */
  readonly ended: EntryOf<'ended'>['reason'] | null
  readonly tornBytes: number
  readonly venues: readonly VenueSummary[]
  readonly markets: readonly MarketSummary[]
  readonly feeds: readonly FeedSummary[]
}

export interface VenueSummary {
  readonly venue: VenueName
  readonly answers: number
  /** By status, or `broken` or `abandoned`; those with status 200 that came whole are left out. */
  readonly failures: Readonly<Record<string, number>>
  readonly connections: number
  readonly frames: number
  /** Longest time in which neither a good answer nor a frame came. */
  readonly silenceMsMax: number
}

interface Ends {
  readonly first: string | null
  readonly last: string | null
}

export interface MarketSummary extends Ends {
  readonly venue: VenueName
  readonly market: MarketName
  readonly quotes: number
  readonly silenceMsMax: number
}

export interface FeedSummary extends Ends {
  readonly feed: string
  /** Seconds with and without a value. */
  readonly present: number
  readonly absent: number
}

export function summarize(recording: Recording): RecordingSummary {
  const { header, entries, tornBytes, endedMs } = recording
  const { startedMs } = header
  const readers = venueReaders(header)
  const gaps = () => new Gaps(startedMs)
  const tallies = new Map([...readers].map(([name, reader]) => [name, tallyOf(reader, gaps)]))
  for (const entry of entries) {
    const tally = 'venue' in entry ? tallies.get(entry.venue) : undefined
    if (tally !== undefined) count(tally, entry)
  }
  const ended = entries.findLast((entry) => entry.type === 'ended')
  return {
    startedMs,
    durationMs: endedMs - startedMs,
    ended: ended?.reason ?? null,
    tornBytes,
    venues: [...tallies].map(([venue, tally]) => venueSummary(venue, tally, endedMs)),
    markets: [...tallies].flatMap(([venue, { markets }]) =>
      [...markets].map(([market, { quotes, first, last, silence }]) => {
        const silenceMsMax = silence.longest(endedMs)
        return { venue, market, quotes, first, last, silenceMsMax }
      }),
    ),
    feeds: feedSummaries(recording),
  }
}

/** Measures the longest time between two of its moments, the ends of the recording included. */
class Gaps {
  #lastMs: number
  #longestMs = 0

  constructor(startedMs: number) {
    this.#lastMs = startedMs
  }

  at(atMs: number): void {
    this.#longestMs = Math.max(this.#longestMs, atMs - this.#lastMs)
    this.#lastMs = atMs
  }

  longest(endedMs: number): number {
    return Math.max(this.#longestMs, endedMs - this.#lastMs)
  }
}

interface MarketTally {
  readonly silence: Gaps
  held: PartialQuote
  quotes: number
  first: string | null
  last: string | null
}

interface Tally {
  readonly reader: VenueReader
  readonly silence: Gaps
  readonly failures: Map<string, number>
  readonly markets: ReadonlyMap<MarketName, MarketTally>
  answers: number
  connections: number
  frames: number
}

function tallyOf(reader: VenueReader, gaps: () => Gaps): Tally {
  const markets = new Map(
    reader.markets.map((market): [MarketName, MarketTally] => [
      market,
      { silence: gaps(), held: {}, quotes: 0, first: null, last: null },
    ]),
  )
  const [failures, silence] = [new Map<string, number>(), gaps()]
  return { reader, silence, failures, markets, answers: 0, connections: 0, frames: 0 }
}

function count(tally: Tally, entry: Entry): void {
  if (entry.type === 'open') tally.connections += 1
  if (entry.type === 'frame') {
    tally.frames += 1
    tally.silence.at(entry.atMs)
    for (const said of tally.reader.framesOf(entry)) quote(tally, said, entry.atMs)
  }
  if (entry.type !== 'answer') return
  tally.answers += 1
  const failure = failureOf(entry)
  if (failure !== null) {
    tally.failures.set(failure, (tally.failures.get(failure) ?? 0) + 1)
    return
  }
  tally.silence.at(entry.atMs)
  for (const said of tally.reader.answersOf(entry)) quote(tally, said, entry.atMs)
}

function quote(tally: Tally, said: StreamAnswer, atMs: number): void {
  const market = tally.markets.get(said.market)
  if (said.type === 'refused' || market === undefined) return
  market.held = { ...market.held, ...said.quote }
  const price = priceOf(market.held)
  if (price === null) return
  market.quotes += 1
  market.silence.at(atMs)
  market.first ??= price
  market.last = price
}

function failureOf({ status, ending }: RecordedAnswer): string | null {
  if (status !== null && status !== 200) return String(status)
  return ending === 'whole' ? null : ending
}

function venueSummary(venue: VenueName, tally: Tally, endedMs: number): VenueSummary {
  const { answers, connections, frames, silence } = tally
  const failures = Object.fromEntries(tally.failures)
  const silenceMsMax = silence.longest(endedMs)
  return { venue, answers, failures, connections, frames, silenceMsMax }
}

function feedSummaries({ header, entries }: Recording): readonly FeedSummary[] {
  const looks = entries.filter((entry) => entry.type === 'values')
  return header.feeds.map(({ name, decimals }, index) => {
    const values = looks.map(({ values: all }) => all[index] ?? null)
    const present = values.filter((value) => value !== null)
    const text = (value: string | undefined) =>
      value === undefined ? null : formatDecimal(BigInt(value), decimals)
    return {
      feed: name,
      present: present.length,
      absent: values.length - present.length,
      first: text(present[0]),
      last: text(present.at(-1)),
    }
  })
}
