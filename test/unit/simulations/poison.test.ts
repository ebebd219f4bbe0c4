import { expect, test } from 'vitest'
import { withoutWorldLeaks } from '../../../simulations/determinism/poison.ts'

const randomOf = (source: { random: () => number }) => source.random()

test('neither the wall clock nor unseeded chance exists inside a world', () => {
  expect(() => withoutWorldLeaks(() => Date.now())).toThrow('not part of a simulated world')
  expect(() => withoutWorldLeaks(() => new Date())).toThrow('not part of a simulated world')
  expect(() => withoutWorldLeaks(() => randomOf(Math))).toThrow('not part of a simulated world')
})

test('both are back afterwards, also when something threw inside', () => {
  expect(() =>
    withoutWorldLeaks(() => {
      throw new Error('inside')
    }),
  ).toThrow('inside')
  expect(Date.now()).toBeGreaterThan(0)
  expect(randomOf(Math)).toBeLessThan(1)
})
