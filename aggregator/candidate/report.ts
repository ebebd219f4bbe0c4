import { medianFloor, medianFloorNumbers, spreadAround } from '../aggregation/median.ts'
import { invariant } from '../assert.ts'
import type { Committee } from '../committee/committee.ts'
import type { MessageContext } from '../messages/codec.ts'
import type { Digest, Observation, Verified } from '../messages/messages.ts'
import { reportDigestOf } from '../report/digests.ts'
import { FEED_STATUS, type FeedReport } from '../report/feed-report.ts'
import { feedsRootOf } from '../report/feeds-tree.ts'
import { roundedToLane } from '../report/lanes.ts'
import { encodeWord } from '../report/words.ts'
import { compareBytes } from '../values/bytes.ts'
import { Writer } from '../values/codec.ts'
import type { Members, Round } from '../values/ids.ts'
import { membersOf } from '../values/ids.ts'
import { RecentMap } from '../values/recent-map.ts'
import { cutBytes } from '../values/slab.ts'
import type { UnixMs } from '../values/time.ts'

const DIGEST_BYTES = 32

/** What a set of observations of one round implies; the same at every node that holds them. */
export interface Report {
  readonly round: Round
  readonly timestampMs: UnixMs
  readonly observers: Members
  readonly feeds: readonly FeedReport[]
  readonly words: readonly Uint8Array[]
  readonly digest: Digest
}

interface Remembered {
  readonly observations: readonly Verified<Observation>[]
  readonly report: Report
}

/** Reports of the last rounds by round; compared by the observations they were made of. */
export type ReportMemo = RecentMap<Round, Remembered[]>

/** Rounds and reports a round that a memo keeps; the round that came first goes first. */
const MEMO_ROUNDS_MAX = 8
const MEMO_REPORTS_MAX = 16

/** What it takes to make reports of one committee. */
export interface ReportContext extends MessageContext {
  readonly reports: ReportMemo
}

export function reportMemo(): ReportMemo {
  return new RecentMap(MEMO_ROUNDS_MAX)
}

/**
 * The report over exactly these observations (protocol §6.3), by ascending sender.
 *
 * @param observations at least one, of one round and distinct senders
 */
export function reportOf(
  context: ReportContext,
  observations: readonly Verified<Observation>[],
): Report {
  const first = observations[0]
  invariant(first !== undefined, 'a report has an observer')
  const { round } = first.message
  const known = context.reports.get(round)
  const hit = known?.find((entry) => isSame(entry.observations, observations))
  if (hit !== undefined) return hit.report
  const report = buildReport(context, observations)
  remember(context.reports, { observations: [...observations], report })
  return report
}

/** Value, spread and status of each feed from the observed values (§6.3). */
export function feedReportOf(committee: Committee, values: readonly bigint[]): FeedReport {
  if (values.length < committee.observationQuorum) {
    const { unavailable } = FEED_STATUS
    return { value: 0n, spread: 0n, observers: values.length, status: unavailable }
  }
  const value = medianFloor(values)
  const spread = spreadAround(values, value)
  return { value, spread, observers: values.length, status: FEED_STATUS.ok }
}

/**
 * keccak256 of the sorted digests of all observations that a report and its signatures rest on
 * (§5.4).
 */
export function inputsDigestOf(context: MessageContext, digests: readonly Digest[]): Digest {
  const sorted = [...digests].sort(compareBytes)
  const writer = new Writer(cutBytes(sorted.length * DIGEST_BYTES))
  for (const digest of sorted) writer.bytes(digest)
  return context.crypto.keccak256(writer.done())
}

function buildReport(
  context: MessageContext,
  observations: readonly Verified<Observation>[],
): Report {
  const { committee, crypto } = context
  const messages = observations.map((each) => each.message)
  const feeds = committee.params.feeds.map((params, feed) => {
    const values: bigint[] = []
    for (const message of messages) {
      const value = message.values[feed]
      if (value !== null && value !== undefined) values.push(value)
    }
    const report = feedReportOf(committee, values)
    return params.tier === 'long-tail' ? roundedToLane(report) : report
  })
  const words = feeds.map(encodeWord)
  const header = {
    round: (messages[0] as Observation).round,
    timestampMs: medianFloorNumbers(messages.map((message) => message.timestampMs)),
    observers: membersOf(messages.map((message) => message.sender)),
    feedsRoot: feedsRootOf(crypto.keccak256, words),
  }
  return {
    round: header.round,
    timestampMs: header.timestampMs,
    observers: header.observers,
    feeds,
    words,
    digest: reportDigestOf(crypto.keccak256, header),
  }
}

function isSame(a: readonly Verified<Observation>[], b: readonly Verified<Observation>[]): boolean {
  if (a.length !== b.length) return false
  // By identity: within one host the same observation is the same object.
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

function remember(memo: ReportMemo, entry: Remembered): void {
  const { round } = entry.report
  const entries = memo.get(round)
  if (entries !== undefined) {
    if (entries.length < MEMO_REPORTS_MAX) entries.push(entry)
    return
  }
  memo.set(round, [entry])
}
