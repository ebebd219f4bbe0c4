import { openingOf } from '../../aggregator/committee/committee.ts'
import type { Context } from '../../aggregator/context.ts'
import type { RoundPath } from '../../aggregator/effects.ts'
import { FEED_STATUS } from '../../aggregator/report/feed-report.ts'
import { decodeWord } from '../../aggregator/report/words.ts'
import { formatDecimal } from '../../aggregator/values/decimal.ts'
import {
  type FeedIndex,
  listMembers,
  type MemberIndex,
  type Round,
} from '../../aggregator/values/ids.ts'
import type { DurationMs, UnixMs } from '../../aggregator/values/time.ts'
import { OracleError } from '../errors.ts'
import { JournalReader } from '../store/journal-reader.ts'
import type { RoundRange } from '../store/journal-rows.ts'
import { type CertifiedRound, certifiedRounds, heldRanges } from './certified-rounds.ts'

/** What one certificate says of one feed. */
export interface CertifiedValue {
  readonly round: Round
  readonly timestampMs: UnixMs
  /** In the feed's own unit, with all its decimals; null where it was unavailable. */
  readonly value: string | null
  /** As `value`. */
  readonly spread: string | null
  /** Members whose observation had a value of the feed. */
  readonly observers: number
  readonly status: 'ok' | 'unavailable'
  readonly path: RoundPath
  /** Who signed, ascending. */
  readonly signers: readonly MemberIndex[]
  /**
   * From the opening of the round until the journal's node held the certificate, by its own clock:
   * below zero where that was behind, hours where the node learned of the round afterwards.
   */
  readonly latencyMs: DurationMs
}

export interface CertifiedValuesOptions {
  readonly path: string
  readonly feed: FeedIndex
  readonly range: RoundRange
  /** Rounds in which the feed was unavailable: left out, or values like any other. */
  readonly unavailable: 'leftOut' | 'kept'
}

/**
 * What a committee certified of one feed, by a node's journal: one value a round, ascending. Each
 * signature is checked again; certificates of another committee are left out.
 *
 * @returns pages of at least one value; at most a page is in memory
 * @throws {OracleError} `JOURNAL_UNREADABLE`, `JOURNAL_VERSION_OTHER`, `JOURNAL_VALUES_NONE`
 */
export async function* certifiedValues(
  context: Context,
  { path, feed, range, unavailable }: CertifiedValuesOptions,
): AsyncGenerator<readonly CertifiedValue[]> {
  const reader = new JournalReader(path)
  let found = 0
  try {
    for await (const page of heldRanges(reader, range)) {
      const values = certifiedRounds(context, reader, page).flatMap((certified) => {
        const value = valueIn(context, certified, feed)
        if (value === null) return []
        return value.status === 'ok' || unavailable === 'kept' ? [value] : []
      })
      found += values.length
      if (values.length > 0) yield values
    }
  } finally {
    reader.close()
  }
  if (found > 0) return
  throw new OracleError(
    'JOURNAL_VALUES_NONE',
    'the journal holds no value of this feed in these rounds; check --feed, --from and --to, ' +
      'and that the committee file is of that time',
    { context: { path, feed, from: range.from, to: range.to } },
  )
}

function valueIn(
  { committee }: Context,
  { certificate, path, receivedMs }: CertifiedRound,
  feed: FeedIndex,
): CertifiedValue | null {
  const word = certificate.words[feed]
  const report = word === undefined ? null : decodeWord(word)
  if (report === null) return null
  const decimals = committee.params.feeds[feed]?.decimals ?? 0
  const isOk = report.status === FEED_STATUS.ok
  const { round, timestampMs, signingSet } = certificate
  return {
    ...{ round, timestampMs, path },
    value: isOk ? formatDecimal(report.value, decimals) : null,
    spread: isOk ? formatDecimal(report.spread, decimals) : null,
    observers: report.observers,
    status: isOk ? 'ok' : 'unavailable',
    signers: listMembers(signingSet),
    latencyMs: receivedMs - openingOf(committee, round),
  }
}
