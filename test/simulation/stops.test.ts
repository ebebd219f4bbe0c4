import { describe, expect, test } from 'vitest'
import { runTwice } from '../crash/doubles.ts'
import { conflictsWithoutGuards, stopAtPromises } from '../crash/points.ts'

// The long runs are `npm run crash -- points`, `-- backups` and `-- doubles`.

describe('members that end at a promise (protocol §10)', () => {
  test('contradict nothing and are silent after every start, whatever disk they find', () => {
    const result = stopAtPromises({ count: 90, seed: 11, disk: 'mixed' })
    expect(result.faults).toEqual([])
    expect(result.conflicts + result.brokenSilences + result.mistaken).toBe(0)
    expect(Math.min(result.stopsBefore, result.stopsAfter)).toBeGreaterThan(20)
    expect(Math.min(result.restoredOlder, result.restoredEmpty)).toBeGreaterThan(10)
    expect(result.certified).toBeGreaterThan(60)
  })

  test('would contradict themselves without barrier and signer: the checkers can fail', () => {
    expect(conflictsWithoutGuards(11)).toBeGreaterThan(0)
  })
})

describe('a key in two processes that hear each other (protocol §9.3)', () => {
  test('beside a running one the second stops unheard; two that start at once speak once', () => {
    const result = runTwice({ count: 12, seed: 5 })
    expect(result).toMatchObject({ beside: 4, atOnce: 4, unnoticed: 0, wrongOneStopped: 0 })
    expect(result.inPlace).toBe(4)
    expect(result.conflictsBeside + result.conflictsLater + result.conflictsAfterPause).toBe(0)
    expect(result.conflictsInFirstRound).toBeGreaterThan(0)
  })
})
