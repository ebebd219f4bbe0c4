import { describe, expect, test } from 'vitest'
import { createClock } from '../../../simulations/world/clock.ts'

const clockOf = (options: { offsetUs?: number; driftPpm?: number } = {}) =>
  createClock({ epochMs: 1_000_000, offsetUs: 0, driftPpm: 0, ...options })

describe('a simulated clock', () => {
  test('shows whole milliseconds of its own, never those that have not come', () => {
    const clock = clockOf({ offsetUs: 250 })
    expect(clock.readMs(0)).toBe(1_000_000)
    expect(clock.readMs(749)).toBe(1_000_000)
    expect(clock.readMs(750)).toBe(1_000_001)
  })

  test('an alarm fires at the first moment at which the clock shows its time, never before', () => {
    for (const driftPpm of [-900_000, -77, 0, 13, 200_000]) {
      const clock = clockOf({ driftPpm, offsetUs: -333 })
      const atUs = clock.worldUsOf(1_000_500, 0) ?? 0
      expect(clock.readMs(atUs)).toBeGreaterThanOrEqual(1_000_500)
      expect(clock.readMs(atUs - 2)).toBeLessThan(1_000_500)
    }
  })

  test('an alarm in the past fires now', () => {
    expect(clockOf().worldUsOf(999_000, 5_000)).toBe(5_000)
  })

  test('drifts: 100 ppm fast gains 360 ms in an hour', () => {
    expect(clockOf({ driftPpm: 100 }).readMs(3_600_000_000)).toBe(1_000_000 + 3_600_360)
  })

  test('stands still when frozen, and has no alarm', () => {
    const clock = clockOf()
    clock.setDrift(5_000, -1_000_000)
    expect(clock.readMs(9_000_000)).toBe(1_000_005)
    expect(clock.worldUsOf(1_000_006, 9_000_000)).toBeNull()
  })

  test('jumps where it is shifted to and goes on from there', () => {
    const clock = clockOf()
    clock.shift(10_000, -4_000)
    expect(clock.readMs(10_000)).toBe(1_000_006)
    expect(clock.readMs(11_000)).toBe(1_000_007)
  })
})
