import { randomBytes } from 'node:crypto'
import { beforeEach, expect, test } from 'vitest'
import { dealForDevelopment } from '../../../../aggregator/signing/dealer.ts'
import { frostScheme } from '../../../../aggregator/signing/frost.ts'
import { NoncePool } from '../../../../node/keys/nonce-pool.ts'
import { ROUNDS_MAX, ShareVault } from '../../../../node/keys/share-vault.ts'

const { groupKey, shares } = dealForDevelopment({ members: 4, threshold: 3 }, randomBytes)
const [share] = shares
if (share === undefined) throw new Error('no share')

let vault: ShareVault
let pool: NoncePool

beforeEach(() => {
  const own = { ...share, secret: Uint8Array.from(share.secret) }
  vault = new ShareVault({ scheme: frostScheme, groupKey, share: own }, { random: randomBytes })
  pool = new NoncePool(vault)
})

test('a round has the same commitments whenever it is asked for, until it is forgotten', () => {
  const first = pool.take(7)
  expect(pool.take(7)).toBe(first)
  expect(pool.take(8)).not.toEqual(first)
  pool.forget(7)
  vault.erase(7)
  expect(pool.take(7)).not.toEqual(first)
})

test('rounds that nobody forgets are remembered as long as the vault can answer for them', () => {
  const taken = Array.from({ length: 2 * ROUNDS_MAX }, (_, index) => pool.take(index + 1))
  const isRemembered = (round: number) => pool.take(round) === taken[round - 1]
  expect([ROUNDS_MAX + 1, 2 * ROUNDS_MAX].map(isRemembered)).toEqual([true, true])
  expect([1, ROUNDS_MAX].map(isRemembered)).toEqual([false, false])
})
