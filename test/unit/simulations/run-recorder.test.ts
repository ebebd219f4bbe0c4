import { describe, expect, test } from 'vitest'
import { PARTS, RunRecorder } from '../../../simulations/record/run-recorder.ts'

const ALL_SIGN = { observers: 0b111, signers: 0b111, end: 'fast', nowUs: 0 } as const

function recorderOf(lastRound: number): RunRecorder {
  return new RunRecorder({ members: 4, firstRound: 1, lastRound })
}

function partsOf(recorder: RunRecorder, bin = 0): readonly string[] {
  const counts = recorder.record().bins[bin]?.counts ?? []
  return [0, 1, 2, 3].map((member) => {
    const own = [...counts.slice(member * PARTS.length, (member + 1) * PARTS.length)]
    return PARTS[own.indexOf(1)] ?? 'none'
  })
}

describe('a record of a run', () => {
  test('says for each member whether it signed, counted, was late, silent or down', () => {
    const recorder = recorderOf(1)
    recorder.setDown(3, true)
    recorder.open(1, 1_000)
    recorder.mark(1, { type: 'observation', member: 2 }, 1_200)
    recorder.certified(1, { observers: 0b011, signers: 0b001, end: 'fast', nowUs: 2_000 })
    recorder.open(3, 3_000)
    expect(partsOf(recorder)).toEqual(['signed', 'observed', 'late', 'down'])
  })

  test('a member that comes back within the round was still down; a silent one is absent', () => {
    const recorder = recorderOf(1)
    recorder.setDown(3, true)
    recorder.open(1, 0)
    recorder.setDown(3, false)
    recorder.open(3, 0)
    expect(partsOf(recorder)).toEqual(['absent', 'absent', 'absent', 'down'])
  })

  test('a member whose clock is ahead says its observation before the round opens', () => {
    const recorder = recorderOf(2)
    recorder.open(1, 1_000)
    recorder.mark(2, { type: 'observation', member: 0 }, 1_990)
    for (const round of [2, 3, 4]) recorder.open(round, round * 1_000)
    expect(partsOf(recorder, 1)[0]).toBe('observed')
    recorder.violated(2)
    const { rounds } = recorder.record()
    expect(rounds.find(({ round }) => round === 2)?.marks[0]?.us).toBe(-10)
  })

  test('counts a million rounds in 256 bins', () => {
    const recorder = recorderOf(1_000_000)
    for (let round = 1; round <= 1_000_002; round++) {
      recorder.open(round, round)
      recorder.certified(round, { ...ALL_SIGN, nowUs: round })
    }
    const { bins, rounds } = recorder.record()
    expect(bins.length).toBeLessThanOrEqual(256)
    expect(bins.reduce((sum, bin) => sum + bin.rounds, 0)).toBe(1_000_000)
    expect(bins.reduce((sum, { counts }) => sum + (counts[0] ?? 0), 0)).toBe(1_000_000)
    expect(rounds.length).toBeLessThanOrEqual(8)
  })

  test('keeps the first of each kind, the slowest, and where an invariant broke', () => {
    const recorder = recorderOf(9)
    const ends = [
      'fast',
      'fast',
      'proposed',
      'proposed',
      'fast',
      null,
      null,
      'fast',
      'fast',
    ] as const
    for (const [at, end] of [...ends, null, null].entries()) {
      const round = at + 1
      recorder.open(round, round * 1_000)
      if (end === null) continue
      const nowUs = round * 1_000 + (round === 5 ? 900 : 10)
      recorder.certified(round, { observers: 7, signers: 7, end, nowUs })
      // Found when the round is over, and while it is open.
      if (round === 4) recorder.violated(2)
      if (round === 8) recorder.violated(8)
    }
    const kept = recorder.record().rounds.map(({ round, because }) => `${round} ${because}`)
    expect(kept).toEqual([
      '1 first',
      '2 violation',
      '3 proposed',
      '5 slowest',
      '6 lost',
      '8 violation',
    ])
  })

  test('measures delays between members', () => {
    const recorder = recorderOf(1)
    recorder.links.sent(0)
    recorder.links.arrived(0, 1, 2_000)
    recorder.links.arrived(0, 1, 4_000)
    const { links, sent } = recorder.record().links
    expect(links[0]?.[1]).toEqual({ count: 2, meanMs: 3, maxMs: 4 })
    expect([links[1]?.[0], sent]).toEqual([null, [1, 0, 0, 0]])
  })
})
