import { type Committee, openingOf } from '../../aggregator/committee/committee.ts'
import type { Context } from '../../aggregator/context.ts'
import { FEED_STATUS, type FeedReport } from '../../aggregator/report/feed-report.ts'
import { decodeWord } from '../../aggregator/report/words.ts'
import { equalBytes } from '../../aggregator/values/bytes.ts'
import { formatDecimal } from '../../aggregator/values/decimal.ts'
import { hasMember, type MemberIndex, type Round } from '../../aggregator/values/ids.ts'
import type { DurationMs, UnixMs } from '../../aggregator/values/time.ts'
import { OracleError } from '../errors.ts'
import { JournalReader } from '../store/journal-reader.ts'
import type { RoundRange } from '../store/journal-rows.ts'
import { type CertifiedRound, certifiedRounds, heldRanges } from './certified-rounds.ts'
import { journalCommitteeOther } from './journal-replay.ts'
import { count, emptySketch, type QuantileSketch, quantileOf } from './quantile-sketch.ts'

/** How well a committee did, as one node's journal shows it. */
export interface JournalQuality {
  /** First and last round that were counted. */
  readonly from: Round
  readonly to: Round
  readonly rounds: {
    readonly fast: number
    readonly proposed: number
    /** The journal holds observations and no certificate. */
    readonly missed: number
    /** The journal holds nothing: its node was off, or cut off from everybody. */
    readonly unseen: number
  }
  /** From the opening of a round until the node held its certificate; null without any. */
  readonly latencyMs: { readonly p50: DurationMs; readonly p99: DurationMs } | null
  readonly feeds: readonly FeedQuality[]
  readonly members: readonly MemberQuality[]
}

export interface FeedQuality {
  readonly feed: string
  /** Rounds with a value; `certified + unavailable` are the certified rounds. */
  readonly certified: number
  readonly unavailable: number
  readonly missed: number
  /** In the feed's own unit, at most 1/128 too large; null when it never had a value. */
  readonly spread: { readonly p50: string; readonly p99: string } | null
  /** Observers of a value, over the rounds with one; null without any. */
  readonly observersMean: number | null
  /** Longest time without a new value, unseen rounds apart. */
  readonly gapMsMax: DurationMs
}

export interface MemberQuality {
  readonly member: MemberIndex
  /** Rounds of which the journal holds its observation, of all that are not unseen. */
  readonly heard: number
  /** Certified rounds whose report rests on its observation. */
  readonly observed: number
  /** Certified rounds that it signed; a certificate needs t of n, so not all can sign all. */
  readonly signed: number
}

interface FeedCounts {
  certified: number
  unavailable: number
  observers: number
  gapMsMax: DurationMs
  readonly spreads: QuantileSketch
  /** Timestamp of the newest value of this stretch, or the stretch's beginning. */
  sinceMs: UnixMs
}

interface Counts {
  fast: number
  proposed: number
  missed: number
  first: Round | null
  last: Round | null
  readonly latencies: QuantileSketch
  readonly feeds: readonly FeedCounts[]
  readonly members: { heard: number; observed: number; signed: number }[]
}

/**
 * Counts what a journal says of the rounds of a range, in memory that does not grow with it. The
 * last round of the journal counts only when it is certified: it may have been running still.
 *
 * @returns what was counted until the signal was aborted, if it was
 * @throws {OracleError} `JOURNAL_UNREADABLE`, `JOURNAL_VERSION_OTHER`, `JOURNAL_COMMITTEE_OTHER`,
 * `JOURNAL_ROUNDS_NONE`
 */
export async function journalQuality(
  context: Context,
  { path, range, signal }: { path: string; range: RoundRange; signal: AbortSignal },
): Promise<JournalQuality> {
  const reader = new JournalReader(path)
  try {
    const runs = reader.runs()
    const { digest } = context.committee
    const isOurs = runs.some((run) => equalBytes(run.committeeDigest, digest))
    if (runs.length > 0 && !isOurs) throw journalCommitteeOther(path, runs, context)
    const newest = reader.rounds()?.to ?? null
    const counts = emptyCounts(context.committee)
    for await (const page of heldRanges(reader, range)) {
      countPage(counts, { context, reader, page, newest })
      if (signal.aborted) break
    }
    return qualityOf(counts, context.committee, { path, range })
  } finally {
    reader.close()
  }
}

function emptyCounts({ size, params }: Committee): Counts {
  return {
    ...{ fast: 0, proposed: 0, missed: 0, first: null, last: null, latencies: emptySketch() },
    feeds: params.feeds.map(() => ({
      ...{ certified: 0, unavailable: 0, observers: 0, gapMsMax: 0, sinceMs: 0 },
      spreads: emptySketch(),
    })),
    members: Array.from({ length: size }, () => ({ heard: 0, observed: 0, signed: 0 })),
  }
}

function countPage(
  counts: Counts,
  of: { context: Context; reader: JournalReader; page: RoundRange; newest: Round | null },
): void {
  const { committee } = of.context
  const certified = new Map(
    certifiedRounds(of.context, of.reader, of.page).map((each) => [each.certificate.round, each]),
  )
  const heard = new Map<Round, MemberIndex[]>()
  for (const { round, sender } of of.reader.observers(of.page, committee.digest)) {
    heard.set(round, [...(heard.get(round) ?? []), sender])
  }
  const rounds = new Set([...certified.keys(), ...heard.keys()])
  for (const round of [...rounds].sort((a, b) => a - b)) {
    const ended = certified.get(round)
    if (ended === undefined && round === of.newest) continue
    countRound(counts, committee, { round, ended, heard: heard.get(round) ?? [] })
  }
}

function countRound(
  counts: Counts,
  committee: Committee,
  of: { round: Round; ended: CertifiedRound | undefined; heard: readonly MemberIndex[] },
): void {
  const { round, ended } = of
  const openedMs = openingOf(committee, round)
  // What happened to a feed while nobody looked is not known: its time begins anew.
  if (counts.last !== round - 1) for (const feed of counts.feeds) feed.sinceMs = openedMs
  counts.first ??= round
  counts.last = round
  if (ended === undefined) counts.missed += 1
  else {
    counts[ended.path] += 1
    count(counts.latencies, BigInt(ended.receivedMs - openedMs))
  }
  counts.feeds.forEach((feed, at) => {
    const word = ended?.certificate.words[at]
    const report = word === undefined ? null : decodeWord(word)
    countFeed(feed, report, ended?.certificate.timestampMs ?? openedMs)
  })
  counts.members.forEach((member, index) => {
    if (of.heard.includes(index)) member.heard += 1
    if (ended === undefined) return
    if (hasMember(ended.certificate.observers, index)) member.observed += 1
    if (hasMember(ended.certificate.signingSet, index)) member.signed += 1
  })
}

function countFeed(feed: FeedCounts, report: FeedReport | null, nowMs: UnixMs): void {
  feed.gapMsMax = Math.max(feed.gapMsMax, nowMs - feed.sinceMs)
  if (report === null) return
  if (report.status !== FEED_STATUS.ok) {
    feed.unavailable += 1
    return
  }
  feed.certified += 1
  feed.observers += report.observers
  feed.sinceMs = nowMs
  count(feed.spreads, report.spread)
}

function qualityOf(
  counts: Counts,
  { params }: Committee,
  asked: { readonly path: string; readonly range: RoundRange },
): JournalQuality {
  const { fast, proposed, missed, first, last } = counts
  if (first === null || last === null) {
    throw new OracleError(
      'JOURNAL_ROUNDS_NONE',
      'the journal holds nothing of these rounds; check --from and --to',
      { context: { path: asked.path, ...asked.range } },
    )
  }
  const unseen = last - first + 1 - fast - proposed - missed
  const latencyMs = quantilesOf(counts.latencies, Number)
  return {
    ...{ from: first, to: last, rounds: { fast, proposed, missed, unseen }, latencyMs },
    feeds: params.feeds.map(({ name, decimals }, at) => {
      const feed = counts.feeds[at] as FeedCounts
      const { certified, unavailable, observers, gapMsMax } = feed
      const observersMean = certified === 0 ? null : Math.round((observers * 100) / certified) / 100
      const spread = quantilesOf(feed.spreads, (value) => formatDecimal(value, decimals))
      return { feed: name, certified, unavailable, missed, spread, observersMean, gapMsMax }
    }),
    members: counts.members.map((member, index) => ({ member: index, ...member })),
  }
}

function quantilesOf<T>(
  sketch: QuantileSketch,
  as: (value: bigint) => T,
): { readonly p50: T; readonly p99: T } | null {
  const [p50, p99] = [quantileOf(sketch, 50), quantileOf(sketch, 99)]
  return p50 === null || p99 === null ? null : { p50: as(p50), p99: as(p99) }
}
