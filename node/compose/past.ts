import {
  basesIn,
  type DerivedFeed,
  derivedFeedsOf,
  type PastFeedValue,
  pastMsOf,
  reachOf,
} from '../../aggregator/aggregation/derived-feeds.ts'
import { type Committee, openingOf, roundAt } from '../../aggregator/committee/committee.ts'
import { decode } from '../../aggregator/messages/codec.ts'
import type { Certificate, Verified } from '../../aggregator/messages/messages.ts'
import type { FeedIndex, Round } from '../../aggregator/values/ids.ts'
import type { UnixMs } from '../../aggregator/values/time.ts'
import type { JournalReader } from '../store/journal-reader.ts'
import type { RoundRange } from '../store/journal-rows.ts'

// What this operator's own nodes saw certified within the windows of derived feeds. Signatures are
// not checked again: for a window of 30 minutes that takes longer than a start may, and all that a
// changed disk reaches by it is this node's own observation, one of many.

interface Span {
  readonly fromMs: UnixMs
  readonly toMs: UnixMs
}

/** The past as a journal kept it for the derived feeds of a committee, whatever it rolled away. */
export function keptPast(reader: JournalReader, committee: Committee): readonly PastFeedValue[] {
  return pastMsOf(committee.params.feeds) === null ? [] : reader.past(committee.digest)
}

/**
 * The past by the certificates of the node's own journal, up to its best one: of a journal that was
 * written before it kept the past, and as far as they were not rolled away.
 */
export function certifiedPast(
  reader: JournalReader,
  committee: Committee,
  best: Verified<Certificate> | null,
): readonly PastFeedValue[] {
  if (best === null) return []
  const { feeds } = committee.params
  const toMs = openingOf(committee, best.message.round)
  const past = derivedFeedsOf(feeds).flatMap((derived) => {
    const reach = reachOf(feeds, derived)
    if (reach === null || derived.of === null) return []
    const time = { fromMs: toMs - reach.keptMs, toMs }
    return pointsIn(reader, committee, { ...time, gridMs: reach.gridMs, feed: derived.of })
  })
  return ascending(past)
}

/**
 * The past that the committee before this one certified, as the journal of its node has it: values
 * of feeds of the same name and decimals, from a moment until another. What it kept for a feed that
 * is derived alike is taken from there; of others, what its certificates say.
 */
export function predecessorPast(
  reader: JournalReader,
  { predecessor, committee }: { readonly predecessor: Committee; readonly committee: Committee },
  time: Span,
): readonly PastFeedValue[] {
  const { feeds } = committee.params
  const derivedFeeds = derivedFeedsOf(feeds)
  const placeOf = (feed: FeedIndex) => {
    const wanted = feeds[feed]
    return predecessor.params.feeds.findIndex(
      ({ name, decimals }) => name === wanted?.name && decimals === wanted.decimals,
    )
  }
  const bases = [...new Set(derivedFeeds.flatMap(({ of }) => (of === null ? [] : [of])))]
  const namesOf = new Map(bases.map((feed) => [placeOf(feed), feed]))
  const kept = keptPast(reader, predecessor).flatMap((past) => {
    const feed = namesOf.get(past.feed)
    const isWanted = past.openedMs >= time.fromMs && past.openedMs <= time.toMs
    return feed === undefined || !isWanted ? [] : [{ ...past, feed }]
  })
  const isKept = kept.length > 0
  const others = derivedFeeds.flatMap((derived) => {
    const reach = reachOf(feeds, derived)
    const place = derived.of === null ? -1 : placeOf(derived.of)
    if (reach === null || derived.of === null || place < 0) return []
    if (isKept && hasAlike(predecessor, committee, derived)) return []
    const span = { fromMs: Math.max(time.fromMs, time.toMs - reach.keptMs), toMs: time.toMs }
    const found = pointsIn(reader, predecessor, { ...span, gridMs: reach.gridMs, feed: place })
    return found.map((past) => ({ ...past, feed: derived.of as FeedIndex }))
  })
  return ascending([...kept, ...others])
}

/**
 * As they were certified: remembered in another order, each value moves all that follow. Each once:
 * feeds that are derived from the same one find the same values.
 */
function ascending(past: readonly PastFeedValue[]): readonly PastFeedValue[] {
  const sorted = past.toSorted((a, b) => a.openedMs - b.openedMs || a.feed - b.feed)
  return sorted.filter((each, index) => {
    const before = sorted[index - 1]
    return before?.openedMs !== each.openedMs || before.feed !== each.feed
  })
}

/** Whether the committee before derives a feed of the same kind from the same one, alike. */
function hasAlike(predecessor: Committee, committee: Committee, { feed }: DerivedFeed): boolean {
  const wanted = committee.params.feeds[feed]
  return predecessor.params.feeds.some(
    ({ kind, derivation }) =>
      kind === wanted?.kind &&
      derivation?.of === wanted.derivation?.of &&
      derivation?.windowMs === wanted.derivation?.windowMs &&
      derivation?.stepMs === wanted.derivation?.stepMs,
  )
}

/**
 * The last certified value of a feed in each interval of a grid, by the certificates of a journal:
 * as many rows are read as there are points, however many rounds lie between them.
 */
function pointsIn(
  reader: JournalReader,
  committee: Committee,
  wanted: Span & { readonly gridMs: number; readonly feed: FeedIndex },
): readonly PastFeedValue[] {
  const { fromMs, toMs, gridMs, feed } = wanted
  const { roundMs } = committee.params.timing
  const first = Math.max(1, roundAt(committee, fromMs))
  const last = roundAt(committee, toMs)
  if (gridMs <= roundMs)
    return valuesIn(reader, committee, { range: { from: first, to: last }, feed })
  const found: PastFeedValue[] = []
  for (let from = first; from <= last; ) {
    const pointMs = Math.ceil(openingOf(committee, from) / gridMs) * gridMs
    const to = Math.min(last, roundAt(committee, pointMs))
    const [value] = newestIn(reader, committee, { range: { from, to }, feed })
    if (value !== undefined) found.push(value)
    from = to + 1
  }
  return found
}

/** All values of a range, ascending. */
function valuesIn(
  reader: JournalReader,
  committee: Committee,
  wanted: { readonly range: RoundRange; readonly feed: FeedIndex },
): readonly PastFeedValue[] {
  return [...newestIn(reader, committee, wanted)].reverse()
}

/** Values of a range, the newest first, each when it is asked for. */
function* newestIn(
  reader: JournalReader,
  committee: Committee,
  { range, feed }: { readonly range: RoundRange; readonly feed: FeedIndex },
): Generator<PastFeedValue> {
  const asked: readonly DerivedFeed[] = [{ feed, of: feed, history: { samples: [] } }]
  let before: Round | null = null
  for (const bytes of reader.newestCertificates(range)) {
    const message = decode(committee, bytes)
    if (message?.type !== 'certificate' || message.round === before) continue
    before = message.round
    const openedMs = openingOf(committee, message.round)
    yield* basesIn(asked, { openedMs, words: message.words })
  }
}
