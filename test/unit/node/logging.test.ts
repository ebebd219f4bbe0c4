import { expect, test } from 'vitest'
import { OracleError } from '../../../node/errors.ts'
import { createLog, type LogOptions } from '../../../node/logging.ts'

function collect(options: Partial<LogOptions> = {}) {
  const lines: string[] = []
  const log = createLog(
    { level: 'debug', format: 'json', ...options },
    { write: (line) => lines.push(line) },
  )
  return { log, lines, first: () => JSON.parse(lines[0] ?? '{}') }
}

test('an event is one line with its name, level, time and fields', () => {
  const { log, lines, first } = collect()
  log.warn('source.quote.stale', { source: 'kraken', ageMs: 61_000 })
  expect(lines).toHaveLength(1)
  expect(first()).toMatchObject({
    level: 'warn',
    event: 'source.quote.stale',
    source: 'kraken',
    ageMs: 61_000,
  })
  expect(first().time).toMatch(/^\d{4}-\d\d-\d\dT/)
})

test('events below the level are not written', () => {
  const { log, lines } = collect({ level: 'warn' })
  log.info('node.started')
  log.debug('node.detail')
  log.error('node.broke')
  expect(lines).toHaveLength(1)
})

test('a level that is set later holds for children that were made before', () => {
  const { log, lines } = collect({ level: 'warn' })
  const child = log.child({ node: 'alpha' })
  child.info('before')
  log.setLevel('info')
  child.info('heard')
  log.setLevel('silent')
  child.error('after')
  expect(lines.map((line) => JSON.parse(line).event)).toEqual(['heard'])
})

test('secrets are redacted at the top and one level down', () => {
  const { log, lines } = collect()
  log.info('x', { passphrase: 'hunter2', keys: { privateKey: 'abc123', path: 'k.json' } })
  expect(lines[0]).not.toMatch(/hunter2|abc123/)
  expect(lines[0]).toContain('k.json')
})

test('an error shows code, message and context, never its stack', () => {
  const { log, first, lines } = collect()
  const cause = new Error('ECONNREFUSED')
  log.error('x', {
    error: new OracleError('RPC_DOWN', 'start it', { context: { port: 1 }, cause }),
  })
  expect(first().error).toEqual({
    code: 'RPC_DOWN',
    message: 'start it',
    context: { port: 1 },
    cause: 'ECONNREFUSED',
  })
  expect(lines[0]).not.toContain('logging.test')
})

test('child fields stand in every event', () => {
  const { log, first } = collect()
  log.child({ chain: 'local' }).info('x', { round: 7 })
  expect(first()).toMatchObject({ chain: 'local', round: 7 })
})

test('text format is one readable line, with foreign control characters escaped', () => {
  const { log, lines } = collect({ format: 'text' })
  log.info('peer.said', { words: 'a\u001b[31m\nb', round: 7 })
  expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d\.\d{3} info {2}peer\.said words=/)
  expect(lines[0]).toContain('round=7')
  expect(lines[0]?.trimEnd()).toMatch(/^\P{Cc}+$/u)
})
