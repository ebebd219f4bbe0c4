import { expect, test } from 'vitest'
import { configDigest } from '../../../../node/config/config-digest.ts'
import { parseConfig } from '../../../../node/config/load.ts'
import type { NodeConfig } from '../../../../node/config/schema.ts'
import { configTemplate } from '../../../../node/config/template.ts'
import { TEMPLATE_VALUES } from './fixtures.ts'

const RPC_URL = 'https://rpc.example/v2/key-of-a-provider'
const VALUES = {
  ...TEMPLATE_VALUES,
  chain: TEMPLATE_VALUES.chain && { ...TEMPLATE_VALUES.chain, rpcUrls: [RPC_URL] },
}

function configOf(text: string): NodeConfig {
  const parsed = parseConfig(text)
  if (parsed.type === 'refused') throw new Error(parsed.problems[0]?.message)
  return parsed.config
}

const digestOf = (text: string) => configDigest(configOf(text))

const text = configTemplate(VALUES)
const withUrl = (url: string) => text.replace('https://rpc.example/v2/key-of-a-provider', url)

test('neither comments nor the order of keys change the digest', () => {
  const lines = text.split('\n').filter((line) => !line.trim().startsWith('#'))
  const name = lines.findIndex((line) => line.startsWith('name:'))
  const moved = [...lines.slice(0, name), ...lines.slice(name + 1), ...lines.slice(name, name + 1)]
  expect(moved.join('\n')).not.toBe(text)
  expect(digestOf(moved.join('\n'))).toBe(digestOf(text))
  const reversed = Object.fromEntries(Object.entries(configOf(text)).toReversed())
  expect(configDigest(reversed as NodeConfig)).toBe(digestOf(text))
  expect(digestOf(text)).toMatch(/^[0-9a-f]{64}$/)
})

test('a default that is written out is the same configuration', () => {
  const without = text.replace(/^ {2}strength: .*$/m, '')
  expect(without).not.toBe(text)
  expect(digestOf(without)).toBe(digestOf(text))
})

test('any setting changes it', () => {
  const changed = [
    configTemplate({ ...VALUES, apiPort: 8_082 }),
    configTemplate({ ...VALUES, listen: ['/ip4/0.0.0.0/tcp/9001'] }),
    withUrl('https://other.example/v2/key-of-a-provider'),
    withUrl('https://rpc.example:8443/v2/key-of-a-provider'),
  ]
  expect(new Set([text, ...changed].map(digestOf)).size).toBe(5)
})

test('the key of a provider does not, wherever in the address it stands', () => {
  for (const url of ['https://rpc.example/v3/other', 'https://rpc.example/?key=other']) {
    expect(digestOf(withUrl(url))).toBe(digestOf(text))
  }
})
