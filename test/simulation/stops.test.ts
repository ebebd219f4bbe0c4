import { describe, expect, test } from 'vitest'
import { conflictsWithoutGuards, stopAtPromises } from '../crash/points.ts'

// The long runs are `npm run crash -- points` and `npm run crash -- backups`.

describe('members that end at a promise (protocol §10)', () => {
  test('contradict nothing and are silent after every start, whatever disk they find', () => {
    const result = stopAtPromises({ count: 90, seed: 11, disk: 'mixed' })
    expect(result.faults).toEqual([])
    expect(result.conflicts + result.brokenSilences).toBe(0)
    expect(Math.min(result.stopsBefore, result.stopsAfter)).toBeGreaterThan(20)
    expect(Math.min(result.restoredOlder, result.restoredEmpty)).toBeGreaterThan(10)
    expect(result.certified).toBeGreaterThan(60)
  })

  test('would contradict themselves without barrier and signer: the checkers can fail', () => {
    expect(conflictsWithoutGuards(11)).toBeGreaterThan(0)
  })
})
