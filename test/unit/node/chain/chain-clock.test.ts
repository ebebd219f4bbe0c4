import type { PublicClient } from 'viem'
import { beforeEach, expect, test } from 'vitest'
import { ChainClock } from '../../../../node/chain/chain-clock.ts'
import { createLog } from '../../../../node/logging.ts'

const NOW_MS = 1_790_000_000_000
const HOUR_MS = 3_600_000

let lines: string[]
beforeEach(() => {
  lines = []
})

/** Endpoints whose newest block is so far after this machine's time; null for one that is away. */
function clockWith(...ahead: readonly (number | null)[]): ChainClock {
  const endpoints = ahead.map((ms) => ({
    client: {
      getBlock: async () => {
        if (ms === null) throw new Error('away')
        return { timestamp: BigInt((NOW_MS + ms) / 1_000) }
      },
    } as unknown as PublicClient,
  }))
  const log = createLog({ level: 'warn', format: 'json' }, { write: (line) => lines.push(line) })
  return new ChainClock({ endpoints, clock: { nowMs: () => NOW_MS }, log })
}

test.each([
  ['blocks a little old', [-12_000], 0, []],
  ['a machine that is an hour behind', [HOUR_MS], HOUR_MS, [0, HOUR_MS]],
  // It may be a chain that makes no blocks: the machine's time counts, and the other one too.
  ['a newest block of an hour ago', [-HOUR_MS], 0, [-HOUR_MS, 0]],
  ['one of two that lies', [HOUR_MS, 0], 0, []],
  ['one of three that lies', [HOUR_MS, -HOUR_MS, 0], 0, []],
  ['most of three an hour ahead', [HOUR_MS, HOUR_MS, 0], HOUR_MS, [0, HOUR_MS]],
  ['nobody who answers', [null, null], 0, []],
])('%s', async (_, ahead, aheadMs, moments) => {
  const clock = clockWith(...ahead)
  await clock.look()
  await clock.look()
  expect(clock.nowMs() - NOW_MS).toBe(aheadMs)
  const known = clock.moments().map((ms) => ms - NOW_MS)
  expect(known).toEqual(moments.length === 0 ? [0] : moments)
  expect(lines).toHaveLength(moments.length === 0 ? 0 : 1)
})
