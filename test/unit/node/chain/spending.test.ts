import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Spending } from '../../../../node/chain/spending.ts'

const HOUR_MS = 3_600_000
const NOON_MS = 500_000 * HOUR_MS

let directory: string
let file: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'parallax-spending-'))
  file = join(directory, 'new', 'spending.json')
})

afterEach(() => rm(directory, { recursive: true }))

test('costs of the last 24 hours count, over a restart too', async () => {
  const before = new Spending({ file })
  await before.load()
  await before.record(5n, NOON_MS - 25 * HOUR_MS)
  await before.record(7n, NOON_MS - 23 * HOUR_MS)
  await before.record(11n, NOON_MS)
  const after = new Spending({ file })
  await after.load()
  expect(after.spentWei(NOON_MS)).toBe(18n)
  expect(after.spentWei(NOON_MS + 2 * HOUR_MS)).toBe(11n)
})

const WALLET = `0x${'11'.repeat(20)}` as const
const HASH = `0x${'aa'.repeat(32)}` as const

test('a nonce counts at its dearest until it is settled, once, and over a restart', async () => {
  const before = new Spending({ file })
  before.payFrom(WALLET, NOON_MS)
  await before.reserve({ nonce: 5, hash: HASH, weiMax: 90n }, NOON_MS)
  await before.reserve({ nonce: 5, hash: `0x${'bb'.repeat(32)}`, weiMax: 70n }, NOON_MS)
  expect(before.spentWei(NOON_MS)).toBe(90n)
  expect(before.spentWei(NOON_MS, 5)).toBe(0n)
  const after = new Spending({ file })
  await after.load()
  after.payFrom(WALLET, NOON_MS)
  expect(after.spentWei(NOON_MS + 40 * HOUR_MS)).toBe(90n)
  await after.settle(5, 11n, NOON_MS)
  await after.settle(5, 11n, NOON_MS)
  expect(after.spentWei(NOON_MS)).toBe(11n)
})

test('what another wallet left open counts for a day: it has nonces of its own', async () => {
  const before = new Spending({ file })
  before.payFrom(WALLET, NOON_MS)
  await before.reserve({ nonce: 5, hash: HASH, weiMax: 90n }, NOON_MS)
  const after = new Spending({ file })
  await after.load()
  after.payFrom(`0x${'22'.repeat(20)}`, NOON_MS)
  expect(after.open).toEqual([])
  expect(after.spentWei(NOON_MS)).toBe(90n)
  expect(after.spentWei(NOON_MS + 25 * HOUR_MS)).toBe(0n)
})

test('a nonce that fell out of its block again waits for its hour again', async () => {
  const spending = new Spending({ file: null })
  await spending.reserve({ nonce: 5, hash: HASH, weiMax: 90n }, NOON_MS)
  spending.usedBelow(6, NOON_MS)
  spending.usedBelow(5, NOON_MS)
  expect(spending.spentWei(NOON_MS + 25 * HOUR_MS)).toBe(90n)
})

test('nonces without a receipt are bounded: the oldest count as used now', async () => {
  const spending = new Spending({ file: null })
  for (let nonce = 0; nonce < 200; nonce++) {
    await spending.reserve({ nonce, hash: HASH, weiMax: 1n }, NOON_MS)
  }
  expect(spending.open).toHaveLength(128)
  expect(spending.spentWei(NOON_MS)).toBe(200n)
  expect(spending.spentWei(NOON_MS + 25 * HOUR_MS)).toBe(128n)
})

test('without a file it counts from the start, and writes nothing', async () => {
  const spending = new Spending({ file: null })
  await spending.load()
  await spending.record(7n, NOON_MS - 23 * HOUR_MS)
  await spending.record(11n, NOON_MS)
  expect(spending.spentWei(NOON_MS)).toBe(18n)
  expect(await readdir(directory)).toEqual([])
})

test('a file of a day that is past does not grow', async () => {
  const spending = new Spending({ file })
  for (let hour = 0; hour < 50; hour++) await spending.record(1n, NOON_MS + hour * HOUR_MS)
  expect(spending.spentWei(NOON_MS + 49 * HOUR_MS)).toBe(25n)
})

const OPEN = '{"spentWeiByHour": {}, "open": [{"nonce": -1}]}'

test.each(['', '{', '[]', '{"spentWeiByHour": {"x": "1"}}', '{"spentWeiByHour": {"1": -1}}', OPEN])(
  'a damaged file is refused, not taken for nothing spent: %j',
  async (text) => {
    const damaged = join(directory, 'spending.json')
    await writeFile(damaged, text)
    await expect(new Spending({ file: damaged }).load()).rejects.toMatchObject({
      code: 'SPENDING_UNREADABLE',
    })
  },
)
