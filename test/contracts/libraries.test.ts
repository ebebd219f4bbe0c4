import { expect, test } from 'vitest'
import { compareLibraries } from '../nightly/compare-libraries.ts'

/** Libraries that only answer: whatever they are given is in their range. */
const TOTAL = ['FeedWord', 'LongTailWord', 'OptionMath', 'OptionSeries', 'IdentityKey', 'Report']
const REFUSING = ['Fields', 'CommitteeBytes', 'FeedWalk', 'FeedGuard', 'PullReader']

test('TypeScript and Solidity agree on what every library computes', async () => {
  const signal = new AbortController().signal
  const result = await compareLibraries({ count: 60, from: 0, seed: 1, values: 40, signal })
  expect(result).toMatchObject({ done: 60, disagreements: [] })
  expect(Object.keys(result.calls).toSorted()).toEqual([...TOTAL, ...REFUSING].toSorted())
  for (const library of TOTAL) expect(result.calls[library]).toMatchObject({ refused: 0 })
  for (const library of REFUSING) {
    expect(result.calls[library]?.answered, library).toBeGreaterThan(10)
    expect(result.calls[library]?.refused, library).toBeGreaterThan(10)
  }
})
