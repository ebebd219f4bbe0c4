import { describe, expect, test } from 'vitest'
import { publishedOf } from '../../../simulations/research/published.ts'
import { selectionBiasOf } from '../../../simulations/research/selection-bias.ts'

describe('figures that others published', () => {
  test('the six means of an estimator come out', () => {
    const { rows } = publishedOf([])
    expect(rows).toHaveLength(6)
    expect(rows.filter(({ isReproduced }) => !isReproduced)).toEqual([])
    expect(rows.every(({ meanMs }) => meanMs > 8)).toBe(true)
  })

  test('the shifts of a median by liars come out within 3 %', () => {
    const { rows } = selectionBiasOf([])
    expect(rows.map(({ n }) => n)).toEqual([4, 7, 16, 31])
    for (const row of rows) {
      expect(Math.abs(row.allUsedSd / row.publishedAllUsedSd - 1)).toBeLessThan(0.03)
      const picked = row.proposerPicksSd / row.publishedProposerPicksSd
      expect(Math.abs(picked - 1)).toBeLessThan(0.03)
    }
  })
})
