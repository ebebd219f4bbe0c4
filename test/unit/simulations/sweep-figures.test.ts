import { describe, expect, test } from 'vitest'
import { endsOf, estimateOf, estimateText } from '../../../simulations/statistics/interval.ts'
import { halfIdOf, type Metric } from '../../../simulations/sweep/metric.ts'
import { METRICS, metricsNamed } from '../../../simulations/sweep/metrics.ts'
import type { Finished } from '../../../simulations/sweep/results.ts'
import { figuresOfSweep } from '../../../simulations/sweep/sweep-figures.ts'
import { gridOf } from '../../../simulations/sweep/sweep-grid.ts'

describe('a mean over seeds', () => {
  test('has the interval of Student', () => {
    const estimate = estimateOf([10, 12, 14])
    // 4.303 × 2 / √3.
    expect(estimate).toMatchObject({ mean: 12, count: 3 })
    expect(estimate?.half).toBeCloseTo(4.9687, 3)
    expect(estimate === null ? null : endsOf(estimate)?.[0]).toBeCloseTo(7.0313, 3)
    const wide = { mean: 1, half: 3, count: 3 }
    expect(endsOf(wide, { max: 3 })).toEqual([0, 3])
    expect(endsOf(wide, { min: Number.NEGATIVE_INFINITY })).toEqual([-2, 4])
    expect(estimate === null ? '' : estimateText(estimate, 1)).toBe('12.0 ± 5.0')
  })

  test('of equal values is that value, without an interval of rounding errors', () => {
    const values = Array.from({ length: 8 }, () => 120.1)
    expect(estimateOf(values)).toEqual({ mean: 120.1, half: 0, count: 8 })
  })

  test('has none of one value, and is none of no value', () => {
    expect(estimateOf([3])).toEqual({ mean: 3, half: null, count: 1 })
    expect(estimateOf([])).toBeNull()
    expect(estimateText({ mean: 3, half: null, count: 1 }, 0)).toBe('3')
  })

  test.each([
    [30, 2.0452],
    [31, 2.0423],
    [32, 2.0395],
    [41, 2.0211],
    [61, 2.0003],
    [121, 1.9799],
    [1_001, 1.9623],
    [100_001, 1.96],
  ])('of %i values takes %f, as tables of Student have it', (count, quantile) => {
    const values = Array.from({ length: count }, (_, at) => at % 2)
    const mean = Math.floor(count / 2) / count
    const error = Math.sqrt((mean * (1 - mean)) / (count - 1))
    expect((estimateOf(values)?.half ?? 0) / error).toBeCloseTo(quantile, 3)
  })
})

/** Runs over two axes; each has the value that a function gives it, or none. */
function resultsOf(valueAt: (x: number, y: number, seed: number) => number | null) {
  const cells = [0, 1].flatMap((x) => [0, 1].flatMap((y) => [1, 2].map((seed) => ({ x, y, seed }))))
  const finished = cells.map(({ x, y, seed }, cell): [number, Finished] => {
    return [cell, { cell, values: [x, y], seed, outcome: { it: valueAt(x, y, seed) } as never }]
  })
  const definition = { name: 's', about: '', scenario: {}, seeds: { from: 1, count: 2 }, axes: [] }
  const origin = { commit: '', command: '', definition }
  const axes = ['x', 'y']
  const head = {
    ...{ format: 2 as const, sweep: 's', digest: '' },
    ...origin,
    axes,
    cells: cells.length,
  }
  return { head, finished: new Map(finished) }
}

describe('a map of a sweep', () => {
  test('says how many seeds a mean is of where some have no value, and strokes out what has none', () => {
    const metric: Metric = {
      id: 'it-ms',
      unit: 'ms',
      name: 'it',
      digits: 0,
      read: (outcome) => (outcome as { it?: number }).it ?? null,
    }
    const results = resultsOf((x, y, seed) =>
      x === 1 && (y === 1 || seed === 2) ? null : 10 * x + 3,
    )
    const [map] = figuresOfSweep(gridOf(results), [metric])
    if (map?.plot.type !== 'heat') throw new Error('a map is drawn first')
    const texts = map.plot.cells.map((row) => row.map((cell) => cell?.text ?? null))
    expect(texts).toEqual([
      ['3', '13 (1)'],
      ['3', null],
    ])
    expect(map.caption).toContain('A stroke: no run, or no such value.')
  })
})

describe('the metrics that somebody names', () => {
  test('are drawn once each', () => {
    const named = metricsNamed('fast-percent, fast-percent,lost-percent,fast-percent')
    expect(named.map(({ id }) => id)).toEqual(['fast-percent', 'lost-percent'])
  })

  test('end with their unit, and so does half of their interval', () => {
    for (const metric of METRICS) {
      expect(metric.id.endsWith(`-${metric.unit}`)).toBe(true)
      expect(halfIdOf(metric)).toMatch(new RegExp(`^.+-half-${metric.unit}$`))
    }
    const first = METRICS.find(({ id }) => id === 'first-p50-ms')
    expect(first === undefined ? '' : halfIdOf(first)).toBe('first-p50-half-ms')
  })
})
