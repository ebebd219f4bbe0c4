import { expect, test } from 'vitest'
import { WallClock } from '../../../../node/clock.ts'
import { endWhenSetBack } from '../../../../node/compose/wall-clock.ts'
import { codeOf } from '../../../../node/errors.ts'

const DAY_MS = 86_400_000

/** What ended a process whose clock went ahead by a day, and back. */
function endedAfter(clock: 'agrees' | 'doubted'): readonly string[] {
  const host = { wall: 1_000_000, ended: [] as string[] }
  const wall = new WallClock({}, { wallMs: () => host.wall, monotonicMs: () => 5_000 })
  endWhenSetBack(wall, {
    isDoubted: () => clock === 'doubted',
    onFatal: (error) => host.ended.push(codeOf(error)),
  })
  for (const byMs of [DAY_MS, -DAY_MS]) {
    host.wall += byMs
    wall.nowMs()
    wall.nowMs()
  }
  return host.ended
}

test('given a clock that is doubted and goes back, then the process ends, to start by the right time', () => {
  expect(endedAfter('doubted')).toEqual(['CLOCK_SET_BACK'])
})

test('given one that is believed, then it goes on by the time that it had: the step may be the mistake', () => {
  expect(endedAfter('agrees')).toEqual([])
})
