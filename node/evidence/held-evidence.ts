import type { Context } from '../../aggregator/context.ts'
import type { Evidence } from '../../aggregator/messages/messages.ts'
import { validate } from '../../aggregator/messages/validate.ts'
import { JournalReader } from '../store/journal-reader.ts'
import { type EvidenceFile, evidenceFileOf } from './evidence-file.ts'

/**
 * The evidence in a journal, verified again; evidence of another committee is left out.
 *
 * @throws {OracleError} `JOURNAL_UNREADABLE`, `JOURNAL_VERSION_OTHER`
 */
export function evidenceInJournal(context: Context, path: string): EvidenceFile {
  const reader = new JournalReader(path)
  try {
    const held = reader.evidence().flatMap((bytes): Evidence[] => {
      const verdict = validate(context, bytes, { topic: 'protocol', currentRound: 0 })
      const message = verdict.verdict === 'accept' ? verdict.message.message : null
      return message?.type === 'evidence' ? [message] : []
    })
    return evidenceFileOf(context.committee, held)
  } finally {
    reader.close()
  }
}
