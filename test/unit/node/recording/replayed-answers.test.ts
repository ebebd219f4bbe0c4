import { describe, expect, test } from 'vitest'
import type { RecordedAnswer } from '../../../../node/recording/entry.ts'
import { ReplayedAnswers } from '../../../../node/recording/replayed-answers.ts'

const HOLD_MS = 1_000

function answer(atMs: number, more: Partial<RecordedAnswer> = {}): RecordedAnswer {
  const [sentMs, status, body] = [atMs - 10, 200, { text: String(atMs) }]
  const fields = { type: 'answer', venue: 'okx', path: '/t?m=1', headers: {} } as const
  return { ...fields, sentMs, atMs, status, body, ending: 'whole', ...more }
}

const answers = new ReplayedAnswers([
  answer(4_000, { ending: 'broken', status: null }),
  answer(5_000),
  answer(6_500),
  answer(6_500, { path: '/t?m=1&m=2' }),
])
const given = (path: string, nowMs: number) => {
  const found = answers.to(path, nowMs, HOLD_MS)
  return found === null ? null : [found.answer.atMs, found.atMs]
}

describe('what a request gets', () => {
  test.each([
    ['the next answer at its moment, when that is near', 5_600, [6_500, 6_500]],
    ['an answer of this very moment', 6_500, [6_500, 6_500]],
    ['the newest one again, when the next is far', 5_001, [5_000, 5_001]],
    ['the last one, after it', 9_999, [6_500, 9_999]],
    ['a failure at its moment', 3_500, [4_000, 4_000]],
    ['the first good one, long before all', 1_000, [5_000, 1_000]],
  ])('%s', (_, nowMs, expected) => {
    expect(given('/t?m=1', nowMs)).toEqual(expected)
  })

  test('answers about other markets, where nobody asked for exactly these', () => {
    expect(given('/t?m=2', 6_500)).toEqual([6_500, 6_500])
    expect(given('/elsewhere', 6_500)).toBeNull()
    expect(given('/__proto__', 6_500)).toBeNull()
  })
})
