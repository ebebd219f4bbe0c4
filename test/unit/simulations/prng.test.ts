import { describe, expect, test } from 'vitest'
import { chanceAt, prngOf } from '../../../simulations/determinism/prng.ts'

const draws = (seed: number, label: string) => {
  const prng = prngOf(seed, label)
  return Array.from({ length: 5 }, prng.next)
}

describe('seeded chance', () => {
  test('gives the same numbers for the same seed and label, on every machine', () => {
    expect(draws(7, 'network')).toEqual(draws(7, 'network'))
    expect(draws(1, 'golden')).toEqual([1725152733, 2423480524, 3679843142, 2855909077, 3089551845])
  })

  test('gives other numbers for another seed or label, also above 32 bits', () => {
    const streams = [
      draws(7, 'network'),
      draws(8, 'network'),
      draws(7 + 2 ** 32, 'network'),
      draws(7, 'mesh'),
    ]
    expect(new Set(streams.map(String)).size).toBe(4)
  })

  test('spreads evenly: each of ten values a tenth of the time', () => {
    const prng = prngOf(3, 'even')
    const counts = Array.from({ length: 10 }, () => 0)
    for (let i = 0; i < 100_000; i++) {
      const drawn = prng.below(10)
      counts[drawn] = (counts[drawn] ?? 0) + 1
    }
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(400)
  })

  test('stays within its bounds, ends included', () => {
    const prng = prngOf(4, 'bounds')
    const seen = new Set(Array.from({ length: 1_000 }, () => prng.between(-2, 2)))
    expect([...seen].sort((a, b) => a - b)).toEqual([-2, -1, 0, 1, 2])
  })

  test('never happens at 0 ppm, always at 1,000,000, and a quarter of the time at 250,000', () => {
    const prng = prngOf(5, 'ppm')
    const share = (ppm: number) =>
      Array.from({ length: 20_000 }, () => prng.chance(ppm)).filter(Boolean).length / 20_000
    expect(share(0)).toBe(0)
    expect(share(1_000_000)).toBe(1)
    expect(share(250_000)).toBeCloseTo(0.25, 1)
  })

  test('normal draws have mean 0 and deviation 1', () => {
    const prng = prngOf(6, 'normal')
    const drawn = Array.from({ length: 50_000 }, prng.normal)
    const mean = drawn.reduce((sum, z) => sum + z, 0) / drawn.length
    const variance = drawn.reduce((sum, z) => sum + (z - mean) ** 2, 0) / drawn.length
    expect(Math.abs(mean)).toBeLessThan(0.02)
    expect(Math.abs(variance - 1)).toBeLessThan(0.03)
  })

  test('gives as many bytes as asked for', () => {
    expect(prngOf(1, 'bytes').bytes(33)).toHaveLength(33)
  })

  test('chance at a position does not depend on the order of asking', () => {
    const at = chanceAt(9, 'venue')
    const forwards = [0, 1, 2, 2 ** 40].map((index) => at(index, -50, 50))
    const backwards = [2 ** 40, 2, 1, 0].map((index) => at(index, -50, 50)).reverse()
    expect(forwards).toEqual(backwards)
    expect(forwards.every((drawn) => drawn >= -50 && drawn <= 50)).toBe(true)
  })
})
