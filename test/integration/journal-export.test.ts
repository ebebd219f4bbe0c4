import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openingOf } from '../../aggregator/committee/committee.ts'
import type { Certificate } from '../../aggregator/messages/messages.ts'
import type { FeedReport } from '../../aggregator/report/feed-report.ts'
import { decodeWord } from '../../aggregator/report/words.ts'
import { formatDecimal } from '../../aggregator/values/decimal.ts'
import { listMembers } from '../../aggregator/values/ids.ts'
import { JOURNAL_FILE } from '../../node/compose/store.ts'
import { formatCommittee } from '../../node/config/committee-file.ts'
import { importPrices } from '../../simulations/import/import-prices.ts'
import { testCommittee } from '../support/committee.ts'
import { parallax } from '../support/parallax.ts'
import { type Recording, recorded } from '../unit/node/replay/recording.ts'
import { changedJournal, writeJournal } from './journal-support.ts'

const committeeTest = testCommittee()
const [feed] = committeeTest.committee.params.feeds
const name = feed?.name ?? ''
let directory: string
let recording: Recording
let certificates: readonly Certificate[]
let files = 0

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'parallax-export-'))
  recording = recorded({ test: committeeTest })
  writeFileSync(join(directory, 'committee.json'), formatCommittee(committeeTest.committee))
  // Two processes that saw the same: every round stands in the journal twice.
  await writeJournal(directory, recording, { startedMs: 1_000 })
  await writeJournal(directory, recording, { startedMs: 2_000 })
  certificates = recording.effects.flatMap((effect) =>
    effect.type === 'certified' ? [effect.certificate.message] : [],
  )
})
afterAll(() => rmSync(directory, { recursive: true }))

async function exported(journal: string, more: readonly string[] = [], asked = name) {
  const out = join(directory, `values-${files++}.csv`)
  const which = ['--journal', journal, '--committee', join(directory, 'committee.json')]
  const args = ['journal', 'export', ...which, '--feed', asked, '--out', out, '--json', ...more]
  const { exitCode, stdout, stderr } = await parallax(...args)
  const rows = existsSync(out) ? readFileSync(out, 'utf8').trimEnd().split('\n').slice(1) : null
  return { exitCode, stdout, stderr, out, rows }
}

/** A copy of the journal after some change to it. */
const changed = (sql: string) =>
  changedJournal(join(directory, JOURNAL_FILE), join(directory, `journal-${files++}`), sql)

const EPOCH_MS = 1_800_000_000_000
const unit = 10 ** (feed?.decimals ?? 0)
const reportOf = ({ words }: Certificate) => decodeWord(words[0] as Uint8Array) as FeedReport
const priceOf = (certificate: Certificate) => Number(reportOf(certificate).value) / unit

test('each certified round is one row, which the simulator imports as a price path', async () => {
  const { exitCode, stdout, out, rows } = await exported(join(directory, JOURNAL_FILE))
  expect(exitCode).toBe(0)
  expect(certificates.length).toBeGreaterThan(3)
  expect(JSON.parse(stdout)).toMatchObject({ feed: name, values: certificates.length })
  const read = rows?.map((row) => row.split(','))
  expect(read?.map(([atMs]) => Number(atMs))).toEqual(certificates.map((each) => each.timestampMs))
  expect(read?.map(([, , , price]) => Number(price))).toEqual(certificates.map(priceOf))
  const everything = { symbol: null, exchanges: [], fromMs: 0, toMs: Number.POSITIVE_INFINITY }
  // The committee of tests began in 1970; the importer takes no time before 1990.
  const text = readFileSync(out, 'utf8').replaceAll(
    /^\d+/gm,
    (atMs) => `${EPOCH_MS + Number(atMs)}`,
  )
  const file = join(directory, 'moved.csv')
  writeFileSync(file, text)
  const options = { ...everything, file, stepMs: 500, clock: 'exchange' as const, isByVenue: false }
  const { recording: path, leftOut } = await importPrices(options, new AbortController().signal)
  expect({ leftOut, name: path.name, from: path.source.exchanges }).toEqual({
    leftOut: 0,
    name,
    from: ['committee'],
  })
  expect(path.prices.at(-1)).toBe(priceOf(certificates.at(-1) as Certificate))
})

test('rounds can be chosen', async () => {
  const [, second, third] = certificates
  const range = ['--from', String(second?.round), '--to', String(third?.round)]
  const { rows } = await exported(join(directory, JOURNAL_FILE), range)
  expect(rows?.map((row) => Number(row.split(',')[0]))).toEqual([
    second?.timestampMs,
    third?.timestampMs,
  ])
})

test('a certificate that nobody signed is left out', async () => {
  const forged = certificates[2] as Certificate
  // The last byte belongs to the signature.
  const bytes = "CAST(substr(bytes, 1, length(bytes) - 1) || x'00' AS BLOB)"
  const sql = `UPDATE certificate SET bytes = ${bytes} WHERE round = ${forged.round}`
  const { rows } = await exported(changed(sql))
  const without = certificates.filter(({ round }) => round !== forged.round)
  expect(rows?.map((row) => Number(row.split(',')[0]))).toEqual(
    without.map(({ timestampMs }) => timestampMs),
  )
})

test('a journal without a value, an unknown feed and an existing file are refused', async () => {
  const none = await exported(changed('DELETE FROM certificate'))
  expect(none).toMatchObject({ exitCode: 9, stdout: '', rows: null })
  expect(none.stderr).toContain('JOURNAL_VALUES_NONE')
  const unknown = await exported(join(directory, JOURNAL_FILE), [], 'NO/SUCH')
  expect(unknown).toMatchObject({ exitCode: 2, rows: null })
  const whole = await exported(join(directory, JOURNAL_FILE))
  const again = await exported(join(directory, JOURNAL_FILE), ['--out', whole.out])
  expect(again.stderr).toContain('FILE_EXISTS')
})

test('columns say what was certified, by whom and when, and each format says the same', async () => {
  const receivedMs = (round: number) => round * committeeTest.committee.params.timing.roundMs + 77
  const journal = changed('UPDATE certificate SET received_ms = round * 500 + 77')
  const columns = 'round,timestampMs,value,spread,observers,status,path,signers,latencyMs'
  const asked = ['--columns', columns]
  const expected = certificates.map((each) => ({
    round: each.round,
    timestampMs: each.timestampMs,
    value: formatDecimal(reportOf(each).value, feed?.decimals ?? 0),
    spread: formatDecimal(reportOf(each).spread, feed?.decimals ?? 0),
    observers: reportOf(each).observers,
    status: 'ok',
    path: each.slot === 0 ? 'fast' : 'proposed',
    signers: listMembers(each.signingSet),
    latencyMs: receivedMs(each.round) - openingOf(committeeTest.committee, each.round),
  }))
  const csv = await exported(journal, asked)
  expect(csv.rows).toEqual(
    expected.map((row) =>
      Object.values(row)
        .map((cell) => (Array.isArray(cell) ? cell.join(' ') : String(cell)))
        .join(','),
    ),
  )
  const { out } = await exported(journal, [...asked, '--format', 'jsonl'])
  const lines = readFileSync(out, 'utf8').trimEnd().split('\n')
  expect(lines.map((line) => JSON.parse(line))).toEqual(expected)
})

test('a round without a value is a row for whoever asks for the status', async () => {
  const dark = recorded({
    test: committeeTest,
    observes: (member, round) => (round === 12 && member < 2 ? null : 100n),
  })
  const elsewhere = join(directory, 'dark')
  mkdirSync(elsewhere)
  await writeJournal(elsewhere, dark, { startedMs: 1_000 })
  const journal = join(elsewhere, JOURNAL_FILE)
  const known = await exported(journal, ['--columns', 'round,value,status'])
  expect(known.rows).toContain('12,,unavailable')
  expect(known.rows).toContain('13,0.00000100,ok')
  const values = await exported(journal, ['--columns', 'round,value'])
  expect(values.rows?.some((row) => row.startsWith('12,'))).toBe(false)
})

test.each([
  ['an unknown column', ['--columns', 'round,colour'], 'no colour'],
  ['a column of no name', ['--columns', 'round,'], 'no empty name'],
  ['a column twice', ['--columns', 'round,round'], 'one twice'],
  ['what every object has', ['--columns', 'constructor'], 'no constructor'],
  ['a format it cannot write', ['--format', 'parquet'], 'csv or jsonl'],
])('%s is refused before anything is written', async (_, more, message) => {
  const { exitCode, stderr, rows } = await exported(join(directory, JOURNAL_FILE), more)
  expect({ exitCode, rows }).toEqual({ exitCode: 2, rows: null })
  expect(stderr).toContain(message)
})
