import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Schedule } from '../../../simulations/determinism/schedule.ts'

describe('the queue of a world', () => {
  test('gives items by time, and at one time in the order in which they were planned', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 20 }), { maxLength: 200 }), (times) => {
        const schedule = new Schedule<number>()
        for (const [order, timeUs] of times.entries()) schedule.add(timeUs, order)
        const taken = Array.from(times, () => schedule.take())
        const sorted = times
          .map((timeUs, order) => ({ timeUs, order }))
          .sort((a, b) => a.timeUs - b.timeUs || a.order - b.order)
        expect(taken).toEqual(sorted.map(({ order }) => order))
        expect(schedule.take()).toBeNull()
      }),
    )
  })

  test('refuses a time that is not whole microseconds', () => {
    expect(() => new Schedule<string>().add(0.5, 'too fine')).toThrow(RangeError)
  })
})
