import { type FileHandle, open } from 'node:fs/promises'
import { codeOf, OracleError } from '../../errors.ts'
import { certifiedValues } from '../../replay/certified-values.ts'
import { offlineContext } from '../../replay/offline.ts'
import { command, usageError } from '../command.ts'
import { EXIT_DONE, EXIT_INTERRUPTED } from '../exit-codes.ts'
import { JOURNAL_OPTIONS, journalFilesOf, wholeOf } from '../journal-files.ts'

const NAME = 'journal export'
/** What stands where files of trades name an exchange. */
const EXCHANGE = 'committee'

/** Writes what a committee certified as a file of trades, which the simulator imports. */
export const journalExport = command({
  name: NAME,
  summary: 'Write the certified values of a feed in a journal as CSV, for the simulator.',
  options: {
    ...JOURNAL_OPTIONS,
    feed: { type: 'string', value: 'NAME', describe: 'a feed of the committee', required: true },
    out: { type: 'string', value: 'FILE', describe: 'new file', required: true },
    from: { type: 'string', value: 'R', describe: 'first round' },
    to: { type: 'string', value: 'R', describe: 'last round' },
  },
  run: async ({ feed, out, json, from, to, ...named }, { stdout, signal }) => {
    const files = await journalFilesOf(NAME, named)
    const range = {
      from: wholeOf(NAME, 'from', from) ?? 0,
      to: wholeOf(NAME, 'to', to) ?? Number.MAX_SAFE_INTEGER,
    }
    if (range.from > range.to) throw usageError('--from must not be after --to', NAME)
    const context = await offlineContext(files.committee)
    const names = context.committee.params.feeds.map(({ name }) => name)
    if (!names.includes(feed)) throw usageError(`--feed must be one of ${names.join(', ')}`, NAME)
    const wanted = { path: files.journal, feed: names.indexOf(feed), range }
    const pages = certifiedValues(context, wanted)
    // The first page before the file: a journal without a value leaves none behind.
    const first = pages.next()
    const rows = { written: 0, isInterrupted: false }
    const file = await created(out)
    try {
      await file.write('timestamp,exchange,symbol,price\n')
      for (let page = first; page.done !== true; page = pages.next()) {
        const lines = page.value.map(
          ({ timestampMs, value }) => `${timestampMs},${EXCHANGE},${feed},${value}\n`,
        )
        await file.write(lines.join(''))
        rows.written += lines.length
        rows.isInterrupted = signal.aborted
        if (rows.isInterrupted) break
      }
    } finally {
      pages.return(undefined)
      await file.close()
    }
    const { written, isInterrupted } = rows
    const text = `${out} holds ${written} values of ${feed}${isInterrupted ? '; interrupted' : ''}`
    const facts = { file: out, feed, values: written, isInterrupted }
    stdout.write(json ? `${JSON.stringify(facts)}\n` : `${text}\n`)
    return isInterrupted ? EXIT_INTERRUPTED : EXIT_DONE
  },
})

async function created(out: string): Promise<FileHandle> {
  try {
    return await open(out, 'wx')
  } catch (cause) {
    const exists = codeOf(cause) === 'EEXIST'
    throw new OracleError(
      exists ? 'FILE_EXISTS' : 'FILE_NOT_WRITTEN',
      exists ? `${out} exists; name another file` : `cannot write ${out}; check its directory`,
      { context: { file: out, cause: codeOf(cause) }, cause },
    )
  }
}
