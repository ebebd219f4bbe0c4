import { existsSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'

/**
 * What is wrong with the journal of killed processes; null when it can be read and lost nothing but
 * the ends of their histories, or was never begun.
 */
export function journalFault(path: string): string | null {
  if (!existsSync(path)) return null
  try {
    const database = new DatabaseSync(path)
    try {
      return faultIn(database)
    } finally {
      database.close()
    }
  } catch (error) {
    return `the journal cannot be read: ${error}`
  }
}

function faultIn(database: DatabaseSync): string | null {
  const check = database.prepare('PRAGMA integrity_check').get()
  if (check?.integrity_check !== 'ok') return `the journal is damaged: ${check?.integrity_check}`
  const hasSteps = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'step'").get()
  // The very first process was killed before its tables were on the disk.
  if (hasSteps === undefined) return null
  const columns = 'run, min(number) AS low, max(number) AS high, count(*) AS held'
  const runs = database.prepare(`SELECT ${columns} FROM step GROUP BY run`).all()
  const holed = runs.find(({ low, high, held }) => Number(high) - Number(low) + 1 !== Number(held))
  return holed === undefined ? null : `run ${holed.run} of the journal has a hole`
}
