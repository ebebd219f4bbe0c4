import type { FeedParams } from '../../aggregator/committee/params.ts'
import { isDerived } from '../../aggregator/committee/params.ts'
import { OracleError } from '../errors.ts'
import type { SourcesConfigInput } from '../sources/config.ts'
import { sourcesConfigSchema } from '../sources/config.ts'
import { conversionDefaults, newFeeds } from '../sources/defaults.ts'
import type { RecordingHeader } from './entry.ts'
import { withoutSecrets } from './entry.ts'

/** Who is asked for what. */
export type Asked = Omit<RecordingHeader, 'startedMs'>

const DECIMALS = 8
const INT64_MAX = 2n ** 63n - 1n

/**
 * Some venues and feeds of a new configuration, with the markets of USDT that they need.
 *
 * @param venues empty for all of them
 * @throws {OracleError} RECORD_NOTHING_ASKED with the names that there are
 */
export function askedByName(venues: readonly string[], feeds: readonly string[]): Asked {
  const known = Object.entries(newFeeds())
  const names = new Set(known.flatMap(([, { legs }]) => legs.map((leg) => leg.venue as string)))
  const unknown = venues.find((each) => !names.has(each))
  if (unknown !== undefined) throw nothingAsked('venue', unknown, [...names])
  const unknownFeed = feeds.find((each) => !known.some(([name]) => name === each))
  if (unknownFeed !== undefined) {
    throw nothingAsked(
      'feed',
      unknownFeed,
      known.map(([name]) => name),
    )
  }
  const chosen = known.flatMap(([name, feed]) => {
    if (feeds.length > 0 && !feeds.includes(name)) return []
    const legs = feed.legs.filter(({ venue }) => venues.length === 0 || venues.includes(venue))
    return [[name, { ...feed, legs, sourcesMin: Math.min(3, legs.length) }] as const]
  })
  const isInDollars = chosen.every(([, { legs }]) =>
    legs.every(({ market }) => market.endsWith('/USD')),
  )
  const written = {
    feeds: Object.fromEntries(chosen),
    conversions: isInDollars ? [] : conversionDefaults(),
  }
  return { written, sources: sourcesConfigSchema.parse(written), feeds: chosen.map(feedOf) }
}

/** What a node's configuration asks for, as it is written, without secrets in paths. */
export function askedAsWritten(written: SourcesConfigInput, feeds: readonly FeedParams[]): Asked {
  const declared = Object.entries(written.declaredVenues ?? {}).map(([name, venue]) => [
    name,
    { ...venue, path: withoutSecrets(venue.path) },
  ])
  const shown =
    declared.length === 0
      ? written
      : {
          ...written,
          declaredVenues: Object.fromEntries(declared) as typeof written.declaredVenues,
        }
  const sources = sourcesConfigSchema.parse(written)
  // Derived feeds are made of certificates, of which venues know nothing.
  return { written: shown, sources, feeds: feeds.filter(({ kind }) => !isDerived(kind)) }
}

function feedOf([name]: readonly [string, unknown]): FeedParams {
  return {
    name,
    decimals: DECIMALS,
    kind: 'spot',
    deviationBps: 50,
    heartbeatMs: 3_600_000,
    sourcesMin: 1,
    valueMin: 1n,
    valueMax: INT64_MAX,
  }
}

function nothingAsked(what: string, name: string, known: readonly string[]): OracleError {
  const message = `no ${what} ${name} in a new configuration; name some of ${known.join(', ')}, or`
  return new OracleError('RECORD_NOTHING_ASKED', `${message} give --config`, {
    context: { [what]: name },
  })
}
