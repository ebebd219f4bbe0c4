import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { gatewayConfigSchema } from '../../../../node/gateway/config.ts'
import { createGatewayMetrics } from '../../../../node/gateway/metrics.ts'

const doc = readFileSync(new URL('../../../../docs/gateway.md', import.meta.url), 'utf8')

interface Json {
  readonly properties?: Readonly<Record<string, Json>>
  readonly default?: unknown
}

const schema = z.toJSONSchema(gatewayConfigSchema, { io: 'input', unrepresentable: 'any' }) as Json

/** Keys of its own; `api` and `log` are those of nodes and explained there. */
const own = Object.entries(schema.properties ?? {}).flatMap(([name, child]) => {
  if (name !== 'network') return [{ path: name, fallback: child.default }]
  const inner = Object.entries(child.properties ?? {})
  return inner.map(([key, { default: fallback }]) => ({ path: `${name}.${key}`, fallback }))
})

test('docs/gateway.md explains every key with the default that holds', () => {
  const rows = new Map(
    [...doc.matchAll(/^\| `([^`]+)` \|([^|]*)\|/gm)].map(([, path, column = '']) => [
      path,
      column.trim(),
    ]),
  )
  expect(own.length).toBeGreaterThan(6)
  for (const { path, fallback } of own) {
    expect(rows.has(path), path).toBe(true)
    if (['string', 'number'].includes(typeof fallback)) {
      expect(rows.get(path), path).toBe(`\`${fallback}\``)
    }
  }
})

test('docs/gateway.md explains every metric', () => {
  const names = createGatewayMetrics()
    .registry.getMetricsAsArray()
    .map(({ name }) => name)
    .filter((name) => name.startsWith('parallax_'))
  expect(names.filter((name) => !doc.includes(`| \`${name}\` |`))).toEqual([])
})
