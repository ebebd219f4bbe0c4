import { expect, test } from 'vitest'
import { keygenContextOf } from '../../../../aggregator/keygen/context.ts'
import { decodeInventory } from '../../../../aggregator/keygen/exchange.ts'
import { initialKeygen } from '../../../../aggregator/keygen/machine.ts'
import { hasMember, listMembers, withMember } from '../../../../aggregator/values/ids.ts'
import { Pulls } from '../../../../node/keygen/pulls.ts'
import { committeeToBe, keygenCrypto } from '../../../support/keygen.ts'

const SIZE = 31
const SELF = 30
/** What the node's network gives a request. */
const DEADLINE_MS = 2_000
const TICK_MS = 50

/** One member's requests in the phase of shares, while these others let every one run out. */
async function sharesWithout(silent: readonly number[], forMs: number) {
  const context = keygenContextOf(keygenCrypto, committeeToBe({ size: SIZE }).params)
  const timing = { meetMs: 1, phaseMs: 1 }
  const state = initialKeygen({ self: SELF, size: SIZE, timing })
  state.phase = 'shares'
  state.hasSpoken = true
  let nowMs = 0
  let thanked = 0
  const waiting: { readonly untilMs: number; readonly fail: () => void }[] = []
  const pulls = new Pulls(
    { context, state },
    {
      request: (to, request) => {
        if (silent.includes(to)) {
          return new Promise((_, reject) => {
            waiting.push({ untilMs: nowMs + DEADLINE_MS, fail: () => reject(new Error('late')) })
          })
        }
        const inventory = decodeInventory(context, request)
        if (inventory !== null && hasMember(inventory.shares, to)) thanked = withMember(thanked, to)
        return Promise.resolve(new Uint8Array(0))
      },
      onHandover: (from) => {
        state.shares = withMember(state.shares, from)
      },
      nowMs: () => nowMs,
    },
  )
  const others = Array.from({ length: SIZE - 1 }, (_, index) => index)
  for (; nowMs < forMs; nowMs += TICK_MS) {
    for (const { untilMs, fail } of waiting) if (untilMs <= nowMs) fail()
    pulls.look(others)
    await new Promise(setImmediate)
  }
  return { shares: listMembers(state.shares), thanked: listMembers(thanked) }
}

const TEN = Array.from({ length: 10 }, (_, index) => index)

test('ten members that answer nothing keep the shares of twenty others from nobody', async () => {
  const rest = Array.from({ length: 20 }, (_, index) => 10 + index)
  const { shares, thanked } = await sharesWithout(TEN, 2_000)
  expect(shares).toEqual(rest)
  expect(thanked).toEqual(rest)
})
