import { readFileSync } from 'node:fs'
import Fastify from 'fastify'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { configJsonSchema } from '../../../../node/config/json-schema.ts'
import { configTemplate } from '../../../../node/config/template.ts'
import { parallax } from '../../../support/parallax.ts'
import { TEMPLATE_VALUES } from './fixtures.ts'

const TEMPLATE = configTemplate(TEMPLATE_VALUES)

/** What a validator that knows the schema alone says; null when it finds nothing wrong. */
async function faultOf(config: unknown, schema: unknown): Promise<string | null> {
  const asIs = { removeAdditional: false, coerceTypes: false, useDefaults: false, strict: false }
  const server = Fastify({ ajv: { customOptions: asIs } })
  server.post('/', { schema: { body: schema } }, () => 'good')
  const answer = await server.inject({ method: 'POST', url: '/', payload: config as object })
  await server.close()
  return answer.statusCode === 200 ? null : String(answer.json().message)
}

describe('the schema that config schema prints', () => {
  const printed = async () => JSON.parse((await parallax('config', 'schema')).stdout)

  test('is of a draft that editors know, and the same in one line', async () => {
    expect(await printed()).toMatchObject({ $schema: 'http://json-schema.org/draft-07/schema#' })
    const { stdout } = await parallax('config', 'schema', '--json')
    expect(stdout.trimEnd()).not.toContain('\n')
    expect(JSON.parse(stdout)).toEqual(configJsonSchema())
  })

  test('lets a new configuration pass', async () => {
    expect(await faultOf(parse(TEMPLATE), await printed())).toBeNull()
  })

  test.each([
    ['a misspelt key', { nme: 'alpha' }, /additional properties/],
    ['a number that is a text', { api: { port: '8081' } }, /port must be/],
    ['a port that there is not', { api: { port: 70_000 } }, /port must be <= 65535/],
  ])('marks %s', async (_, change, message) => {
    expect(await faultOf({ ...parse(TEMPLATE), ...change }, await printed())).toMatch(message)
  })
})

test('the comment that editors read is the same in the guide and in a new configuration', () => {
  const line = '# yaml-language-server: $schema=node.schema.json'
  const guide = readFileSync(new URL('../../../../docs/config.md', import.meta.url), 'utf8')
  expect(guide.split('\n')).toContain(line)
  expect(TEMPLATE.split('\n')).toContain(`# ${line}`)
})
