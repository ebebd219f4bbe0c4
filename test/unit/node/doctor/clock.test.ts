import { describe, expect, test } from 'vitest'
import { clockFinding } from '../../../../node/doctor/checks/clock.ts'
import { readingOf } from '../../../../node/doctor/clock-reading.ts'

const NOON = Date.parse('2026-11-29T12:00:00Z')
const TIMING = { clockSkewMsMax: 50 }

/** What a clock that is ahead by so much reads from a host that answers after 100 ms. */
function reading(host: string, aheadMs: number, atMs = NOON + 500) {
  const headers = { date: new Date(atMs).toUTCString() }
  const askedMs = atMs + aheadMs - 50
  const found = readingOf(host, { headers, askedMs, receivedMs: askedMs + 100 })
  if (found === null) throw new Error('there is a date')
  return found
}

describe('readingOf', () => {
  test('the truth lies within the error, wherever in its second the answer was made', () => {
    for (const withinMs of [0, 1, 499, 500, 501, 999]) {
      const { aheadMs, errorMs } = reading('a', 700, NOON + withinMs)
      expect(errorMs).toBe(550)
      expect(Math.abs(aheadMs - 700)).toBeLessThanOrEqual(errorMs)
    }
  })

  test.each([undefined, '', 'yesterday', ['a', 'b']])('no date in %j, no reading', (date) => {
    const headers = { date } as unknown as Record<string, string>
    expect(readingOf('a', { headers, askedMs: 0, receivedMs: 1 })).toBeNull()
  })

  test('an answer out of a cache tells the time of another moment', () => {
    const date = new Date(NOON).toUTCString()
    const scene = { askedMs: NOON, receivedMs: NOON }
    expect(readingOf('a', { headers: { date, age: '17' }, ...scene })).toBeNull()
    expect(readingOf('a', { headers: { date, age: '0' }, ...scene })).not.toBeNull()
  })
})

describe('clockFinding', () => {
  const all = (aheadMs: number) => ['a', 'b', 'c'].map((host) => reading(host, aheadMs))

  test('what dates cannot tell from right is in order, and says what they cannot see', () => {
    const found = clockFinding(all(600), TIMING)
    expect(found).toMatchObject({ verdict: 'ok', code: 'OK' })
    expect(found.seen).toContain('600 ms ahead, ± 550 ms, by the dates of 3 venues')
    expect(found.seen).toContain('the protocol allows 50 ms')
    expect(found.seen).toContain('whole seconds')
  })

  test.each([
    [601, 'CLOCK_AHEAD'],
    [-601, 'CLOCK_BEHIND'],
    [3_600_000, 'CLOCK_AHEAD'],
  ])('%i ms are more than resolution and protocol together explain: %s', (aheadMs, code) => {
    expect(clockFinding(all(aheadMs), TIMING)).toMatchObject({ verdict: 'fault', code })
  })

  test('one venue of three that lies, and answers most often, moves nothing', () => {
    const lies = Array.from({ length: 20 }, () => reading('c', 86_400_000))
    const readings = [reading('a', 10), reading('b', -10), ...lies]
    expect(clockFinding(readings, TIMING).verdict).toBe('ok')
  })

  test('of two venues that agree against this machine, a warning: half of them may be wrong', () => {
    expect(clockFinding(all(60_000).slice(0, 2), TIMING).verdict).toBe('warning')
  })

  test('nobody told the time', () => {
    expect(clockFinding([], TIMING).verdict).toBe('unchecked')
  })
})
