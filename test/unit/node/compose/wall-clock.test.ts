import { expect, test } from 'vitest'
import type { NoteCode } from '../../../../aggregator/effects.ts'
import { NO_MEMBERS } from '../../../../aggregator/values/ids.ts'
import { WallClock } from '../../../../node/clock.ts'
import { endWhenSetBack } from '../../../../node/compose/wall-clock.ts'
import { codeOf } from '../../../../node/errors.ts'

const DAY_MS = 86_400_000

type Happening = 'ahead' | 'back' | NoteCode

/** What ended a process whose clock and machine went through this. */
function endedAfter(...happenings: readonly Happening[]): readonly string[] {
  const host = { wall: 1_000_000, clock: 'agrees', ended: [] as string[] }
  const wall = new WallClock({}, { wallMs: () => host.wall, monotonicMs: () => 5_000 })
  const observer = endWhenSetBack(wall, {
    isDoubted: () => host.clock === 'doubted',
    onFatal: (error) => host.ended.push(codeOf(error)),
  })
  for (const happening of happenings) {
    if (happening === 'ahead' || happening === 'back') {
      host.wall += happening === 'ahead' ? DAY_MS : -DAY_MS
      wall.nowMs()
      wall.nowMs()
      continue
    }
    host.clock = happening === 'CLOCK_DOUBTED' ? 'doubted' : 'agrees'
    observer.onEffect?.({ type: 'note', code: happening, round: 1, members: NO_MEMBERS })
  }
  return host.ended
}

test('given a clock that is doubted and goes back, then the process ends, to start by the right time', () => {
  expect(endedAfter('ahead', 'CLOCK_DOUBTED', 'back')).toEqual(['CLOCK_SET_BACK'])
})

test('given one that went back while keys were opened, then it ends with the first doubt', () => {
  expect(endedAfter('back', 'CLOCK_DOUBTED')).toEqual(['CLOCK_SET_BACK'])
})

test('given one that is doubted and never went back, then it goes on', () => {
  expect(endedAfter('ahead', 'CLOCK_DOUBTED')).toEqual([])
})

test('given one that is believed, then it goes on by the time that it had: the step may be the mistake', () => {
  expect(endedAfter('ahead', 'back')).toEqual([])
  expect(endedAfter('ahead', 'CLOCK_DOUBTED', 'CLOCK_AGREES', 'back')).toEqual([])
})
