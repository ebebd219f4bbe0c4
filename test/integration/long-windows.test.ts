import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  derivedFeedsOf,
  type PastFeedValue,
  rememberValue,
  withDerived,
} from '../../aggregator/aggregation/derived-feeds.ts'
import { openingOf } from '../../aggregator/committee/committee.ts'
import type { FeedParams } from '../../aggregator/committee/params.ts'
import { contextOf } from '../../aggregator/context.ts'
import { encodeCertificate } from '../../aggregator/messages/codec.ts'
import type { Certificate, Verified } from '../../aggregator/messages/messages.ts'
import { FEED_STATUS } from '../../aggregator/report/feed-report.ts'
import { decodeWord, encodeWord } from '../../aggregator/report/words.ts'
import { idealScheme } from '../../aggregator/signing/ideal.ts'
import { predecessorPast } from '../../node/compose/past.ts'
import { openStore } from '../../node/compose/store.ts'
import { SILENT_LOG } from '../../node/logging.ts'
import { JournalReader } from '../../node/store/journal-reader.ts'
import { BTC, referenceCrypto, testCommittee } from '../support/committee.ts'
import { Forge } from '../support/forge.ts'

// A volatility over 32 days on a journal that keeps 30 (protocol §6.1): one certificate a day.

const DAY_MS = 86_400_000
const DAYS = 41
const RV: FeedParams = {
  ...BTC,
  name: 'BTC/USD.RV32',
  kind: 'realized-volatility',
  valueMin: 0n,
  derivation: { of: 'BTC/USD', windowMs: 32 * DAY_MS, stepMs: DAY_MS },
}
const four = testCommittee({ feeds: [BTC, RV] })
const next = testCommittee({ feeds: [{ ...RV, name: 'RV' }, BTC], seed: 'next' })
const context = contextOf({ ...referenceCrypto, threshold: idealScheme(1) }, four.committee)
const { params } = four.committee
const ROUNDS_A_DAY = DAY_MS / params.timing.roundMs
const forge = new Forge(four, context)
const template = forge.certificate({ round: 1, signingSet: 0b111, expectedNext: 0b1111 })

/** What was certified of the base in the last round of a day, or at its middle. */
function certified(day: number, value: bigint, round = day * ROUNDS_A_DAY): Verified<Certificate> {
  const report = { value, spread: 0n, observers: 4, status: FEED_STATUS.ok }
  const words = template.message.words.map((word, feed) =>
    feed === 0 ? encodeWord({ ...decodeWord(word), ...report }) : word,
  )
  const message = { ...template.message, round, words }
  return { ...template, message, bytes: encodeCertificate(four.committee, message) }
}

const priceOf = (day: number) => 6_000_000_000_000n + BigInt(day % 7) * 10_000_000_000n
const END_MS = openingOf(four.committee, DAYS * ROUNDS_A_DAY) + 1

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'parallax-windows-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

function opened(nowMs: () => number) {
  return openStore(
    { dataDirectory: directory, startedMs: nowMs(), committee: four.committee, self: 0 },
    { nowMs, log: SILENT_LOG },
  )
}

/** A node lives for 41 days, and its journal forgets what is older than 30. */
async function lives(): Promise<void> {
  let nowMs = 0
  const store = opened(() => nowMs)
  await store.journal.start()
  for (let day = 1; day <= DAYS; day++) {
    nowMs = openingOf(four.committee, day * ROUNDS_A_DAY) + 100
    for (const [round, value] of [
      [day * ROUNDS_A_DAY - 7_000, 5n],
      [day * ROUNDS_A_DAY, priceOf(day)],
    ] as const) {
      const certificate = certified(day, value, round)
      store.observer.onEffect?.({ type: 'certified', path: 'fast', certificate })
    }
    await store.journal.flush()
  }
  const best = { round: DAYS * ROUNDS_A_DAY, signingSet: 0b111, expectedNext: 0b1111 }
  store.keepCertificate(forge.certificate(best))
  // It looks at its limits after every sixteenth write.
  for (let write = 0; write < 16; write++) {
    store.observer.onEvent?.({ type: 'alarmFired', nowMs })
    await store.journal.flush()
  }
  await store.journal.stop()
}

async function startsAgain(): Promise<readonly PastFeedValue[]> {
  const store = opened(() => END_MS)
  await store.journal.start()
  const { past } = store.remembered(context)
  await store.journal.flush()
  await store.journal.stop()
  return past
}

/** The volatility that a machine observes which remembers this. */
function volatilityFrom(past: readonly PastFeedValue[], feeds = params.feeds): bigint | null {
  const derived = derivedFeedsOf(feeds)
  for (const each of past) rememberValue(derived, feeds, each)
  const all = withDerived([], derived, { feeds, endMs: END_MS })
  return all[feeds.findIndex(({ kind }) => kind === RV.kind)] ?? null
}

const unbroken = () =>
  volatilityFrom(
    Array.from({ length: DAYS }, (_, index) => {
      const day = index + 1
      const openedMs = openingOf(four.committee, day * ROUNDS_A_DAY)
      return { feed: 0, openedMs, value: priceOf(day) }
    }),
  )

const journal = () => join(directory, 'journal.sqlite')

test('a volatility over longer than the journal is kept goes on after a start, to the same integer', async () => {
  await lives()
  expect(new JournalReader(journal()).certificates({ from: 1, to: 5 * ROUNDS_A_DAY })).toEqual([])
  expect(unbroken()).toBeGreaterThan(0n)
  expect(volatilityFrom(await startsAgain())).toBe(unbroken())
})

test('what no window reaches any more is forgotten, and of a point the last value is kept', async () => {
  await lives()
  const past = await startsAgain()
  // A window, a gap of a quarter, and two steps: 42 points at most.
  expect(past.length).toBeLessThanOrEqual(42)
  expect(past.filter(({ value }) => value === 5n)).toEqual([])
})

test('a journal of before it kept the past is read once by its certificates, a few for each point', async () => {
  await lives()
  const database = new DatabaseSync(journal())
  database.exec('DROP TABLE past')
  database.close()
  const first = await startsAgain()
  // The journal has thirty days of them.
  expect(first.length).toBeGreaterThan(28)
  expect(first.length).toBeLessThan(34)
  expect(await startsAgain()).toEqual(first)
})

test('the committee after it takes over what the journal of the one before kept (§11.2)', async () => {
  await lives()
  const reader = new JournalReader(journal())
  const committees = { predecessor: four.committee, committee: next.committee }
  const past = predecessorPast(reader, committees, { fromMs: 0, toMs: END_MS })
  expect(new Set(past.map(({ feed }) => feed))).toEqual(new Set([1]))
  expect(volatilityFrom(past, next.committee.params.feeds)).toBe(unbroken())
})

test('feeds that are derived from the same one find each of its values once', async () => {
  await lives()
  const database = new DatabaseSync(journal())
  database.exec('DROP TABLE past')
  database.close()
  const shorter = {
    ...RV,
    name: 'BTC/USD.RV8',
    derivation: { ...RV.derivation, windowMs: 8 * DAY_MS },
  }
  const { committee } = testCommittee({ feeds: [BTC, RV, shorter as FeedParams], seed: 'next' })
  const committees = { predecessor: four.committee, committee }
  const past = predecessorPast(new JournalReader(journal()), committees, {
    ...{ fromMs: 0, toMs: END_MS },
  })
  expect(past.length).toBeGreaterThan(28)
  expect(new Set(past.map(({ openedMs }) => openedMs)).size).toBe(past.length)
})
