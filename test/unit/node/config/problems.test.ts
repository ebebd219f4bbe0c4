import { expect, test } from 'vitest'
import { z } from 'zod'
import { checked } from '../../../../node/config/problems.ts'

const inner = z.strictObject({ port: z.int(), host: z.string().optional() })
const schema = z.strictObject({
  api: inner.optional(),
  venues: z.record(z.string(), inner).optional(),
  list: z.array(inner).optional(),
  either: z
    .union([z.strictObject({ file: z.string() }), z.strictObject({ descriptor: z.int() })])
    .optional(),
})

const problems = (value: unknown): readonly string[] => {
  const outcome = checked(schema, value)
  if (outcome.type === 'checked') return []
  return outcome.problems.map(({ path, message }) => `${path}: ${message}`)
}

test('what is right is what the schema makes of it', () => {
  expect(checked(schema, { api: { port: 1 } })).toEqual({
    type: 'checked',
    value: { api: { port: 1 } },
  })
})

test('each unknown key is told by itself, with the one that was probably meant there', () => {
  expect(problems({ api: { port: 1, hots: 'x', colour: 2 }, vanues: {} })).toEqual([
    'api.hots: is not a known key; did you mean host?',
    'api.colour: is not a known key; check its spelling or remove it',
    'vanues: is not a known key; did you mean venues?',
  ])
})

test('keys of lists and of named things are looked for where they stand', () => {
  expect(problems({ venues: { one: { port: 1, prot: 2 } }, list: [{ port: 1, api: 2 }] })).toEqual([
    'venues.one.prot: is not a known key; did you mean port?',
    'list[0].api: is not a known key; check its spelling or remove it',
  ])
})

test('of a choice the keys of the option count that was meant', () => {
  expect(problems({ either: { descriptr: 3 } }).join()).toMatch(/^either: /)
})

test('a key with line breaks stays one problem, and a value of another type is not missing', () => {
  expect(problems({ 'a\nb': 1, 'c\nd': 2 })).toEqual([
    'a\nb: is not a known key; check its spelling or remove it',
    'c\nd: is not a known key; check its spelling or remove it',
  ])
  expect(problems({ api: { port: 'x' } })).not.toEqual(['api.port: is missing'])
  expect(problems({ api: {} })).toEqual(['api.port: is missing'])
})
