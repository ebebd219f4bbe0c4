import { expect, test } from 'vitest'
import {
  formatCommittee,
  formatParams,
  plainFeed,
  readCommitteeToBe,
} from '../../../../node/config/committee-file.ts'
import { parseCommittee } from '../../../../node/config/committee-text.ts'
import { committeeOfFour } from './fixtures.ts'

/** The problems of the good committee's file after one replacement. */
function problemsWith(search: string | RegExp, replacement: string): readonly string[] {
  const text = formatCommittee(committeeOfFour())
  const changed = text.replace(search, replacement)
  expect(changed).not.toBe(text)
  const parsed = parseCommittee(changed)
  if (parsed.type === 'parsed') return []
  return parsed.problems.map(({ path, message }) => `${path}: ${message}`)
}

test('a committee is the same after writing and reading', () => {
  const parsed = parseCommittee(formatCommittee(committeeOfFour()))
  expect(parsed).toEqual({ type: 'parsed', committee: committeeOfFour() })
})

test('bounds of a feed are written in its own unit', () => {
  const text = formatCommittee(committeeOfFour())
  expect(text).toContain('"valueMin": "0.01"')
  expect(text).toContain('"valueMax": "10000000"')
})

test('a bound finer than the feed is refused, not rounded', () => {
  expect(problemsWith('"0.01"', '"0.000000001"')).toEqual([
    "feeds[0].valueMin: has more than the feed's 8 decimals",
  ])
})

test('the relations of protocol §3 are checked', () => {
  expect(problemsWith('"fastMs": 170', '"fastMs": 130').join()).toContain('timing.fastMs')
})

test('a kind that no node could give a value of is refused', () => {
  expect(problemsWith('"kind": "spot"', '"kind": "index"')).toEqual([
    'feeds[0].kind: no node values index feeds; a spot feed is the index of its market',
  ])
})

test.each([
  ['funding', '-0.01', 28_800_000],
  ['twap', '0.01', 1_800_000],
] as const)('a window that is left out is that of the kind: %s', (kind, valueMin, windowMs) => {
  const params = committeeOfFour().params
  const [spot] = params.feeds
  if (spot === undefined) throw new Error('there is a feed')
  const derived = plainFeed({ ...spot, name: 'DERIVED', kind })
  const feeds = [plainFeed(spot), { ...derived, valueMin, derivation: { of: spot.name } }]
  const plain = JSON.parse(formatParams(params))
  const parsed = readCommitteeToBe({ ...plain, feeds })
  if (parsed.type === 'refused') throw new Error(JSON.stringify(parsed.problems))
  const derivation = parsed.committee.params.feeds[1]?.derivation
  expect(derivation).toEqual({ of: spot.name, windowMs, stepMs: null })
})

test('a threshold that does not fit the committee is refused', () => {
  expect(problemsWith('"threshold": 3', '"threshold": 2').join()).toContain('must be 3')
})

test('a missing verifying share is refused', () => {
  expect(problemsWith(/,\s*"020e[0-9a-f]+"/, '').join()).toContain('must hold 4')
})

test('an unknown key and a wrong length are reported together', () => {
  const text = formatCommittee(committeeOfFour())
    .replace('"probeEvery"', '"surprise": 1, "probeEvery"')
    .replace(/"identityKey": "02/, '"identityKey": "')
  const parsed = parseCommittee(text)
  const paths = parsed.type === 'refused' ? parsed.problems.map(({ path }) => path) : []
  expect(paths).toEqual(expect.arrayContaining(['surprise', 'members[0].identityKey']))
})
