import { describe, expect, it } from 'vitest'
import { killSigners } from '../crash/kills.ts'
import { SIGNERS } from '../crash/kills-command.ts'
import { buildShim } from '../crash/shim.ts'

// The long run is `npm run crash -- kills`.

describe('signers killed -9 on a disk that loses what was not synced', () => {
  const shim = buildShim()
  const common = { lanes: 2, seed: 7, journalEvery: 4 }

  it('never contradict themselves, and find what they signed', async (context) => {
    if (shim === null) context.skip('needs Linux and a C compiler; not tested here')
    else {
      const result = await killSigners({
        ...{ ...common, shim, count: 4 * SIGNERS, signers: SIGNERS },
        sync: 'honoured',
      })
      expect(result.faults).toEqual([])
      expect(result.conflicts + result.unreadable + result.journalsUnreadable).toBe(0)
      expect(result.processesBroken).toBe(0)
      expect(result.signersKilled).toBeGreaterThanOrEqual(4 * SIGNERS)
      expect(result.signed).toBeGreaterThan(100)
      expect(result.refused.PROMISE_ROUND_PAST).toBeGreaterThan(10)
      expect(result.journalsRead).toBeGreaterThan(0)
    }
  })

  it('do so within a hundred kills when the disk saves nothing: the harness can fail', async (context) => {
    if (shim === null) context.skip('needs Linux and a C compiler; not tested here')
    else {
      const result = await killSigners({
        ...{ ...common, shim, count: 100, signers: 1 },
        sync: 'ignored',
        stopsAtConflict: true,
      })
      expect(result.firstConflictAfter).toBeLessThanOrEqual(100)
      expect(result.conflicts).toBeGreaterThan(0)
    }
  })
})
