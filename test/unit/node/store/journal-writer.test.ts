import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readConfigs } from '../../../../node/store/journal-configs.ts'
import { JournalReader } from '../../../../node/store/journal-reader.ts'
import { openForWriting } from '../../../../node/store/journal-schema.ts'
import { JournalWriter } from '../../../../node/store/journal-writer.ts'
import { scanShares } from '../../../../node/store/scan-shares.ts'
import {
  certificateEntry,
  digest,
  evidenceEntry,
  RUN,
  shareEntry,
  stepEntry,
} from '../../../integration/journal-support.ts'

const ROOMY = { bytesMax: 1_000_000_000, ageMsMax: 1_000_000_000 }
const withCode = (code: string) => expect.objectContaining({ code })

let directory: string
let databases: DatabaseSync[] = []
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'parallax-journal-'))
})
afterEach(() => {
  for (const database of databases) if (database.isOpen) database.close()
  databases = []
  rmSync(directory, { recursive: true })
})

const pathOf = (name = 'journal') => join(directory, name)

function open(name = 'journal', limits = ROOMY) {
  const database = openForWriting(pathOf(name))
  databases.push(database)
  return { database, writer: new JournalWriter({ limits, run: RUN }, database) }
}

function read<T>(name: string, use: (reader: JournalReader) => T): T {
  const reader = new JournalReader(pathOf(name))
  try {
    return use(reader)
  } finally {
    reader.close()
  }
}

describe('certificates of past rounds', () => {
  it('come ascending, the first of each round, and no more than asked for', () => {
    const { writer } = open()
    const entry = (round: number, receivedMs: number) => ({
      ...certificateEntry(round, false),
      receivedMs,
    })
    writer.write([entry(9, 1), entry(7, 2), entry(9, 3), entry(8, 4), entry(12, 5)])
    const reader = new JournalReader(pathOf())
    const read = (limit: number) =>
      reader
        .firstCertificates({ from: 7, to: 11 }, limit)
        .map((each) => [each.round, each.receivedMs])
    expect(read(10)).toEqual([
      [7, 2],
      [8, 4],
      [9, 1],
    ])
    expect(read(2)).toEqual([
      [7, 2],
      [8, 4],
    ])
    reader.close()
  })
})

describe('configurations', () => {
  const entry = (outcome: 'started' | 'refused', details: readonly string[] = []) => ({
    ...{ table: 'config' as const, atMs: 7, outcome, code: 'OK', details },
    ...{ digestBefore: outcome === 'started' ? null : 'a', digestAfter: 'a' },
  })

  it('are kept in their order, also those that were refused', () => {
    const { writer } = open()
    writer.write([entry('started'), entry('refused', ['api.port: no', 'log: no'])])
    const kept = readConfigs(pathOf())
    expect(kept.map(({ outcome }) => outcome)).toEqual(['started', 'refused'])
    expect(kept[1]).toMatchObject({
      atMs: 7,
      digestBefore: 'a',
      details: ['api.port: no', 'log: no'],
    })
  })

  it('are none in a journal of before, which the next writer adds them to', () => {
    const { database } = open()
    database.exec('DROP TABLE config')
    database.close()
    expect(readConfigs(pathOf())).toEqual([])
    const { writer } = open()
    writer.write([entry('started')])
    expect(readConfigs(pathOf())).toHaveLength(1)
  })

  it('go with the oldest when there are too many', () => {
    const { database, writer } = open()
    database.exec("INSERT INTO sqlite_sequence VALUES ('config', 8760)")
    writer.write([entry('started'), entry('refused')])
    database.exec('UPDATE config SET id = 1 WHERE id = 8761')
    writer.write([entry('refused')])
    expect(readConfigs(pathOf()).map(({ outcome }) => outcome)).toEqual(['refused', 'refused'])
  })
})

describe('the journal', () => {
  it('gives back what was written, by round and in order', () => {
    const { writer } = open()
    writer.write([
      stepEntry(7, Uint8Array.of(9)),
      shareEntry({ round: 7 }),
      stepEntry(8, Uint8Array.of(1, 2)),
      shareEntry({ round: 9, type: 'observation', slot: null, reportDigest: null }),
    ])
    const all = { from: 0, to: 100 }
    expect(read('journal', (reader) => [...reader.messages(all)])).toMatchObject([
      { round: 7, type: 'share', sender: 1, slot: 0, bytes: Uint8Array.of(1, 2, 3) },
      { round: 9, type: 'observation', slot: null, origin: 'peer', receivedMs: 1_000 },
    ])
    const last = {
      ...{ sequence: 2, run: 1, number: 8, chain: 77, nowMs: 1_008, round: 8 },
      ...{ kind: 'event', type: 'alarmFired', body: Uint8Array.of(1, 2) },
    }
    expect(read('journal', (reader) => reader.stepsAfter(1, 10))).toEqual([last])
    expect(read('journal', (reader) => reader.runs())).toMatchObject([
      { ...RUN, run: 1, steps: { first: { sequence: 1, round: 7 }, last } },
    ])
    expect(read('journal', (reader) => reader.rounds())).toEqual({ from: 7, to: 9 })
  })

  it('knows the best certificate and one evidence for each accused after a restart', () => {
    const first = open()
    expect(read('journal', (reader) => reader.bestCertificate())).toBeNull()
    first.writer.write([certificateEntry(5, true), certificateEntry(4, false)])
    first.writer.write([evidenceEntry(2, 1), evidenceEntry(0, 2), evidenceEntry(2, 3)])
    first.database.close()
    const second = open()
    expect(second.writer.run).toBe(2)
    expect(read('journal', (reader) => reader.bestCertificate())).toEqual(Uint8Array.of(5))
    expect(read('journal', (reader) => reader.evidence())).toEqual([digest(2), digest(1)])
    const certificates = read('journal', (reader) => reader.certificates({ from: 0, to: 9 }))
    expect(certificates.map(({ bytes }) => [...bytes])).toEqual([[5], [4]])
  })

  it('stays within its size, loses the oldest first, and never what must be kept', () => {
    const bytesMax = 600_000
    const { writer, database } = open('journal', { ...ROOMY, bytesMax })
    writer.write([certificateEntry(1, true), evidenceEntry(3, 3)])
    for (let round = 1; round <= 640; round++) {
      writer.write([shareEntry({ round, bytes: new Uint8Array(4_000) })])
      expect(writer.fileBytes).toBeLessThan(bytesMax + 200_000)
    }
    writer.roll()
    expect(writer.fileBytes).toBeLessThanOrEqual(bytesMax)
    const rounds = read('journal', (reader) => reader.rounds())
    expect(rounds?.to).toBe(640)
    expect(rounds?.from).toBeGreaterThan(400)
    expect(read('journal', (reader) => reader.bestCertificate())).toEqual(Uint8Array.of(1))
    expect(read('journal', (reader) => reader.evidence())).toHaveLength(1)
    database.close()
  })

  describe('by age', () => {
    const AGED = { ...ROOMY, ageMsMax: 100 }
    const seenAt = (receivedMs: number) => shareEntry({ round: receivedMs, receivedMs })
    const certifiedAt = (ms: number) => certificateEntry(1, false, { openedMs: ms, receivedMs: ms })
    const kept = () =>
      [...read('journal', (reader) => [...reader.messages({ from: 0, to: 9_999 })])].map(
        ({ receivedMs }) => receivedMs,
      )

    it('forgets what is older than its age when a round is certified', () => {
      const { writer } = open('journal', AGED)
      writer.write([seenAt(1_000), seenAt(2_000), certifiedAt(2_050)])
      writer.roll()
      expect(kept()).toEqual([2_000])
    })

    it('keeps what is young when the clock of the machine leaps ahead and comes back', () => {
      const { writer } = open('journal', AGED)
      writer.write([seenAt(2_000), certifiedAt(2_000)])
      // Nobody certifies a round of then: what others say is too old for this clock.
      writer.write([
        seenAt(9_000),
        certificateEntry(2, false, { openedMs: 2_010, receivedMs: 9_000 }),
      ])
      writer.roll()
      expect(kept()).toEqual([2_000, 9_000])
      writer.write([seenAt(2_050), certifiedAt(2_050)])
      writer.roll()
      expect(kept()).toEqual([2_000, 9_000, 2_050])
    })

    it('keeps all that there is until it has seen a certificate, after a restart too', () => {
      const before = open('journal', AGED)
      before.writer.write([seenAt(1_000), certifiedAt(1_000)])
      before.database.close()
      const { writer } = open('journal', AGED)
      writer.write([seenAt(9_000)])
      writer.roll()
      expect(kept()).toEqual([1_000, 9_000])
      writer.write([certifiedAt(8_950)])
      writer.roll()
      expect(kept()).toEqual([9_000])
    })
  })

  it('writes a batch whole or not at all when the disk is full, and goes on afterwards', () => {
    const { writer, database } = open()
    writer.write([shareEntry({ round: 1 })])
    const pages = Number(database.prepare('PRAGMA page_count').get()?.page_count)
    database.exec(`PRAGMA max_page_count = ${pages + 2}`)
    const large = Array.from({ length: 10 }, () => shareEntry({ bytes: new Uint8Array(9_000) }))
    expect(() => writer.write([shareEntry({ round: 2 }), ...large])).toThrow(
      expect.objectContaining({ errcode: 13 }),
    )
    expect(read('journal', (reader) => reader.rounds())).toEqual({ from: 1, to: 1 })
    database.exec('PRAGMA max_page_count = 1000000')
    writer.write([shareEntry({ round: 3 })])
    expect(read('journal', (reader) => reader.rounds())).toEqual({ from: 1, to: 3 })
  })

  it('refuses what is no journal', () => {
    writeFileSync(pathOf('text'), 'this is a text and no database, however long it may be')
    expect(() => openForWriting(pathOf('text'))).toThrow(withCode('JOURNAL_UNREADABLE'))
    const other = new DatabaseSync(pathOf('other'))
    other.exec('CREATE TABLE something (id INTEGER)')
    other.close()
    expect(() => openForWriting(pathOf('other'))).toThrow(withCode('JOURNAL_VERSION_OTHER'))
    expect(() => new JournalReader(pathOf('none'))).toThrow(withCode('JOURNAL_UNREADABLE'))
  })
})

describe('scanShares', () => {
  function scan(...journals: readonly (readonly Parameters<typeof shareEntry>[0][])[]) {
    const paths = journals.map((entries, index) => {
      const { writer, database } = open(`node-${index}`)
      writer.write(entries.map(shareEntry))
      database.close()
      return pathOf(`node-${index}`)
    })
    return scanShares(paths)
  }

  it('counts each share once, however many nodes saw it', () => {
    const same = [{}, { slot: 1, digest: digest(2) }, { sender: 2, digest: digest(3) }]
    expect(scan(same, same, same)).toEqual({ sharesSeen: 3, conflicts: [] })
  })

  it('accepts the same report in two slots', () => {
    const seen = scan([{ slot: 0 }, { slot: 2, digest: digest(2) }])
    expect(seen).toEqual({ sharesSeen: 2, conflicts: [] })
  })

  it('finds two reports of one member in a round that no node has both seen', () => {
    const other = { slot: 1, digest: digest(2), reportDigest: digest(101) }
    expect(scan([{}], [other])).toEqual({
      sharesSeen: 2,
      conflicts: [{ round: 10, sender: 1, kind: 'report' }],
    })
  })

  it('finds two shares in one slot', () => {
    expect(scan([{}], [{ digest: digest(2) }])).toEqual({
      sharesSeen: 2,
      conflicts: [{ round: 10, sender: 1, kind: 'slot' }],
    })
  })

  it('takes other rounds, other senders and other messages for what they are', () => {
    const other = { reportDigest: digest(101), digest: digest(2) }
    const entries = [{}, { ...other, round: 11 }, { ...other, sender: 2 }]
    const proposal = { ...other, type: 'proposal' }
    expect(scan(entries, [proposal])).toEqual({ sharesSeen: 3, conflicts: [] })
  })
})
