import {
  derivedFeedsOf,
  type PastFeedValue,
  pastMsOf,
} from '../../aggregator/aggregation/derived-feeds.ts'
import { type Committee, openingOf, roundAt } from '../../aggregator/committee.ts'
import { decode } from '../../aggregator/messages/codec.ts'
import type { Certificate, Verified } from '../../aggregator/messages/messages.ts'
import { FEED_STATUS } from '../../aggregator/report/feed-report.ts'
import { decodeWord } from '../../aggregator/report/words.ts'
import type { FeedIndex } from '../../aggregator/values/ids.ts'
import type { UnixMs } from '../../aggregator/values/time.ts'
import type { JournalReader, RoundRange } from '../store/journal-reader.ts'

// What this operator's own nodes saw certified within the windows of derived feeds. Signatures are
// not checked again: for a window of 30 minutes that takes longer than a start may, and all that a
// changed disk reaches by it is this node's own observation, one of many.

/** The past by the node's own journal, up to its best certificate. */
export function ownPast(
  reader: JournalReader,
  committee: Committee,
  best: Verified<Certificate> | null,
): readonly PastFeedValue[] {
  const { feeds, timing } = committee.params
  const pastMs = pastMsOf(feeds)
  if (best === null || pastMs === null) return []
  const to = best.message.round
  const from = Math.max(1, to - Math.ceil(pastMs / timing.roundMs))
  const bases = basesOf(committee).map((feed) => ({ feed, in: feed }))
  return valuesIn(reader, committee, { range: { from, to }, bases })
}

/**
 * The past that the committee before this one certified, as the journal of its node has it: values
 * of feeds of the same name and decimals, from a moment until another.
 */
export function predecessorPast(
  reader: JournalReader,
  { predecessor, committee }: { readonly predecessor: Committee; readonly committee: Committee },
  time: { readonly fromMs: UnixMs; readonly toMs: UnixMs },
): readonly PastFeedValue[] {
  const range = {
    from: Math.max(1, roundAt(predecessor, time.fromMs)),
    to: roundAt(predecessor, time.toMs),
  }
  const bases = basesOf(committee).flatMap((feed) => {
    const wanted = committee.params.feeds[feed]
    const before = predecessor.params.feeds.findIndex(
      ({ name, decimals }) => name === wanted?.name && decimals === wanted.decimals,
    )
    return before < 0 ? [] : [{ feed, in: before }]
  })
  return valuesIn(reader, predecessor, { range, bases })
}

/** Feeds that others are derived from. */
function basesOf({ params }: Committee): FeedIndex[] {
  return [...new Set(derivedFeedsOf(params.feeds).flatMap(({ of }) => (of === null ? [] : [of])))]
}

function valuesIn(
  reader: JournalReader,
  committee: Committee,
  wanted: {
    readonly range: RoundRange
    /** Each feed beside the place of its word in the certificates that are read. */
    readonly bases: readonly { readonly feed: FeedIndex; readonly in: FeedIndex }[]
  },
): readonly PastFeedValue[] {
  return reader.certificates(wanted.range).flatMap(({ bytes }) => {
    const message = decode(committee, bytes)
    if (message?.type !== 'certificate') return []
    const openedMs = openingOf(committee, message.round)
    return wanted.bases.flatMap(({ feed, in: place }) => {
      const report = decodeWord(message.words[place] as Uint8Array)
      if (report === null || report.status !== FEED_STATUS.ok) return []
      return [{ feed, openedMs, value: report.value }]
    })
  })
}
