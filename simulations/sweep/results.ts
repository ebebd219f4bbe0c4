import { closeSync, existsSync, openSync, renameSync, writeFileSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import { readText, writing } from '../input/files.ts'
import { InputError } from '../input/problems.ts'
import { isExact } from '../origin/commit.ts'
import type { Origin } from '../origin/origin.ts'
import type { Outcome } from '../threads/job.ts'
import { cellCount, type Definition, type Sweep } from './sweep-file.ts'
import type { AxisValue } from './sweep-points.ts'

/** Largest result file: a text of more does not fit into memory at once. */
const FILE_BYTES_MAX = 400 * 1024 * 1024

/**
 * Version of the form of a result file: 2 since `wire` is of the counted rounds, with what gossip
 * repeats, and the head holds command and definition.
 */
const FORMAT = 2

/** First line of a result file: which runs it is of, by which code. */
export interface Head {
  readonly format: typeof FORMAT
  readonly sweep: string
  /** Left out where a sweep says nothing of itself. */
  readonly about?: string
  readonly digest: string
  readonly commit: string
  /** What makes the same results, without what changes none: threads, shards and places. */
  readonly command: string
  /** The sweep file, with the scenario in it; it is a sweep file itself. */
  readonly definition: Definition
  readonly axes: readonly string[]
  /** Cells of the whole sweep, also of other shards. */
  readonly cells: number
}

/** One finished run, a line. */
export interface Finished {
  readonly cell: number
  readonly values: readonly AxisValue[]
  readonly seed: number
  readonly outcome: Outcome
}

export interface Results {
  readonly head: Head
  readonly finished: ReadonlyMap<number, Finished>
}

export function headOf(sweep: Sweep, { commit, command }: Pick<Head, 'commit' | 'command'>): Head {
  const { name, about, digest, axes, definition } = sweep
  const said = about === '' ? {} : { about }
  const origin = { commit, command, definition }
  return { format: FORMAT, sweep: name, ...said, digest, ...origin, axes, cells: cellCount(sweep) }
}

/** Where tables and pages of results come from. */
export function originOf({ commit, command, definition }: Head): Origin {
  return { commit, command, definition }
}

/**
 * What a result file holds. A last line without its end was cut off when the run was stopped, and
 * is left out: its cell runs again.
 *
 * @throws {InputError} RESULTS_INVALID when it is no result file, or contradicts itself
 */
export function readResults(path: string): Results {
  const refuse = (message: string): never => {
    throw new InputError('RESULTS_INVALID', path, [{ path: '', message }])
  }
  const read = readText(path, FILE_BYTES_MAX)
  if (!read.ok) throw new InputError('RESULTS_INVALID', path, read.problems)
  const lines = read.value.split('\n').slice(0, -1)
  const entries = lines.map((line, at) => parsedLine(line) ?? refuse(`line ${at + 1} is no JSON`))
  const head = headSchema.safeParse(entries[0])
  if (!head.success) return refuse(headProblem(entries[0]))
  const finished = new Map<number, Finished>()
  for (const [at, entry] of entries.slice(1).entries()) {
    const line = finishedSchema.safeParse(entry)
    const isRun =
      line.success &&
      line.data.cell < head.data.cells &&
      line.data.values.length === head.data.axes.length
    if (!isRun) refuse(`line ${at + 2} is no run as this version writes it; run the sweep again`)
    keepFinished(path, finished, entry as Finished)
  }
  return { head: entries[0] as Head, finished }
}

const headSchema = z.looseObject({
  format: z.literal(FORMAT),
  sweep: z.string(),
  digest: z.string(),
  commit: z.string(),
  command: z.string(),
  definition: z.looseObject({}),
  axes: z.array(z.string()),
  cells: z.int().min(1),
})
const latency = z.looseObject({ meanMs: z.number().nullable(), p99Ms: z.number().nullable() })
/** Of another version, or no result file at all. */
function headProblem(entry: object | undefined): string {
  const isHead = entry !== undefined && 'sweep' in entry && 'digest' in entry
  if (!isHead) return 'does not begin like a result file; name another'
  const format = 'format' in entry ? entry.format : 1
  return format === FORMAT
    ? 'does not begin as this version writes it; run the sweep again'
    : `has the form ${format}, and this version reads ${FORMAT}; run the sweep again`
}

/** As much of a run as its figures and tables take for granted. */
const finishedSchema = z.looseObject({
  cell: z.int().min(0),
  values: z.array(z.union([z.string(), z.number(), z.boolean()])),
  seed: z.int(),
  outcome: z.looseObject({
    rounds: z.looseObject({ opened: z.int(), fast: z.int(), proposed: z.int(), lost: z.int() }),
    latencyMs: z.looseObject({ first: latency, all: latency, last: latency, observed: latency }),
    withoutResult: z.number().nullable(),
    wire: z.looseObject({
      messages: z.number(),
      bytes: z.number(),
      repeatedMessages: z.number(),
      repeatedBytes: z.number(),
      toldBytes: z.number(),
    }),
    errorBps: z.looseObject({ meanBps: z.number().nullable(), maxBps: z.number().nullable() }),
    differing: z.int(),
    unavailable: z.looseObject({ rounds: z.int() }),
    convicted: z.array(z.int()),
    violationCount: z.int(),
    violations: z.array(z.looseObject({ rule: z.string() })),
    traceHash: z.string(),
    chain: z
      .looseObject({
        blocks: z.int(),
        fullBlocks: z.int(),
        transactions: z.looseObject({
          stored: z.int(),
          needless: z.int(),
          lostToRace: z.int(),
          refused: z.int(),
          undone: z.int(),
          evicted: z.int(),
        }),
        dueToChainMs: latency,
        certifiedToChainMs: latency,
        age: z.looseObject({
          meanMs: z.number().nullable(),
          maxMs: z.number().nullable(),
          aboveHeartbeat: z.number().nullable(),
        }),
        gas: z.looseObject({ used: z.number(), feeGwei: z.number() }),
      })
      .optional(),
    manipulation: z
      .looseObject({
        spentUsd: z.number(),
        boughtUsd: z.number(),
        rounds: z.int(),
        quarantinedRounds: z.int(),
        movedBps: z.looseObject({ meanBps: z.number().nullable(), maxBps: z.number().nullable() }),
      })
      .optional(),
    book: z
      .looseObject({
        unmarkedRounds: z.int(),
        liquidations: z.looseObject({
          made: z.int(),
          due: z.int(),
          wrong: z.int(),
          late: z.int(),
          missed: z.int(),
        }),
        lossUsd: z.number(),
        takenUsd: z.looseObject({ trader: z.number(), market: z.number() }),
        attacker: z.looseObject({
          takenUsd: z.number(),
          feesUsd: z.number(),
          bribesUsd: z.number(),
          netUsd: z.number(),
        }),
      })
      .optional(),
  }),
})

function parsedLine(line: string): object | null {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null ? value : null
  } catch {
    return null
  }
}

/**
 * Adds a run to those that are known; one that is there already must be the same.
 *
 * @throws {InputError} RESULTS_INVALID when its cell has another result
 */
export function keepFinished(path: string, known: Map<number, Finished>, run: Finished): void {
  const before = known.get(run.cell)
  if (before !== undefined && !isDeepStrictEqual(before, run)) {
    const message =
      `cell ${run.cell} (seed ${run.seed}) has two results that differ, which the same code ` +
      'never gives: find out which file is wrong, and leave it out or run its cells again'
    throw new InputError('RESULTS_INVALID', path, [{ path: '', message }])
  }
  known.set(run.cell, run)
}

/**
 * @throws {InputError} RESULTS_INVALID when results are of another sweep or of other code, or do
 * not say of which
 */
export function requireSameHead(path: string, given: Head, wanted: Head): void {
  const problems = (['digest', 'commit'] as const)
    .filter((key) => given[key] !== wanted[key])
    .map((key) => ({
      path: key,
      message: `is ${given[key]}, not ${wanted[key]}: these results are of other ${
        key === 'commit' ? 'code' : 'scenarios or seeds'
      }`,
    }))
  if (problems.length === 0 && !isExact(given.commit)) {
    const message = `is ${given.commit}, which does not say of which code these results are`
    problems.push({ path: 'commit', message: `${message}: run the sweep into another file` })
  }
  if (problems.length > 0) throw new InputError('RESULTS_INVALID', path, problems)
}

/** Appends finished runs as they come, so that a run that is stopped loses only what was open. */
export class ResultWriter {
  readonly #path: string
  readonly #head: Head
  readonly #finished: Map<number, Finished>
  readonly #file: number

  /** @throws {InputError} RESULTS_INVALID when the file holds results of something else */
  constructor(path: string, head: Head) {
    this.#path = path
    this.#head = head
    const known = existsSync(path) ? readResults(path) : null
    if (known !== null) requireSameHead(path, known.head, head)
    this.#finished = new Map(known?.finished ?? [])
    // Written anew, because a line that was cut off must not be gone on with.
    writeSorted(path, { head, finished: this.#finished })
    this.#file = writing(path, () => openSync(path, 'a'))
  }

  get finished(): ReadonlyMap<number, Finished> {
    return this.#finished
  }

  add(finished: Finished): void {
    this.#finished.set(finished.cell, finished)
    const line = `${JSON.stringify(finished)}\n`
    writing(this.#path, () => writeFileSync(this.#file, line))
  }

  /** Puts the lines into the order of their cells, so that equal sweeps give equal files. */
  close(): void {
    closeSync(this.#file)
    writeSorted(this.#path, { head: this.#head, finished: this.#finished })
  }
}

/** Replaces a file at once: a stop leaves the old one or the new one. */
export function writeSorted(path: string, { head, finished }: Results): void {
  const lines = [head, ...inOrder(finished)].map((entry) => JSON.stringify(entry))
  writing(path, () => {
    writeFileSync(`${path}.part`, `${lines.join('\n')}\n`)
    renameSync(`${path}.part`, path)
  })
}

export function inOrder(finished: ReadonlyMap<number, Finished>): readonly Finished[] {
  return [...finished.values()].sort((a, b) => a.cell - b.cell)
}
