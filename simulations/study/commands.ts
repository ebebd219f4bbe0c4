import { readArgs, wholeNumber } from '../input/options.ts'
import { callOf } from '../origin/call.ts'
import { commitOf } from '../origin/commit.ts'
import { type Format, formatOf } from '../report/data-table.ts'
import { leaveReportPlace, makeReportPlace, writeReport } from '../report/write-report.ts'
import type { Answer } from '../research/commands.ts'
import { WORKERS_MAX, workersOfMachine } from '../threads/pool.ts'
import { studyOfConcentration } from './concentration.ts'
import { studyOfEconomics } from './economics.ts'
import { studyOfFaults } from './faults.ts'
import { studyOfInfluence } from './influence.ts'
import { studyOfLatency } from './latency.ts'
import { pageOfStudy } from './page.ts'
import type { RunStudy, StudyOptions } from './study.ts'
import { studyOfVenues } from './venues.ts'

/** The studies of docs/guides/researcher.md; d and e take a file of one's own. */
const STUDIES: ReadonlyMap<string, { readonly run: RunStudy; readonly takesFile: boolean }> =
  new Map([
    ['a', { run: studyOfLatency, takesFile: false }],
    ['b', { run: studyOfInfluence, takesFile: false }],
    ['c', { run: studyOfVenues, takesFile: false }],
    ['d', { run: studyOfConcentration, takesFile: true }],
    ['e', { run: studyOfEconomics, takesFile: true }],
    ['f', { run: studyOfFaults, takesFile: false }],
  ])

interface Asked extends Omit<StudyOptions, 'signal'> {
  readonly study: string
  readonly run: RunStudy
  readonly out: string
  readonly format: Format
  readonly isJson: boolean
  readonly command: string
}

/** `study a|b|c|d [FILE]|e [FILE]|f`. @throws {RangeError} for a wrong command line */
export async function printStudy(args: readonly string[], signal: AbortSignal): Promise<Answer> {
  const asked = askedFor(args)
  // Before it runs, perhaps for hours: what comes of it must have somewhere to go.
  makeReportPlace(asked.out)
  const study = await asked.run({ ...asked, signal }).catch((error: unknown) => {
    leaveReportPlace(asked.out)
    throw error
  })
  if (study === null) {
    leaveReportPlace(asked.out)
    return { output: 'stopped before its end; nothing was written', isHeld: true }
  }
  const { out, format, command } = asked
  const origin = { commit: commitOf(), command, format }
  const files = await writeReport(out, pageOfStudy(study, asked), origin)
  const { isHeld, data, text } = study
  const written = `${files} files in ${out}/, of which report.html shows all`
  const output = asked.isJson ? JSON.stringify({ ...data, isHeld }) : `${text}\n\n${written}`
  return { output, isHeld }
}

function askedFor(args: readonly string[]): Asked {
  const { values, positionals } = readArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      out: { type: 'string' },
      format: { type: 'string' },
      workers: { type: 'string' },
      short: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  })
  const [name = '', file, ...more] = positionals
  const found = STUDIES.get(name)
  if (found === undefined) throw new RangeError(`name one study: ${[...STUDIES.keys()].join(', ')}`)
  if (more.length > 0 || (file !== undefined && !found.takesFile)) {
    throw new RangeError(`study ${name} takes ${found.takesFile ? 'one file' : 'no file'}`)
  }
  const workers = wholeNumber('--workers', values.workers, { min: 1, max: WORKERS_MAX })
  return {
    study: name,
    run: found.run,
    file: file ?? null,
    out: values.out ?? `study-${name}`,
    format: formatOf(values.format),
    workers: workers ?? workersOfMachine(),
    isShort: values.short,
    isJson: values.json,
    command: callOf(['study', ...args]),
  }
}
