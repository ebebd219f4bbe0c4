import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { configJsonSchema } from '../../../../node/config/json-schema.ts'
import { DERIVATIVE_PLACES } from '../../../../node/sources/derivative-venues.ts'
import { DERIVATIVE_VENUE_NAMES, VENUE_NAMES } from '../../../../node/sources/registry.ts'

const doc = readFileSync(new URL('../../../../docs/config.md', import.meta.url), 'utf8')

interface Json {
  readonly anyOf?: readonly Json[]
  readonly properties?: Readonly<Record<string, Json>>
  readonly additionalProperties?: Json | false
  readonly items?: Json
  readonly default?: unknown
}

interface Key {
  readonly path: string
  readonly default: unknown
}

/** Every key as a dotted path; `[]` stands for the items of a list, `*` for a name. */
function keysOf(schema: Json, prefix: string): readonly Key[] {
  const own = Object.entries(schema.properties ?? {}).map(([name, child]) => ({ name, child }))
  const named = schema.additionalProperties
  const children = named ? [...own, { name: '*', child: named }] : own
  return [
    ...(schema.anyOf ?? []).flatMap((option) => keysOf(option, prefix)),
    ...children.flatMap(({ name, child }) => {
      const path = prefix === '' ? name : `${prefix}.${name}`
      return [{ path, default: child.default }, ...keysOf(child, path)]
    }),
    ...(schema.items === undefined ? [] : keysOf(schema.items, `${prefix}[]`)),
  ]
}

/** As docs/config.md writes it: venues by `*`, rules that feeds and conversions share by `…`. */
function documented(path: string): string {
  const venue = new RegExp(`^sources\\.venues\\.(${VENUE_NAMES.join('|')})(?=\\.|$)`)
  const names = DERIVATIVE_VENUE_NAMES.join('|')
  const derivatives = new RegExp(`^sources\\.(\\w+Venues)\\.(${names})(?=\\.|$)`)
  const general = path.replace(venue, 'sources.venues.*').replace(derivatives, 'sources.$1.*')
  const shared = general.replace(/^sources\.(feeds\.\*|conversions\[\])\./, '….')
  return /^….(market|peg)/.test(shared) ? general : shared
}

const keys = new Map(
  keysOf(configJsonSchema() as Json, '').map((key) => [documented(key.path), key.default]),
)
const rows = new Map(
  [...doc.matchAll(/^\| `([^`]+)` \| ([^|]*)\|/gm)].map(([, path, column]) => [
    path ?? '',
    (column ?? '').trim(),
  ]),
)

test('the walk over the schema finds the keys', () => {
  const found = [...keys.keys()]
  expect(found).toEqual(expect.arrayContaining(['api.port', 'chains[].rpcUrls', '….legs']))
})

test.each([...keys.keys()])('docs/config.md explains %s', (path) => {
  expect(rows.has(path)).toBe(true)
})

test('docs/config.md explains no key that does not exist', () => {
  expect([...rows.keys()].filter((path) => !keys.has(path))).toEqual([])
})

test('docs/config.md states the defaults that hold', () => {
  const isPlain = (value: unknown) => ['string', 'number', 'boolean'].includes(typeof value)
  const perVenue = ['venues', ...DERIVATIVE_PLACES].flatMap((kind) =>
    ['baseUrl', 'pollMs'].map((key) => `sources.${kind}.*.${key}`),
  )
  for (const [path, value] of keys) {
    if (!isPlain(value) || perVenue.includes(path)) continue
    expect(rows.get(path), path).toBe(`\`${value}\``)
  }
})
