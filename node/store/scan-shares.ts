import { DatabaseSync } from 'node:sqlite'
import type { MemberIndex, Round } from '../../aggregator/values/ids.ts'
import { JournalReader } from './journal-reader.ts'

/** A member that signed what an honest one never signs twice. */
export interface ShareConflict {
  readonly round: Round
  readonly sender: MemberIndex
  /** `report`: two reports in one round; `slot`: two shares in one slot (protocol §9.1). */
  readonly kind: 'report' | 'slot'
}

export interface ShareScan {
  /** Distinct shares in all journals together. */
  readonly sharesSeen: number
  readonly conflicts: readonly ShareConflict[]
}

/**
 * Reads the journals of several nodes and looks for shares that contradict each other, also when
 * no single node has seen both.
 *
 * @throws {OracleError} `JOURNAL_UNREADABLE`, `JOURNAL_VERSION_OTHER`
 */
export function scanShares(paths: readonly string[]): ShareScan {
  // An empty name is a temporary database that goes to disk when it grows.
  const merged = new DatabaseSync('')
  try {
    merged.exec(`CREATE TABLE share (
      round INTEGER, sender INTEGER, slot INTEGER, digest BLOB, report_digest BLOB,
      PRIMARY KEY (round, sender, slot, digest)
    ) STRICT, WITHOUT ROWID; BEGIN`)
    for (const path of paths) mergeInto(merged, path)
    merged.exec('COMMIT')
    return {
      sharesSeen: Number(merged.prepare('SELECT count(*) AS shares FROM share').get()?.shares),
      conflicts: [...conflictsOf(merged, 'report'), ...conflictsOf(merged, 'slot')],
    }
  } finally {
    merged.close()
  }
}

function mergeInto(merged: DatabaseSync, path: string): void {
  const insert = merged.prepare('INSERT OR IGNORE INTO share VALUES (?, ?, ?, ?, ?)')
  const reader = new JournalReader(path)
  try {
    for (const { round, sender, slot, digest, reportDigest } of reader.shares()) {
      insert.run(round, sender, slot, digest, reportDigest)
    }
  } finally {
    reader.close()
  }
}

const QUERIES = {
  report: `SELECT round, sender FROM share GROUP BY round, sender
           HAVING count(DISTINCT report_digest) > 1 ORDER BY round, sender`,
  slot: `SELECT round, sender FROM share GROUP BY round, sender, slot
         HAVING count(*) > 1 ORDER BY round, sender, slot`,
} as const

function conflictsOf(merged: DatabaseSync, kind: ShareConflict['kind']): ShareConflict[] {
  const rows = merged.prepare(QUERIES[kind]).all()
  return rows.map(({ round, sender }) => ({ round: Number(round), sender: Number(sender), kind }))
}
