import type { Context } from '../../aggregator/context.ts'
import { decode } from '../../aggregator/messages/codec.ts'
import { isCertificateSound } from '../../aggregator/messages/validate.ts'
import { FEED_STATUS } from '../../aggregator/report/feed-report.ts'
import { decodeWord } from '../../aggregator/report/words.ts'
import { formatDecimal } from '../../aggregator/values/decimal.ts'
import type { FeedIndex, Round } from '../../aggregator/values/ids.ts'
import type { UnixMs } from '../../aggregator/values/time.ts'
import { OracleError } from '../errors.ts'
import { JournalReader, type RoundRange } from '../store/journal-reader.ts'

export interface CertifiedValue {
  readonly round: Round
  readonly timestampMs: UnixMs
  /** In the feed's own unit, with all its decimals. */
  readonly value: string
}

export interface CertifiedValuesOptions {
  readonly path: string
  readonly feed: FeedIndex
  readonly range: RoundRange
}

/** Rounds read at once: the journal is held for moments only, so that its writer can go on. */
const ROUNDS_EACH = 1_000

/**
 * What a committee certified of one feed, by a node's journal: one value a round, ascending. Each
 * signature is checked again; certificates of another committee, and rounds in which the feed was
 * unavailable, are left out.
 *
 * @returns pages of 1 to `ROUNDS_EACH` values
 * @throws {OracleError} `JOURNAL_UNREADABLE`, `JOURNAL_VERSION_OTHER`, `JOURNAL_VALUES_NONE`
 */
export function* certifiedValues(
  context: Context,
  { path, feed, range }: CertifiedValuesOptions,
): Generator<readonly CertifiedValue[]> {
  const reader = new JournalReader(path)
  let found = 0
  try {
    const held = reader.certificateRounds()
    const to = Math.min(range.to, held?.to ?? -1)
    for (let from = Math.max(range.from, held?.from ?? 0); from <= to; from += ROUNDS_EACH) {
      const page = { from, to: Math.min(to, from + ROUNDS_EACH - 1) }
      const values = valuesIn(context, reader.certificates(page), feed)
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

function valuesIn(
  context: Context,
  certificates: readonly Uint8Array[],
  feed: FeedIndex,
): readonly CertifiedValue[] {
  const decimals = context.committee.params.feeds[feed]?.decimals ?? 0
  const byRound = new Map<Round, CertifiedValue>()
  for (const bytes of certificates) {
    const message = decode(context.committee, bytes)
    // Certificates of one round say the same (S2): the first that is sound counts.
    if (message?.type !== 'certificate' || byRound.has(message.round)) continue
    const word = message.words[feed]
    const report = word === undefined ? null : decodeWord(word)
    if (report === null || report.status !== FEED_STATUS.ok) continue
    if (!isCertificateSound(context, message)) continue
    const { round, timestampMs } = message
    byRound.set(round, { round, timestampMs, value: formatDecimal(report.value, decimals) })
  }
  return [...byRound.values()].sort((a, b) => a.round - b.round)
}
