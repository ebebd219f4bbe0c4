import { certifiedValues } from '../../replay/certified-values.ts'
import { offlineContext } from '../../replay/offline.ts'
import { command, usageError } from '../command.ts'
import { EXIT_DONE, EXIT_INTERRUPTED } from '../exit-codes.ts'
import { JOURNAL_OPTIONS, journalFilesOf, roundsOf } from '../journal-files.ts'
import { newFile } from '../new-file.ts'
import { COLUMN_NAMES, tableOf } from '../value-columns.ts'

const NAME = 'journal export'

/** Writes what a committee certified: by default a file of trades, which the simulator imports. */
export const journalExport = command({
  name: NAME,
  summary: 'Write the certified values of a feed in a journal as CSV or lines of JSON.',
  options: {
    ...JOURNAL_OPTIONS,
    feed: { type: 'string', value: 'NAME', describe: 'a feed of the committee', required: true },
    out: { type: 'string', value: 'FILE', describe: 'new file', required: true },
    columns: {
      type: 'string',
      value: 'A,B',
      describe: `of ${COLUMN_NAMES.join(', ')}; else the first four, as the simulator imports them`,
    },
    format: { type: 'string', value: 'F', describe: 'csv (default) or jsonl' },
    from: { type: 'string', value: 'R', describe: 'first round' },
    to: { type: 'string', value: 'R', describe: 'last round' },
  },
  run: async ({ feed, out, json, from, to, columns, format, ...named }, { stdout, signal }) => {
    const table = tableOf(NAME, { feed, columns, format })
    const range = roundsOf(NAME, { from, to })
    const files = await journalFilesOf(NAME, named)
    const context = await offlineContext(files.committee)
    const names = context.committee.params.feeds.map(({ name }) => name)
    if (!names.includes(feed)) throw usageError(`--feed must be one of ${names.join(', ')}`, NAME)
    const pages = certifiedValues(context, {
      ...{ path: files.journal, feed: names.indexOf(feed), range },
      // Only who asks for the status can tell a round without a value from one with.
      unavailable: table.columns.includes('status') ? 'kept' : 'leftOut',
    })
    // The first page before the file: a journal without a value leaves none behind.
    const first = await pages.next()
    const rows = { written: 0, isInterrupted: false }
    const file = await newFile(out)
    try {
      await file.write(table.head)
      for (let page = first; page.done !== true; page = await pages.next()) {
        const lines = page.value.map(table.line)
        await file.write(lines.join(''))
        rows.written += lines.length
        rows.isInterrupted = signal.aborted
        if (rows.isInterrupted) break
      }
    } finally {
      await pages.return(undefined)
      await file.close()
    }
    const { written, isInterrupted } = rows
    const text = `${out} holds ${written} values of ${feed}${isInterrupted ? '; interrupted' : ''}`
    const facts = { file: out, feed, values: written, isInterrupted }
    stdout.write(json ? `${JSON.stringify(facts)}\n` : `${text}\n`)
    return isInterrupted ? EXIT_INTERRUPTED : EXIT_DONE
  },
})
