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

test('a host that answers has no rest any more', () => {
  const hosts = new VenueHosts([A, B])
  hosts.noteFault(A, { code: 'SOURCE_UNREACHABLE', nowMs: 0 })
  hosts.noteWell(A)
  expect(hosts.current(0)).toBe(A)
})
