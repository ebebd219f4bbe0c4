import { expect, test } from 'vitest'
import { placementsOf } from '../../../simulations/research/placements.ts'

const SMALL = ['--members', '4', '--count', '6', '--trials', '5']

test('committees are drawn by their seed, and the list decides who signs', () => {
  const { result } = placementsOf(SMALL)
  expect(result.rows.map(({ other }) => other)).toEqual(['ocr2', 'ocr3'])
  for (const { placements, aheadInMean, aheadInP99 } of result.rows) {
    expect(placements).toBe(6)
    expect(Math.max(aheadInMean, aheadInP99)).toBeLessThanOrEqual(6)
  }
  expect(placementsOf(SMALL).result).toEqual(result)
  const ahead = (listed: string) =>
    placementsOf(['--members', '7', '--count', '20', '--trials', '5', '--listed', listed]).result
      .rows[0]?.aheadInMean ?? 0
  expect(ahead('near')).toBeGreaterThan(ahead('drawn'))
})

test('a wrong command line is refused', () => {
  expect(() => placementsOf(['--members', '3'])).toThrow('--members')
  expect(() => placementsOf(['--count', '0'])).toThrow('--count')
  expect(() => placementsOf(['--listed', 'far'])).toThrow('--listed')
})
