import { expect, test } from 'vitest'
import { VenueHosts } from '../../../../node/sources/hosts.ts'

const [A, B] = ['https://a.example/', 'https://b.example/'] as const
const MINUTE_MS = 60_000

test('when all hosts rest, the one is asked whose rest ends first', () => {
  const hosts = new VenueHosts([A, B])
  expect(hosts.noteFault(A, { code: 'SOURCE_REGION_BLOCKED', nowMs: 0 })).toBe(true)
  expect(hosts.current(0)).toBe(B)
  expect(hosts.noteFault(B, { code: 'SOURCE_TIMEOUT', nowMs: 0 })).toBe(false)
  expect(hosts.current(1)).toBe(B)
  expect(hosts.status(1)).toEqual({
    host: 'b.example',
    passedOver: [{ host: 'a.example', code: 'SOURCE_REGION_BLOCKED' }],
  })
  // Both are free again; the preferred one is asked.
  expect(hosts.current(10 * MINUTE_MS)).toBe(A)
})

test('a host that said until when it is away is not asked before, whatever the others do', () => {
  const hosts = new VenueHosts([A, B])
  const code = 'SOURCE_STATUS_UNEXPECTED'
  hosts.noteFault(A, { code, nowMs: 0, askedMs: 5 * MINUTE_MS })
  for (let minute = 0; minute < 5; minute++) {
    expect(hosts.current(minute * MINUTE_MS)).toBe(B)
    hosts.noteFault(B, { code, nowMs: minute * MINUTE_MS + 30_000 })
    // Its own rest may end later than the other one's.
    expect(hosts.current(minute * MINUTE_MS + 45_000)).toBe(B)
  }
  expect(hosts.current(5 * MINUTE_MS)).toBe(A)
})

test('when all hosts said that they are away, none is asked before the first of them', () => {
  const hosts = new VenueHosts([A, B])
  const code = 'SOURCE_STATUS_UNEXPECTED'
  hosts.noteFault(A, { code, nowMs: 0, askedMs: 5 * MINUTE_MS })
  expect(hosts.askedUntilMs(0)).toBe(0)
  hosts.noteFault(B, { code, nowMs: 0, askedMs: 2 * MINUTE_MS })
  expect(hosts.askedUntilMs(0)).toBe(2 * MINUTE_MS)
  expect(hosts.askedUntilMs(2 * MINUTE_MS)).toBe(0)
  expect(hosts.current(2 * MINUTE_MS)).toBe(B)
})

test('rests outlive a configuration, except those that another one may end', () => {
  const before = new VenueHosts([A, B])
  before.noteFault(A, { code: 'SOURCE_REGION_BLOCKED', nowMs: 0 })
  before.noteFault(B, { code: 'SOURCE_PIN_MISMATCH', nowMs: 0 })
  const after = new VenueHosts([A, 'https://c.example/', B], before.rests)
  expect(after.current(0)).toBe('https://c.example/')
  expect(new VenueHosts([A, B], before.rests).current(0)).toBe(B)
  expect(new VenueHosts([A], before.rests).rests.size).toBe(1)
})

test('a host that answers has no rest any more', () => {
  const hosts = new VenueHosts([A, B])
  hosts.noteFault(A, { code: 'SOURCE_UNREACHABLE', nowMs: 0 })
  hosts.noteWell(A)
  expect(hosts.current(0)).toBe(A)
})
