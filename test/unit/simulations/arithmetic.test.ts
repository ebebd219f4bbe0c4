import { describe, expect, test } from 'vitest'
import {
  exponential,
  inverseNormal,
  naturalLog,
} from '../../../simulations/determinism/arithmetic.ts'

const near = (value: number, wanted: number, tolerance: number) =>
  expect(Math.abs(value - wanted)).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(wanted)))

describe('functions made of + − × ÷ and √', () => {
  test.each([1e-300, 1e-9, 0.1, 0.7, 1, 1.5, 2, 10, 12345.678, 1e250])('ln %d', (value) => {
    near(naturalLog(value), Math.log(value), 1e-14)
  })

  test.each([-700, -30, -1, -0.3, 0, 0.2, 1, 5, 50, 700])('e to %d', (power) => {
    expect(exponential(power) / Math.exp(power)).toBeCloseTo(1, 12)
  })

  // Quantiles from published tables of the normal distribution.
  test.each([
    [0.5, 0],
    [0.841344746068543, 1],
    [0.9, 1.2815515655446004],
    [0.975, 1.959963984540054],
    [0.999, 3.090232306167813],
    [1e-9, -5.997807015007686],
    [1e-14, -7.650628092935267],
  ])('a normal draw stays below z with probability %d', (probability, z) => {
    near(inverseNormal(probability), z, 1e-12)
  })
})
