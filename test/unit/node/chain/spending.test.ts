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

test.each(['', '{', '[]', '{"spentWeiByHour": {"x": "1"}}', '{"spentWeiByHour": {"1": -1}}'])(
  'a damaged file is refused, not taken for nothing spent: %j',
  async (text) => {
    const damaged = join(directory, 'spending.json')
    await writeFile(damaged, text)
    await expect(new Spending({ file: damaged }).load()).rejects.toMatchObject({
      code: 'SPENDING_UNREADABLE',
    })
  },
)
