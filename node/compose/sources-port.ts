import type { VenueCode } from '../../aggregator/aggregation/node-price.ts'
import type { FeedParams } from '../../aggregator/committee/params.ts'
import { formatDecimal } from '../../aggregator/values/decimal.ts'
import { QUOTE_DECIMALS, rescale } from '../../aggregator/values/fixed-point.ts'
import type { UnixMs } from '../../aggregator/values/time.ts'
import type { FeedView, SourceView, VenueView } from '../api/view.ts'
import type { Clock } from '../clock.ts'
import type { SourcesPort } from '../ports.ts'
import type { FeedsSample, SourceEngine } from '../sources/engine.ts'

/** A silent node samples for its page alone, and not more often than this. */
const SAMPLE_AGE_MS_MAX = 1_000

export interface SourcesPortOptions {
  readonly feeds: readonly FeedParams[]
  readonly engine: SourceEngine
  readonly clock: Pick<Clock, 'nowMs'>
}

/** The source engine as the driver and the page ask it. */
export interface Sources extends SourcesPort {
  readonly shown: {
    readonly local: () => readonly FeedView['local'][]
    readonly quotes: () => readonly SourceView[]
    readonly venues: () => readonly VenueView[]
  }
}

export function sourcesPort({ feeds, engine, clock }: SourcesPortOptions): Sources {
  let last: { readonly sample: FeedsSample; readonly atMs: number } | null = null
  const sampleNow = () => {
    const atMs = clock.nowMs()
    last = { sample: engine.sampleFeeds(atMs), atMs }
    return last
  }
  const latest = () =>
    last !== null && clock.nowMs() - last.atMs <= SAMPLE_AGE_MS_MAX ? last : sampleNow()
  return {
    sampleFeeds: () => sampleNow().sample,
    shown: {
      local: () => latest().sample.feeds.map((feed, index) => localOf(feed, feeds[index])),
      quotes: () => quotesOf(latest().sample, { feeds, engine, nowMs: clock.nowMs() }),
      venues: () => engine.venues(),
    },
  }
}

function localOf(feed: FeedsSample['feeds'][number], params: FeedParams | undefined) {
  return {
    value: feed.value === null ? null : formatDecimal(feed.value, params?.decimals ?? 0),
    sources: feed.venues.filter(({ weightBps }) => weightBps > 0).length,
    code: feed.reason,
  }
}

/** A quote that is not used has an age too: it is what an operator asks about first. */
function quotesOf(
  sample: FeedsSample,
  { feeds, engine, nowMs }: Omit<SourcesPortOptions, 'clock'> & { readonly nowMs: UnixMs },
): SourceView[] {
  return sample.feeds.flatMap((feed, index) =>
    feed.venues.map((venue): SourceView => {
      const receivedMs = engine.receivedMs(venue.venue, venue.market)
      return {
        venue: venue.venue,
        feed: feed.feed,
        value: venue.price === null ? null : priceText(venue.price, feeds[index]?.decimals ?? 0),
        ageMs: receivedMs === null ? null : Math.max(0, nowMs - receivedMs),
        state: stateOf(venue.code),
        code: venue.code === 'USED' ? null : venue.code,
      }
    }),
  )
}

/** Shown with the feed's decimals: more digits than a venue said would only look exact. */
function priceText(price: bigint, decimals: number): string {
  const scale = { from: QUOTE_DECIMALS, to: decimals, rounding: 'nearest' } as const
  return formatDecimal(rescale(price, scale), decimals)
}

function stateOf(code: VenueCode): SourceView['state'] {
  if (code === 'USED') return 'used'
  if (code === 'CLAMPED') return 'clamped'
  return code === 'QUARANTINED' ? 'quarantined' : 'absent'
}
