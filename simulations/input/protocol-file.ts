import { z } from 'zod'
import { hintOf } from '../../aggregator/values/nearest-name.ts'
import {
  type Count,
  countOf,
  type ReferenceProtocol,
  SETS,
  type Wait,
} from '../reference/protocol.ts'
import { readPlain } from './files.ts'
import { checkedBy, InputError, type Parsed, type Problem, plainOf } from './problems.ts'

/** Protocols that the project describes itself, each in a file of this format. */
export const BUILT_IN = [
  'simplex',
  'hotstuff',
  'ocr2',
  'ocr3',
  'ours',
  'single-signer',
  'raw-quorum',
] as const

const STEPS_MAX = 32
const ROLES_MAX = 16
const ALTERNATIVES_MAX = 8
const WORK_MS_MAX = 60_000
const COUNT_MAX = 1_000

const identifier = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9]{0,39}$/, 'must be 1 to 40 letters and digits, a letter first')
const COUNT_TEXT =
  'must be a whole number from 1, a share such as 67% or 0.67, or one of ' +
  'all, f+1, 2f+1, n-f, majority'
const count = z.union(
  [
    z.int().min(1).max(COUNT_MAX),
    z.number().gt(0).lt(1).transform(percentOf),
    z.enum(['all', 'f+1', '2f+1', 'n-f', 'majority']),
    z
      .string()
      .regex(/^(?:100|\d{1,2})(?:\.\d{1,4})?%$/)
      .refine((text) => Number.parseFloat(text) > 0 && Number.parseFloat(text) <= 100)
      .transform((text) => text as `${number}%`),
  ],
  { error: COUNT_TEXT },
)
const elapsedMs = z.number().min(0).max(WORK_MS_MAX)
const wait = z.object({ elapsedMs: elapsedMs.default(0) }).catchall(count)
const waits = z.union(
  [wait.transform((one) => [one]), z.array(wait).min(1).max(ALTERNATIVES_MAX)],
  {
    error:
      'must be { step: count, … }, with elapsedMs if it must also be so late, or a list of these ' +
      `of which the earliest counts; a count ${COUNT_TEXT}`,
  },
)

const protocolSchema = z.strictObject({
  name: z.string().regex(/^[a-z0-9-]{1,60}$/, 'must be 1 to 60 of a-z, 0-9 and -'),
  about: z.string().max(1_000).default(''),
  measuredFrom: identifier.nullable().default(null),
  roles: z
    .array(
      z.strictObject({
        name: identifier,
        of: identifier,
        count,
        pick: z.enum(['drawn', 'first']).default('drawn'),
      }),
    )
    .max(ROLES_MAX)
    .default([]),
  steps: z
    .array(
      z.strictObject({
        name: identifier,
        from: identifier,
        to: identifier,
        after: waits.default([]),
        workMs: z.number().min(0).max(WORK_MS_MAX).default(0),
      }),
    )
    .min(1)
    .max(STEPS_MAX),
  done: waits,
})

/** Null for a name that cannot be read. */
const named = identifier.nullable().catch(null)
const waited = z
  .union([z.looseObject({}).transform((one) => [one]), z.array(z.looseObject({}))])
  .catch([])
  .transform((list) => list.flatMap((one) => Object.keys(one)).filter((key) => key !== 'elapsedMs'))
const NAMELESS_ROLE = { name: null, of: null }
const NAMELESS_STEP = { name: null, from: null, to: null, after: [] }

/** All names of a file, as far as they can be read where its form is wrong elsewhere. */
const namesSchema = z.object({
  roles: z
    .array(z.object({ name: named, of: named }).catch(NAMELESS_ROLE))
    .default([])
    .catch([NAMELESS_ROLE]),
  steps: z
    .array(z.object({ name: named, from: named, to: named, after: waited }).catch(NAMELESS_STEP))
    .catch([NAMELESS_STEP]),
  done: waited,
  measuredFrom: named,
})

/**
 * A built-in protocol by its name, or the one that a file describes.
 *
 * @throws {InputError} PROTOCOL_INVALID with every problem found
 */
export function loadProtocol(nameOrPath: string): ReferenceProtocol {
  const isBuiltIn = BUILT_IN.some((name) => name === nameOrPath)
  const path = isBuiltIn
    ? new URL(`../reference/${nameOrPath}.yaml`, import.meta.url).pathname
    : nameOrPath
  return checked(readPlain(path))
}

/** @throws {InputError} PROTOCOL_INVALID with every problem found */
export function parseProtocol(text: string): ReferenceProtocol {
  return checked(plainOf(text))
}

function checked(plain: Parsed<unknown>): ReferenceProtocol {
  const form = plain.ok ? checkedBy(protocolSchema, plain.value) : plain
  const problems = [
    ...(form.ok ? [] : form.problems),
    ...(plain.ok ? nameProblems(plain.value) : []),
  ]
  if (!form.ok || problems.length > 0) {
    throw new InputError('PROTOCOL_INVALID', 'the protocol', problems)
  }
  const { steps, done, ...rest } = form.value
  return {
    ...rest,
    steps: steps.map((step) => ({ ...step, after: step.after.map(waitOf) })),
    done: done.map(waitOf),
  }
}

function waitOf({ elapsedMs, ...counts }: z.output<typeof wait>): Wait {
  return { elapsedMs, counts: Object.entries(counts).map(([step, count]) => ({ step, count })) }
}

/** Rules between fields: names that exist, once, and before they are used. */
function nameProblems(value: unknown): readonly Problem[] {
  const read = namesSchema.safeParse(value)
  if (!read.success) return []
  const { roles, steps, done, measuredFrom } = read.data
  const problems: Problem[] = []
  const report = (path: string, message: string): void => {
    problems.push({ path, message })
  }
  const sets = new Set<string | null>(SETS)
  // A name that cannot be read may be any, so no other is refused for it.
  const isKnown = (name: string | null, of: ReadonlySet<string | null>): boolean =>
    name === null || of.has(null) || of.has(name)
  const setHolds = (path: string, name: string | null): void => {
    if (!isKnown(name, sets)) report(path, `must be one of ${listOf(name ?? '', sets)}`)
  }
  for (const [index, { name, of }] of roles.entries()) {
    setHolds(`roles.${index}.of`, of)
    if (name !== null && sets.has(name)) report(`roles.${index}.name`, `${name} is taken`)
    sets.add(name)
  }
  const sent = new Set<string | null>()
  const waitsHold = (path: string, names: readonly string[]): void => {
    for (const name of names.filter((each) => !isKnown(each, sent))) {
      const hint = hintOf(name, textsOf(sent))
      report(path, `waits for ${name}, which is no earlier step${hint}`)
    }
  }
  for (const [index, { name, from, to, after }] of steps.entries()) {
    const path = `steps.${index}`
    const isTaken = name === 'elapsedMs' || (name !== null && sent.has(name))
    if (isTaken) report(`${path}.name`, `${name} is taken`)
    setHolds(`${path}.from`, from)
    setHolds(`${path}.to`, to)
    waitsHold(`${path}.after`, after)
    sent.add(name)
  }
  waitsHold('done', done)
  const isStep = isKnown(measuredFrom, sent)
  if (!isStep) report('measuredFrom', `must be a step: ${listOf(measuredFrom ?? '', sent)}`)
  return problems
}

function listOf(given: string, names: ReadonlySet<string | null>): string {
  const texts = textsOf(names)
  return `${texts.join(', ')}${hintOf(given, texts)}`
}

function textsOf(names: ReadonlySet<string | null>): readonly string[] {
  return [...names].filter((name) => name !== null)
}

/** Waits that can never end in a committee, because they are for more than are sent. */
export function impossibleWaits(
  { roles, steps, done }: ReferenceProtocol,
  committee: { readonly n: number; readonly f: number },
): readonly Problem[] {
  const { n } = committee
  const sizes = new Map<string, number>(
    SETS.map((set) => [set, set === 'leader' || set === 'one' ? 1 : n]),
  )
  for (const { name, of, count } of roles) {
    const size = sizes.get(of) ?? n
    sizes.set(name, Math.min(size, countOf(count, { ...committee, size })))
  }
  const sizeOfStep = new Map(steps.map(({ name, from }) => [name, sizes.get(from) ?? n]))
  const inWaits = (path: string, waits: readonly Wait[]): readonly Problem[] =>
    waits.flatMap(({ counts }) =>
      counts.flatMap(({ step, count }) => {
        const size = sizeOfStep.get(step) ?? 0
        const needed = countOf(count, { ...committee, size })
        const message = `waits for ${needed} of ${step}, which ${size} of ${n} members send`
        return needed > size ? [{ path, message }] : []
      }),
    )
  return [
    ...steps.flatMap(({ after }, index) => inWaits(`steps.${index}.after`, after)),
    ...inWaits('done', done),
  ]
}

/** 0.67 as 67%, by its digits: a product would not be exact. */
function percentOf(share: number): Count {
  const digits = share.toFixed(6).slice(2)
  return `${digits.slice(0, 2)}.${digits.slice(2)}%` as `${number}%`
}
