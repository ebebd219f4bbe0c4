import { z } from 'zod'

/** The part of Stryker's report (mutation-testing-report-schema 2) that is read here. */
const schema = z.object({
  files: z.record(
    z.string(),
    z.object({
      source: z.string(),
      mutants: z.array(
        z.object({
          replacement: z.string().default(''),
          status: z.string(),
          location: z.object({
            start: z.object({ line: z.int(), column: z.int() }),
            end: z.object({ line: z.int(), column: z.int() }),
          }),
        }),
      ),
    }),
  ),
})

/** A change of the code that no test noticed. */
export interface Survivor {
  readonly file: string
  readonly line: number
  /** The line as it stands, without its indentation. */
  readonly code: string
  /** What stood there, on this line. */
  readonly original: string
  readonly replacement: string
}

export interface Tally {
  readonly mutants: number
  readonly survivors: readonly Survivor[]
}

/** Statuses of mutants that a test noticed, by failing or by not ending. */
const NOTICED = ['Killed', 'Timeout', 'RuntimeError']
/** Statuses of mutants that say nothing about tests. */
const NO_MUTANT = ['Ignored', 'CompileError']

/** @throws when the text is no report */
export function readReport(text: string): Tally {
  const { files } = schema.parse(JSON.parse(text))
  let mutants = 0
  const survivors: Survivor[] = []
  for (const [file, { source, mutants: all }] of Object.entries(files)) {
    const lines = source.split('\n')
    for (const { status, location, replacement } of all) {
      if (NO_MUTANT.includes(status)) continue
      mutants += 1
      if (NOTICED.includes(status)) continue
      const { start, end } = location
      const line = lines[start.line - 1] ?? ''
      const until = end.line === start.line ? end.column - 1 : line.length
      const original = line.slice(start.column - 1, until)
      survivors.push({ file, line: start.line, code: line.trim(), original, replacement })
    }
  }
  return { mutants, survivors }
}

const equivalentSchema = z.array(
  z.strictObject({
    file: z.string(),
    code: z.string(),
    original: z.string(),
    replacement: z.string(),
    because: z.string().min(20),
  }),
)
export type Equivalent = z.infer<typeof equivalentSchema>[number]

/** @throws when the text is no list of equivalents */
export function readEquivalents(text: string): readonly Equivalent[] {
  return equivalentSchema.parse(JSON.parse(text))
}

/** Whether a survivor is listed as one that no test could notice; lines may move, code may not. */
export function isListed(survivor: Survivor, equivalents: readonly Equivalent[]): boolean {
  return equivalents.some(
    ({ file, code, original, replacement }) =>
      file === survivor.file &&
      code === survivor.code &&
      original === survivor.original &&
      replacement === survivor.replacement,
  )
}
