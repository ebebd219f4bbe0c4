import { expect, test } from 'vitest'
import { RateLimit } from '../../../../node/http/rate-limit.ts'

const takes = (limit: RateLimit, address: string, nowMs: number, times: number) =>
  Array.from({ length: times }, () => limit.take(address, nowMs)).filter(Boolean).length

test('a minute of requests may come at once, then they trickle', () => {
  const limit = new RateLimit({ requestsPerMinuteMax: 60 })
  expect(takes(limit, 'a', 0, 100)).toBe(60)
  expect(takes(limit, 'a', 2_000, 100)).toBe(2)
  expect(takes(limit, 'a', 600_000, 100)).toBe(60)
})

test('addresses are counted apart', () => {
  const limit = new RateLimit({ requestsPerMinuteMax: 1 })
  expect(takes(limit, 'a', 0, 2)).toBe(1)
  expect(takes(limit, 'b', 0, 2)).toBe(1)
})

test('what costs as much as several requests counts as them, and can always be had', () => {
  const limit = new RateLimit({ requestsPerMinuteMax: 60 })
  expect([59, 2, 1].map((requests) => limit.take('a', 0, requests))).toEqual([true, false, true])
  expect(limit.take('b', 0, 1_000)).toBe(true)
  expect(limit.take('b', 0, 1)).toBe(false)
})

test('more addresses than are remembered share one count, so memory stays bounded', () => {
  const limit = new RateLimit({ requestsPerMinuteMax: 1, addressesMax: 2 })
  expect(takes(limit, 'a', 0, 1) + takes(limit, 'b', 0, 1)).toBe(2)
  expect(takes(limit, 'c', 0, 1)).toBe(1)
  expect(takes(limit, 'd', 0, 1)).toBe(0)
  expect(takes(limit, 'd', 60_000, 1)).toBe(1)
})

test('a clock that stands still or goes back gives nothing away', () => {
  const limit = new RateLimit({ requestsPerMinuteMax: 2 })
  expect(takes(limit, 'a', 60_000, 2)).toBe(2)
  expect(takes(limit, 'a', 0, 1)).toBe(0)
})
