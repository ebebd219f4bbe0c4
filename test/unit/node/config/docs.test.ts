import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { DEFAULTS } from '../../../../node/config/defaults.ts'
import { nodeConfigSchema } from '../../../../node/config/schema.ts'

const doc = readFileSync(new URL('../../../../docs/config.md', import.meta.url), 'utf8')

type Json = Readonly<Record<string, unknown>>

/** Every key of the configuration as a dotted path; `[]` stands for the items of a list. */
function pathsOf(schema: Json, prefix: string): readonly string[] {
  const options = (schema.anyOf ?? []) as readonly Json[]
  const own = Object.entries((schema.properties ?? {}) as Record<string, Json>)
  const items = schema.items as Json | undefined
  return [
    ...options.flatMap((option) => pathsOf(option, prefix)),
    ...own.flatMap(([name, child]) => {
      const path = prefix === '' ? name : `${prefix}.${name}`
      return [path, ...pathsOf(child, path)]
    }),
    ...(items === undefined ? [] : pathsOf(items, `${prefix}[]`)),
  ]
}

const paths = [
  ...new Set(
    pathsOf(z.toJSONSchema(nodeConfigSchema, { io: 'input', unrepresentable: 'any' }), ''),
  ),
]

test('the walk over the schema finds the keys', () => {
  expect(paths).toEqual(expect.arrayContaining(['api.port', 'chains[].rpcUrls', 'network.listen']))
})

test.each(paths)('docs/config.md explains %s', (path) => {
  expect(doc).toContain(`| \`${path}\` |`)
})

test('docs/config.md explains no key that does not exist', () => {
  const explained = [...doc.matchAll(/^\| `([^`]+)` \|/gm)].map(([, path]) => path)
  expect(explained.filter((path) => !paths.includes(path ?? ''))).toEqual([])
})

test('docs/config.md states the defaults that hold', () => {
  const { chain, api, log, ...top } = DEFAULTS
  const sections = { '': top, 'chains[].': chain, 'api.': api, 'log.': log }
  for (const [prefix, values] of Object.entries(sections)) {
    for (const [name, value] of Object.entries(values)) {
      const row = doc.split('\n').find((line) => line.startsWith(`| \`${prefix}${name}\` |`)) ?? ''
      expect(row.split('|')[2]?.trim(), `${prefix}${name}`).toBe(`\`${value}\``)
    }
  }
})
