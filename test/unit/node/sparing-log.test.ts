import { beforeEach, expect, test } from 'vitest'
import { type Log, type LogFields, SILENT_LOG } from '../../../node/logging.ts'
import { sparingLog } from '../../../node/sparing-log.ts'

let nowMs: number
let lines: [string, LogFields | undefined][]
let log: Log

beforeEach(() => {
  nowMs = 0
  lines = []
  const warn: Log['warn'] = (event, fields) => lines.push([event, fields])
  log = sparingLog({ ...SILENT_LOG, warn, info: warn }, () => nowMs)
})

test('what happens all the time is said a few times, and later how often it was not', () => {
  for (let time = 0; time < 1_000; time++) log.warn('signer.refused', { code: 'ROUND_FAR' })
  expect(lines).toHaveLength(16)
  nowMs = 60_000
  log.warn('signer.refused', { code: 'ROUND_FAR' })
  log.warn('signer.refused', { code: 'ROUND_FAR' })
  expect(lines.slice(16)).toEqual([
    ['signer.refused', { code: 'ROUND_FAR', unsaid: 984 }],
    ['signer.refused', { code: 'ROUND_FAR' }],
  ])
})

test('one kind does not silence another', () => {
  for (let time = 0; time < 100; time++) log.warn('signer.refused', { code: 'ROUND_FAR' })
  log.warn('signer.refused', { code: 'PROMISE_CONFLICT' })
  log.info('signer.connected', { connections: 1 })
  expect(lines.slice(16).map(([event, fields]) => [event, fields?.code])).toEqual([
    ['signer.refused', 'PROMISE_CONFLICT'],
    ['signer.connected', undefined],
  ])
})
