import type { VenueName } from '../../aggregator/aggregation/quote.ts'
import type { MarketName } from '../../aggregator/values/market.ts'
import { configuredNames, configuredVenue, venueMarkets } from '../sources/configured-venues.ts'
import type { DerivativeVenue } from '../sources/derivative-venues.ts'
import { derivativeVenues } from '../sources/derivative-venues.ts'
import { readJson } from '../sources/json.ts'
import { marketsAsked, sourceSettings } from '../sources/settings.ts'
import type { AskedVenue, ReadFrame, StreamAnswer, VenueRequest } from '../sources/venue.ts'
import type { EntryOf, RecordedAnswer, RecordingHeader } from './entry.ts'
import { bodyBytes, withoutSecrets } from './entry.ts'

/** Reads what a venue said as a node reads it. */
export interface VenueReader {
  readonly markets: readonly MarketName[]
  /** What a whole answer says; nothing where a node could not read it. */
  readonly answersOf: (answer: RecordedAnswer) => readonly StreamAnswer[]
  readonly framesOf: (frame: EntryOf<'frame'>) => readonly StreamAnswer[]
}

/** A reader for each venue that a recording's configuration asks. */
export function venueReaders(header: RecordingHeader): ReadonlyMap<VenueName, VenueReader> {
  const readers = [
    ...configuredNames(header.sources).map((name) => [name, spotReader(name, header)] as const),
    ...derivativeVenues(header.sources).map(
      (venue) => [venue.name, derivativeReader(venue, header)] as const,
    ),
  ]
  return new Map(readers.flatMap(([name, reader]) => (reader === null ? [] : [[name, reader]])))
}

function spotReader(name: VenueName, { sources, feeds }: RecordingHeader): VenueReader | null {
  const asked = marketsAsked(sourceSettings(sources, feeds), name)
  const configured = configuredVenue(sources, name)
  if (configured === null || asked.length === 0) return null
  const { venue } = configured
  const { stream } = venue
  const markets = venueMarkets(configured, asked)
  const readers = new Map<number, ReadFrame>()
  return {
    markets: asked,
    answersOf: (answer) => readAnswer(answer, { venue, requests: venue.requests(markets) }),
    framesOf: ({ text, connection }) => {
      if (stream === null) return []
      const read = readers.get(connection) ?? stream.reader()
      readers.set(connection, read)
      return orNothing(() => {
        const event = read(text === stream.ping?.answer ? text : readJson(text), markets)
        return event.type === 'answers' ? event.answers : []
      })
    },
  }
}

function derivativeReader(
  { config, ask }: DerivativeVenue,
  { feeds }: RecordingHeader,
): VenueReader | null {
  const { venue, requests } = ask(feeds)
  if (!config.enabled || requests.length === 0) return null
  const markets = requests.flatMap((request) => request.markets.map(({ market }) => market))
  return {
    markets: [...new Set(markets)],
    answersOf: (answer) => readAnswer(answer, { venue, requests }),
    framesOf: () => [],
  }
}

function readAnswer(
  answer: RecordedAnswer,
  { venue, requests }: { readonly venue: AskedVenue; readonly requests: readonly VenueRequest[] },
): readonly StreamAnswer[] {
  const { status, ending, path, body, atMs } = answer
  if (ending !== 'whole' || status !== 200) return []
  const request =
    requests.find((each) => withoutSecrets(each.path) === path) ??
    // Asked for some of the markets of a request; the others are missing in the answer.
    requests.find((each) => pathnameOf(each.path) === pathnameOf(path))
  if (request === undefined) return []
  return orNothing(() => {
    const text = bodyBytes(body).toString('utf8')
    return venue.parse(readJson(text, venue.jsonLimits), request, atMs)
  })
}

export function pathnameOf(path: string): string {
  return path.split('?')[0] ?? ''
}

/** What a venue said that no node understands is no fault of the recording. */
function orNothing(read: () => readonly StreamAnswer[]): readonly StreamAnswer[] {
  try {
    return read()
  } catch {
    return []
  }
}
