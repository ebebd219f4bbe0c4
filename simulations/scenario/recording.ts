import { createHash } from 'node:crypto'
import { resolve } from 'node:path'
import { z } from 'zod'
import { readBytes } from '../input/files.ts'
import { checkedBy, InputError, type Parsed } from '../input/problems.ts'
import type { Recording } from '../world/recorded.ts'
import { isDistinct } from './bounds.ts'
import type { Scenario } from './schema.ts'

/** Largest recording: what STEPS_MAX and HEARD_MAX take at most as `import-prices` writes them. */
const FILE_BYTES_MAX = 22 * 1024 * 1024
/** More than a day at half a second. */
export const STEPS_MAX = 200_000
/** Prices in the decimals of a simulated feed must stay whole numbers below 2^50. */
const PRICE_MAX = 10_000_000
/** Prices of all venues by themselves. */
export const HEARD_MAX = 400_000

const price = z.number().gt(0).max(PRICE_MAX)
/** From the first step on, or before it. */
const offsetMs = z.int().min(-3_600_000, 'must be at most an hour before the first step').max(1e12)
const venue = z
  .strictObject({
    name: z.string().min(1).max(100),
    localMs: z.array(offsetMs).min(1),
    exchangeMs: z.array(offsetMs),
    prices: z.array(price),
  })
  .refine(
    ({ localMs, exchangeMs, prices }) =>
      localMs.length === exchangeMs.length && localMs.length === prices.length,
    'must have as many localMs, exchangeMs and prices',
  )
  .refine(
    ({ localMs }) => localMs.every((ms, at) => at === 0 || ms >= (localMs[at - 1] as number)),
    'must have rising localMs',
  )

function heardOf(venues: readonly { readonly prices: readonly number[] }[]): number {
  return venues.reduce((sum, { prices }) => sum + prices.length, 0)
}

/** What `import-prices` writes and a scenario names. */
const recordingSchema = z.strictObject({
  name: z.string().min(1).max(200),
  /** Where it comes from: for a reader, and for whoever wants to make it again. */
  source: z.strictObject({
    file: z.string().max(1_000),
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
    symbol: z.string().max(100).nullable(),
    exchanges: z.array(z.string().max(100)).max(1_000),
    clock: z.enum(['exchange', 'local']),
    trades: z.int().min(1),
  }),
  /** Time of the first step. */
  fromMs: z.number().min(0).max(1e14),
  stepMs: z.int().min(10).max(3_600_000),
  prices: z.array(price).min(2).max(STEPS_MAX),
  /** Of each venue by itself, for scenarios whose venues follow it. */
  venues: z
    .array(venue)
    .max(200)
    .default([])
    .refine((venues) => isDistinct(venues.map(({ name }) => name)), 'must not name a venue twice')
    .refine((venues) => heardOf(venues) <= HEARD_MAX, `must have at most ${HEARD_MAX} prices`),
})

export type RecordingFile = z.output<typeof recordingSchema>

/** A recording with the hash of the bytes that it was read from. */
export interface ReadRecording {
  readonly recording: Recording
  readonly sha256: string
}

/** @throws {InputError} RECORDING_INVALID with every problem found */
export function readRecording(path: string): ReadRecording {
  const refuse = (message: string): never => {
    throw new InputError('RECORDING_INVALID', path, [{ path: '', message }])
  }
  const read = readBytes(path, FILE_BYTES_MAX)
  if (!read.ok) throw new InputError('RECORDING_INVALID', path, read.problems)
  const bytes = read.value
  const parsed = checked(jsonOf(bytes) ?? refuse('is no JSON; import-prices makes one of trades'))
  if (!parsed.ok) throw new InputError('RECORDING_INVALID', path, parsed.problems)
  const { stepMs, prices, venues } = parsed.value
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  return { recording: { stepMs, prices, venues }, sha256 }
}

/** The text of a recording, or why `readRecording` would refuse it. */
export function textOfRecording(recording: RecordingFile): Parsed<string> {
  const parsed = checked(recording)
  if (!parsed.ok) return parsed
  const text = `${JSON.stringify(recording)}\n`
  const bytes = Buffer.byteLength(text)
  if (bytes <= FILE_BYTES_MAX) return { ok: true, value: text }
  const message = `makes ${bytes} bytes; at most ${FILE_BYTES_MAX}`
  return { ok: false, problems: [{ path: '', message }] }
}

/** Problems that are listed: one wrong column can have one in each line. */
const PROBLEMS_MAX = 50

function checked(value: unknown): Parsed<RecordingFile> {
  const parsed = checkedBy(recordingSchema, value)
  return parsed.ok ? parsed : { ok: false, problems: parsed.problems.slice(0, PROBLEMS_MAX) }
}

function jsonOf(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch {
    return null
  }
}

/**
 * The recording that a scenario follows; null when it follows a model.
 *
 * @throws {InputError} RECORDING_INVALID when it is not the one that the scenario was checked with
 */
export function recordingOf({ prices }: Scenario): Recording | null {
  const { model } = prices
  if (model?.type !== 'recorded') return null
  const { recording, sha256 } = readRecording(model.file)
  if (model.sha256 === sha256) return recording
  const message = `has the hash ${sha256}, not ${model.sha256 ?? 'any'}: it was changed since`
  throw new InputError('RECORDING_INVALID', model.file, [{ path: '', message }])
}

/**
 * The same scenario with its recording found beside its own file, and bound to it by its hash.
 *
 * @throws {InputError} RECORDING_INVALID when there is none that can be used
 */
export function withRecording(scenario: Scenario, folder: string): Scenario {
  const { model } = scenario.prices
  if (model?.type !== 'recorded') return scenario
  const file = resolve(folder, model.file)
  const { sha256 } = readRecording(file)
  if (model.sha256 !== undefined && model.sha256 !== sha256) {
    const message = `has the hash ${sha256}, not ${model.sha256} as the scenario says`
    throw new InputError('RECORDING_INVALID', file, [{ path: '', message }])
  }
  return { ...scenario, prices: { ...scenario.prices, model: { ...model, file, sha256 } } }
}
