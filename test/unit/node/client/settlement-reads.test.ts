import type { PublicClient } from 'viem'
import { expect, test } from 'vitest'
import { isUnactivated } from '../../../../node/client/settlement-reads.ts'

const EXPIRY = 1_800_000_000
const HUB = '0x00000000000000000000000000000000000000aa'

interface Announced {
  readonly epoch: number
  readonly activeFromMs: number
}
const NONE: Announced = { epoch: 0, activeFromMs: 0 }

/** A hub on which the committee in office, number 1, and the owner announced these. */
function hubWith(announced: readonly [byCommittee: Announced, byOwner: Announced]): PublicClient {
  const readContract = ({ args: [source] }: { readonly args: readonly [0 | 1] }) => {
    const { epoch, activeFromMs } = announced[source]
    return Promise.resolve({ epoch, next: { activeFromMs } })
  }
  return { readContract } as unknown as PublicClient
}

test.each([
  ['nothing', NONE, NONE, false],
  ['a hand-over before the expiry', { epoch: 2, activeFromMs: EXPIRY * 1_000 }, NONE, true],
  ['a hand-over after it', { epoch: 2, activeFromMs: EXPIRY * 1_000 + 1 }, NONE, false],
  ['a hand-over of another number', { epoch: 1, activeFromMs: EXPIRY * 1_000 }, NONE, false],
  // It begins when it is activated: until then the committee in office settles.
  ['a proposal of the owner', NONE, { epoch: 2, activeFromMs: EXPIRY * 1_000 }, false],
] as const)('with %s announced, who waits', async (_, byCommittee, byOwner, waits) => {
  const at = { reader: hubWith([byCommittee, byOwner]), block: {} }
  expect(await isUnactivated(EXPIRY, { hub: HUB, epoch: 1 }, at)).toBe(waits)
})
