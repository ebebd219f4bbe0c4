import { setImmediate as turnOfTheLoop } from 'node:timers/promises'
import type { Context } from '../../aggregator/context.ts'
import type { RoundPath } from '../../aggregator/effects.ts'
import { decode } from '../../aggregator/messages/codec.ts'
import type { Certificate } from '../../aggregator/messages/messages.ts'
import { isCertificateSound } from '../../aggregator/messages/validate.ts'
import type { Round } from '../../aggregator/values/ids.ts'
import type { UnixMs } from '../../aggregator/values/time.ts'
import type { JournalReader } from '../store/journal-reader.ts'
import type { RoundRange } from '../store/journal-rows.ts'

/** A round of which a journal holds a certificate that the committee signed. */
export interface CertifiedRound {
  readonly certificate: Certificate
  readonly path: RoundPath
  /** When the journal's node held it first; after a pause of the node that is late. */
  readonly receivedMs: UnixMs
}

/** Rounds read at once: the journal is held for moments only, so that its writer can go on. */
const ROUNDS_EACH = 1_000

/**
 * Ranges of up to `ROUNDS_EACH` rounds, ascending, that together hold every round of the range of
 * which the journal knows something. Others may run between two of them.
 *
 * @throws {OracleError} `JOURNAL_UNREADABLE`
 */
export async function* heldRanges(
  reader: JournalReader,
  range: RoundRange,
): AsyncGenerator<RoundRange> {
  let from = reader.nextRound(range.from)
  while (from !== null && from <= range.to) {
    const to = Math.min(range.to, from + ROUNDS_EACH - 1)
    yield { from, to }
    await turnOfTheLoop()
    from = reader.nextRound(to + 1)
  }
}

/**
 * The certified rounds of a range, ascending. Each signature is checked again: a certificate of
 * another committee, or one that nobody signed, is left out.
 *
 * @throws {OracleError} `JOURNAL_UNREADABLE`
 */
export function certifiedRounds(
  context: Context,
  reader: JournalReader,
  range: RoundRange,
): readonly CertifiedRound[] {
  const byRound = new Map<Round, CertifiedRound>()
  for (const { bytes, receivedMs } of reader.certificates(range)) {
    const certificate = decode(context.committee, bytes)
    // Certificates of one round say the same (S2): the first that is sound counts.
    if (certificate?.type !== 'certificate' || byRound.has(certificate.round)) continue
    if (!isCertificateSound(context, certificate)) continue
    const path = certificate.slot === 0 ? 'fast' : 'proposed'
    byRound.set(certificate.round, { certificate, path, receivedMs })
  }
  return [...byRound.values()].sort((a, b) => a.certificate.round - b.certificate.round)
}
