import { describe, expect, test } from 'vitest'
import { opened, ROUND, type Script } from '../../../support/script.ts'

// A process that stood still and goes on, while another may have taken its key over (§9.3, §10.3).

const PAIR = { expected: 0b1111, signing: 0b111 }

/** A process that opened `ROUND` and comes to itself in a later round. */
function wakesIn(round: number): Script {
  const script = opened()
  script.sleeps(1, round)
  return script.reports({ type: 'alarmFired', nowMs: script.cluster.nowMs })
}

const observedRounds = (script: Script) =>
  script.sent('observation').flatMap(({ round }) => (round > ROUND ? [round] : []))

const promisedRounds = (script: Script) =>
  script.all('persist').flatMap(({ promise }) => (promise.round > ROUND ? [promise.round] : []))

describe('a process that missed rounds', () => {
  test('of two or more hears a whole one, and speaks again in the one after', () => {
    const script = wakesIn(ROUND + 3)
    script.waits(499, ROUND + 4)
    expect(promisedRounds(script)).toEqual([])
    script.waits(100, ROUND + 5)
    expect(observedRounds(script)).toEqual([ROUND + 5])
  })

  test('of one speaks at once: who takes its key over is silent for longer', () => {
    expect(observedRounds(wakesIn(ROUND + 2).waits(100, ROUND + 2))).toEqual([ROUND + 2])
  })

  test.each([ROUND + 2, ROUND + 3, ROUND + 4])(
    'stops at what another said under its key in round %i meanwhile, and has not spoken again',
    (round) => {
      const script = wakesIn(ROUND + 3).waits(100, ROUND + 4)
      script.receives(script.forge.observation({ round, sender: 0, pair: PAIR, values: [1n] }))
      expect(script.all('halt')).toEqual([{ type: 'halt', code: 'KEY_RUNS_TWICE' }])
      expect(promisedRounds(script)).toEqual([])
    },
  )

  test('again and again hears each time', () => {
    const script = wakesIn(ROUND + 3)
    script.waits(100, ROUND + 5).sleeps(1, ROUND + 9)
    script.reports({ type: 'alarmFired', nowMs: script.cluster.nowMs })
    script.waits(100, ROUND + 12)
    expect(observedRounds(script)).toEqual([ROUND + 5, ROUND + 11, ROUND + 12])
  })
})
