import {
  copyFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { JOURNAL_FILE } from '../../node/compose/store.ts'
import { formatCommittee } from '../../node/config/committee-file.ts'
import type { JournalQuality } from '../../node/replay/journal-quality.ts'
import { openForWriting } from '../../node/store/journal-schema.ts'
import { JournalWriter } from '../../node/store/journal-writer.ts'
import { testCommittee } from '../support/committee.ts'
import { parallax } from '../support/parallax.ts'
import { type Recording, recorded } from '../unit/node/replay/recording.ts'
import { changedJournal, writeJournal } from './journal-support.ts'

const [FIRST, LAST, SILENT, DARK] = [10, 39, 3, 20]
const committeeTest = testCommittee({ size: 4 })
let directory: string
let journal: string
let recording: Recording
let files = 0

/** Values 100, 101, 102: the median absolute deviation is 1. Without two, there is no quorum. */
const observes = (member: number, round: number) =>
  round === DARK && member < 2 ? null : 100n + BigInt(member)

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'parallax-quality-'))
  recording = recorded({ test: committeeTest, observes, silent: [SILENT] }, (cluster) =>
    cluster.runTo(LAST * 500 + 400),
  )
  writeFileSync(join(directory, 'committee.json'), formatCommittee(committeeTest.committee))
  await writeJournal(directory, recording, { startedMs: 1_000 })
  journal = changed('UPDATE certificate SET received_ms = round * 500 + round')
})
afterAll(() => rmSync(directory, { recursive: true }))

/** A copy of the journal after some change to it. */
const changed = (sql: string, of = join(directory, JOURNAL_FILE)) =>
  changedJournal(of, join(directory, `journal-${files++}`), sql)

async function asked(path: string, ...more: readonly string[]) {
  const which = ['--journal', path, '--committee', join(directory, 'committee.json')]
  return await parallax('journal', 'quality', ...which, ...more)
}

async function qualityOf(path: string, ...more: readonly string[]): Promise<JournalQuality> {
  const { stdout, stderr } = await asked(path, '--json', ...more)
  expect(stderr).toBe('')
  return JSON.parse(stdout)
}

/** What the journal's node itself was told of its rounds. */
function certifiedBy(path: 'fast' | 'proposed') {
  return recording.effects.flatMap((effect) =>
    effect.type === 'certified' && effect.path === path ? [effect.certificate.message] : [],
  )
}

test('rounds, feeds and members are counted as the node lived them', async () => {
  const quality = await qualityOf(journal)
  const [fast, proposed] = [certifiedBy('fast'), certifiedBy('proposed')]
  const certified = fast.length + proposed.length
  // The silent member costs the first rounds their fast path, until it is excluded.
  expect(proposed.length).toBeGreaterThan(0)
  expect(quality).toMatchObject({ from: FIRST, to: LAST })
  expect(quality.rounds).toEqual({
    fast: fast.length,
    proposed: proposed.length,
    missed: LAST - FIRST + 1 - certified,
    unseen: 0,
  })
  expect(quality.feeds).toEqual([
    {
      ...{ feed: 'BTC/USD', certified: certified - 1, unavailable: 1 },
      missed: quality.rounds.missed,
      spread: { p50: '0.00000001', p99: '0.00000001' },
      observersMean: 3,
      gapMsMax: 1_000,
    },
  ])
  const whole = quality.rounds.missed + certified
  expect(quality.members[0]).toEqual({
    ...{ member: 0, heard: whole, observed: certified, signed: certified },
  })
  expect(quality.members[SILENT]).toEqual({ member: SILENT, heard: 0, observed: 0, signed: 0 })
  // Each was held as many milliseconds after its opening as the number of its round.
  expect(quality.latencyMs).toEqual({
    p50: fast
      .concat(proposed)
      .map(({ round }) => round)
      .sort((a, b) => a - b)[Math.ceil(certified / 2) - 1],
    p99: Math.max(...fast.concat(proposed).map(({ round }) => round)),
  })
})

test('a round without certificate is missed, one of which nothing is held is unseen', async () => {
  const before = await qualityOf(journal)
  const lost = 'DELETE FROM certificate WHERE round IN (25, 26, 30, 31, 32)'
  const quality = await qualityOf(
    changed(`${lost}; DELETE FROM message WHERE round IN (30, 31, 32)`, journal),
  )
  expect(quality.rounds.missed - before.rounds.missed).toBe(2)
  expect(quality.rounds.unseen).toBe(3)
  // 24 to 27; the two seconds from 29 to 33 are no gap of the feed: nobody looked.
  expect(quality.feeds[0]?.gapMsMax).toBe(1_500)
})

test('a certificate that nobody signed, and observations of another committee, do not count', async () => {
  const before = await qualityOf(journal)
  const bytes = "CAST(substr(bytes, 1, length(bytes) - 1) || x'00' AS BLOB)"
  const forged = `UPDATE certificate SET bytes = ${bytes} WHERE round = 25`
  const after = await qualityOf(changed(forged, journal))
  expect(after.rounds.missed - before.rounds.missed).toBe(1)
  const other = `INSERT INTO run (started_ms, member, committee_digest) VALUES (1, 0, zeroblob(32));
    UPDATE message SET run = 2 WHERE round = 25 AND sender = 0`
  const heard = (await qualityOf(changed(other, journal))).members[0]?.heard ?? 0
  expect(heard).toBe((before.members[0]?.heard ?? 0) - 1)
  const foreign = await asked(changed('UPDATE run SET committee_digest = zeroblob(32)', journal))
  expect(foreign.stderr).toContain('JOURNAL_COMMITTEE_OTHER')
})

test('a round that had not ended when the journal did is not held against anybody', async () => {
  const before = await qualityOf(journal)
  const last = certifiedBy('fast').at(-1)?.round ?? 0
  const torn = changed(`DELETE FROM certificate WHERE round = ${last}`, journal)
  const newest = await qualityOf(changed(`DELETE FROM message WHERE round > ${last}`, torn))
  expect(newest.to).toBe(last - 1)
  expect(newest.rounds.missed).toBe(before.rounds.missed - (LAST - last))
})

test('a copy whose newest pages were cut off is read as far as it is whole', async () => {
  const [path, copy] = [join(directory, 'live'), join(directory, 'torn')]
  const limits = { bytesMax: 1e9, ageMsMax: 1e9 }
  const { digest: committeeDigest } = committeeTest.committee
  const database = openForWriting(path)
  const run = { startedMs: 1, member: 1, committeeDigest }
  const writer = new JournalWriter({ limits, run }, database)
  for (const effect of recording.effects) {
    if (effect.type !== 'certified') continue
    const { message, bytes } = effect.certificate
    const { round, slot } = message
    const entry = {
      round,
      slot,
      path: effect.path,
      bytes,
      openedMs: round * 500,
      receivedMs: round * 500,
    }
    writer.write([{ table: 'certificate', isBest: false, ...entry }])
  }
  copyFileSync(path, copy)
  copyFileSync(`${path}-wal`, `${copy}-wal`)
  const whole = await qualityOf(path)
  database.close()
  truncateSync(`${copy}-wal`, readFileSync(`${copy}-wal`).length - 5_000)
  const { rounds, from, to } = await qualityOf(copy)
  expect(from).toBe(whole.from)
  expect(to).toBeLessThan(whole.to)
  expect(rounds.fast + rounds.proposed).toBeGreaterThan(0)
})

test('rounds can be chosen, and none at all is said', async () => {
  expect(await qualityOf(journal, '--from', '21', '--to', '24')).toMatchObject({
    ...{ from: 21, to: 24, rounds: { fast: 4, proposed: 0, missed: 0, unseen: 0 } },
    feeds: [{ certified: 4, unavailable: 0 }],
  })
  const none = await asked(journal, '--from', '1000')
  expect(none).toMatchObject({ exitCode: 9, stdout: '' })
  expect(none.stderr).toContain('JOURNAL_ROUNDS_NONE')
  expect(await asked(journal, '--from', '2', '--to', '1')).toMatchObject({ exitCode: 2 })
})

test('an operator reads a table of feeds and one of members', async () => {
  const { stdout } = await asked(journal, '--from', '21', '--to', '24')
  expect(stdout).toBe(`rounds 21 to 24: 4 fast, 0 proposed, 0 missed, 0 unseen
certificates held after the opening of their round: p50 22 ms, p99 24 ms

FEED     CERTIFIED  UNAVAILABLE  MISSED  SPREAD P50  SPREAD P99  OBSERVERS  LARGEST GAP
BTC/USD  4          0            0       0.00000001  0.00000001  3.00       0.5 s

MEMBER  HEARD     OBSERVED  SIGNED
0       100.00 %  100.00 %  100.00 %
1       100.00 %  100.00 %  100.00 %
2       100.00 %  100.00 %  100.00 %
3       0.00 %    0.00 %    0.00 %
`)
})
