import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { CLIENT_ERROR_CODES, isClientError } from '../../../../node/client/client.ts'
import { OracleError } from '../../../../node/errors.ts'

test('the package offers the client under a name of its own', () => {
  const file = fileURLToPath(new URL('../../../../node/client/client.ts', import.meta.url))
  expect(createRequire(import.meta.url).resolve('parallax-oracle/client')).toBe(file)
})

test('the list of codes is what the client makes', () => {
  const files = ['client', 'events', 'http', 'options', 'settlement-search', 'submit', 'verify']
  const sources = files.map((name) =>
    readFileSync(new URL(`../../../../node/client/${name}.ts`, import.meta.url), 'utf8'),
  )
  const made = sources.flatMap((text) =>
    [...text.matchAll(/new OracleError\(\s*'([A-Z_]+)'/g)].map(([, code]) => code),
  )
  expect([...new Set(made)].toSorted()).toEqual([...CLIENT_ERROR_CODES])
})

test('errors of others are not the client’s', () => {
  expect(isClientError(new OracleError('FEED_UNKNOWN', ''))).toBe(true)
  expect(isClientError(new OracleError('CONFIG_INVALID', ''))).toBe(false)
  expect(isClientError(new Error('FEED_UNKNOWN'))).toBe(false)
})
