import { join } from 'node:path'
import { JOURNAL_FILE } from '../compose/store.ts'
import { loadConfig } from '../config/load.ts'
import type { RoundRange } from '../store/journal-rows.ts'
import { usageError } from './command.ts'

/** Options of commands that read a journal apart from a node. */
export const JOURNAL_OPTIONS = {
  config: { type: 'string', value: 'FILE', describe: "a node's configuration; it may run" },
  journal: { type: 'string', value: 'FILE', describe: 'a journal instead, with --committee' },
  committee: { type: 'string', value: 'FILE', describe: 'its committee file' },
} as const

export interface JournalFiles {
  readonly journal: string
  readonly committee: string
}

/**
 * The journal and the committee that a command line means.
 *
 * @throws {OracleError} `USAGE_INVALID` unless it names a configuration, or both files
 */
export async function journalFilesOf(
  name: string,
  options: Partial<Record<keyof typeof JOURNAL_OPTIONS, string | undefined>>,
): Promise<JournalFiles> {
  const { config, journal, committee } = options
  if (config !== undefined && journal === undefined && committee === undefined) {
    const loaded = (await loadConfig(config)).config
    return { journal: join(loaded.dataDirectory, JOURNAL_FILE), committee: loaded.committee }
  }
  if (config === undefined && journal !== undefined && committee !== undefined) {
    return { journal, committee }
  }
  throw usageError('give --config, or --journal and --committee', name)
}

/**
 * A whole number from 0 that an option gives; null when it was left out.
 *
 * @throws {OracleError} `USAGE_INVALID` for anything else
 */
export function wholeOf(name: string, option: string, text: string | undefined): number | null {
  if (text === undefined) return null
  if (/^[0-9]{1,15}$/.test(text)) return Number(text)
  throw usageError(`--${option} must be a whole number`, name)
}

/**
 * The rounds that `--from` and `--to` mean; all of them when both were left out.
 *
 * @throws {OracleError} `USAGE_INVALID`
 */
export function roundsOf(
  name: string,
  { from, to }: { readonly from: string | undefined; readonly to: string | undefined },
): RoundRange {
  const range = {
    from: wholeOf(name, 'from', from) ?? 0,
    to: wholeOf(name, 'to', to) ?? Number.MAX_SAFE_INTEGER,
  }
  if (range.from > range.to) throw usageError('--from must not be after --to', name)
  return range
}
