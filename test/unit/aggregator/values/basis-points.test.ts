import { describe, expect, test } from 'vitest'
import {
  clampToBand,
  isWithinBps,
  isWithinHalfBps,
} from '../../../../aggregator/values/basis-points.ts'

const around = { centre: 10_000n, bps: 50 }

describe('a band of 50 basis points around 10,000', () => {
  test.each([
    [9_949n, false],
    [9_950n, true],
    [10_050n, true],
    [10_051n, false],
  ])('holds %s: %s', (value, inside) => {
    expect(isWithinBps(value, around)).toBe(inside)
  })

  test('has an open inner half, so that a venue exactly at half stays out', () => {
    expect(isWithinHalfBps(10_025n, around)).toBe(false)
    expect(isWithinHalfBps(10_024n, around)).toBe(true)
  })

  test('clamps to its edges and never outside of them', () => {
    expect(clampToBand(12_000n, around)).toBe(10_050n)
    expect(clampToBand(1n, around)).toBe(9_950n)
    expect(clampToBand(10_007n, around)).toBe(10_007n)
    expect(clampToBand(0n, { centre: 333n, bps: 50 })).toBe(332n)
  })
})

describe('a band around what may be zero or below', () => {
  const reachMin = 30n

  test.each([
    ['zero', 0n, -30n, 30n],
    ['a small value', -10n, -40n, 20n],
    ['a value whose share reaches further', -10_000n, -10_050n, -9_950n],
  ])('reaches to either side of %s', (_, centre, lowest, highest) => {
    const band = { centre, bps: 50, reachMin }
    expect(
      [lowest - 1n, lowest, highest, highest + 1n].map((value) => isWithinBps(value, band)),
    ).toEqual([false, true, true, false])
    expect(clampToBand(lowest - 9n, band)).toBe(lowest)
    expect(clampToBand(highest + 9n, band)).toBe(highest)
  })

  test('has an open inner half as well', () => {
    const band = { centre: 0n, bps: 50, reachMin }
    expect([-15n, -14n, 14n, 15n].map((value) => isWithinHalfBps(value, band))).toEqual([
      false,
      true,
      true,
      false,
    ])
  })

  test('is no band without a reach', () => {
    expect(() => isWithinBps(0n, { centre: 0n, bps: 50 })).toThrow('a positive centre or a reach')
  })
})
