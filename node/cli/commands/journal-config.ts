import { join } from 'node:path'
import { JOURNAL_FILE } from '../../compose/store.ts'
import { loadSettings } from '../../config/load.ts'
import { type JournalConfig, readConfigs } from '../../store/journal-configs.ts'
import { columns } from '../columns.ts'
import { command, usageError } from '../command.ts'
import { EXIT_DONE } from '../exit-codes.ts'

const NAME = 'journal config'
const DIGEST_SHOWN = 12

/** Shows with which configurations a node ran, and what became of each reload. */
export const journalConfig = command({
  name: NAME,
  summary: 'Show with which configurations a node ran, and what each reload changed.',
  options: {
    config: { type: 'string', value: 'FILE', describe: "a node's configuration; it may run" },
    journal: { type: 'string', value: 'FILE', describe: 'a journal instead' },
  },
  run: async ({ config, journal, json }, { stdout }) => {
    const entries = readConfigs(await pathOf(config, journal))
    stdout.write(json ? `${JSON.stringify(entries)}\n` : `${textOf(entries)}\n`)
    return EXIT_DONE
  },
})

async function pathOf(config: string | undefined, journal: string | undefined): Promise<string> {
  if (journal !== undefined && config === undefined) return journal
  if (config === undefined || journal !== undefined) {
    throw usageError('give --config or --journal', NAME)
  }
  return join((await loadSettings(config)).config.dataDirectory, JOURNAL_FILE)
}

function textOf(entries: readonly JournalConfig[]): string {
  if (entries.length === 0) return 'nothing about configurations in this journal'
  const rows = entries.map(({ run, atMs, outcome, code, digestAfter, details }) => [
    ...[new Date(atMs).toISOString(), String(run), outcome, digestAfter.slice(0, DIGEST_SHOWN)],
    [...(code === 'OK' ? [] : [code]), ...details].join('; '),
  ])
  return columns([['AT', 'RUN', 'OUTCOME', 'DIGEST', 'WHAT'], ...rows])
}
