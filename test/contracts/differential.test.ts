import { expect, test } from 'vitest'
import { compare } from '../nightly/differential.ts'

test('TypeScript and Solidity agree on certificates and on mutants of their signatures', async () => {
  const signal = new AbortController().signal
  const result = await compare({ count: 20, from: 0, seed: 1, signal })
  expect(result).toMatchObject({ certificates: 20, mutants: 20, disagreements: [] })
  // Both kinds of verdict are met: an even number of flips of one bit changes nothing.
  expect(result.mutantsValid).toBeGreaterThan(0)
  expect(result.mutantsValid).toBeLessThan(20)
})
