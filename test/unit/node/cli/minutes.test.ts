import { expect, test } from 'vitest'
import { durationMsOf } from '../../../../node/cli/minutes.ts'

test.each([
  ['0.5', 30_000],
  ['0.017', 1_020],
  ['0.001', 60],
  ['10080', 604_800_000],
])('%s minutes are %i ms, as a timer takes them', (text, durationMs) => {
  expect(durationMsOf(text, 'dry-run')).toBe(durationMs)
})

test.each(['0', '-1', '1e3', '10080.001', '0.0001', ''])('%j minutes are refused', (text) => {
  expect(() => durationMsOf(text, 'dry-run')).toThrow('--minutes must be above 0')
})
