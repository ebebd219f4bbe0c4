import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { plainFeed } from '../../../../node/config/committee-file.ts'
import type { Entry } from '../../../../node/recording/entry.ts'
import { headerFrom, plainHeader } from '../../../../node/recording/entry.ts'
import { readRecording } from '../../../../node/recording/reader.ts'
import { RecordingWriter } from '../../../../node/recording/writer.ts'
import { Folder, fileOf, recordingHeader, recordingOf } from '../../../support/recording.ts'
import { FEEDS, IMPLIED } from '../../../support/venues.ts'

let folder: Folder
beforeEach(async () => {
  folder = await Folder.create()
})
afterEach(async () => {
  await folder[Symbol.asyncDispose]()
})

const HEADER = recordingHeader()
const AT_MS = HEADER.startedMs + 1
const OPEN: Entry = { type: 'open', venue: 'kraken', connection: 1, atMs: AT_MS }
const FRAME: Entry = { type: 'frame', venue: 'kraken', connection: 1, atMs: AT_MS, text: '{}' }

const read = async (bytes: Uint8Array) => readRecording(await folder.holding('file', bytes))
const headLine = (changes: object) => JSON.stringify({ ...plainHeader(HEADER), ...changes })
const withEntry = (entry: object) => fileOf([[headLine({})], [JSON.stringify(entry)]])

describe('a file that is no recording of ours', () => {
  test.each([
    ['nothing', Buffer.alloc(0)],
    ['a text', Buffer.from('sources: {}\n')],
    ['a beginning that went through a text mode', Buffer.from('PLXMKT\nrest')],
    ['a beginning alone', recordingOf(HEADER, []).subarray(0, 8)],
  ])('%s is refused as foreign', async (_, bytes) => {
    await expect(read(bytes)).rejects.toMatchObject({ code: 'RECORDING_FOREIGN' })
  })

  test('a file that is not there, and a folder, cannot be read', async () => {
    const unreadable = { code: 'FILE_UNREADABLE' }
    await expect(readRecording(folder.at('none'))).rejects.toMatchObject(unreadable)
    await expect(readRecording(folder.path)).rejects.toMatchObject(unreadable)
  })

  test('another version is named, and not called damage', async () => {
    await expect(read(fileOf([[headLine({ version: 2 })]]))).rejects.toMatchObject({
      code: 'RECORDING_VERSION_UNKNOWN',
      context: { version: 2 },
    })
  })
})

describe('a file that somebody made', () => {
  const refused = { code: 'RECORDING_DAMAGED' }

  test.each([
    ['a header without feeds', headLine({ feeds: undefined })],
    ['a header with unknown keys', headLine({ more: 1 })],
    ['sources that no node would take', headLine({ sources: { venues: { kraken: { x: 1 } } } })],
    [
      'a tenor that is missing',
      headLine({ feeds: [{ ...plainFeed(IMPLIED), derivation: undefined }] }),
    ],
    ['no object', '7'],
    ['no JSON', '{"version":'],
  ])('with %s is refused', async (_, line) => {
    await expect(read(fileOf([[line]]))).rejects.toMatchObject(refused)
  })

  test.each([
    ['of no known type', { ...OPEN, type: 'opened' }],
    ['of a venue that nobody asked', { ...OPEN, venue: 'mtgox' }],
    ['with a name from a prototype', { ...OPEN, venue: 'constructor' }],
    ['before the beginning of time', { ...OPEN, atMs: -1 }],
    ['with a huge text', { ...FRAME, text: 'x'.repeat(1_048_577) }],
    ['with more than it may say', { ...OPEN, more: 1 }],
    ['with a header that would split an answer', { ...answer(), headers: { date: 'a\r\nb: c' } }],
    ['with a status that no server sends', { ...answer(), status: 99 }],
    ['with a path elsewhere', { ...answer(), path: 'http://169.254.169.254/' }],
    ['with values that are no numbers', { type: 'values', atMs: AT_MS, values: ['1e400'] }],
  ])('with an entry %s is refused', async (_, entry) => {
    await expect(read(withEntry(entry))).rejects.toMatchObject(refused)
  })

  test('with a block that was taken out is refused', async () => {
    const lines = [headLine({}), JSON.stringify(OPEN), JSON.stringify(FRAME)]
    const [first, second, whole] = [1, 2, 3].map((count) =>
      fileOf(lines.slice(0, count).map((line) => [line])),
    )
    const [head, tail] = [whole?.subarray(0, first?.length), whole?.subarray(second?.length)]
    const without = Buffer.concat([head ?? Buffer.alloc(0), tail ?? Buffer.alloc(0)])
    const context = { offset: first?.length }
    await expect(read(without)).rejects.toMatchObject({ ...refused, context })
  })

  test('with a block that unpacks to more than a block may hold is refused', async () => {
    const padded = `${JSON.stringify(OPEN)}${' '.repeat(67_108_864)}`
    const bomb = fileOf([[headLine({})], [padded]])
    expect(bomb.length).toBeLessThan(100_000)
    await expect(read(bomb)).rejects.toMatchObject(refused)
  })

  test('with a length beyond every block is refused, and not taken for an end', async () => {
    const file = recordingOf(HEADER, [OPEN])
    file.writeUInt32BE(0xffffffff, 8)
    await expect(read(file)).rejects.toMatchObject(refused)
  })
})

test('entries of a clock that went back are put in the order of their moments', async () => {
  const late = { ...OPEN, atMs: AT_MS + 5 }
  expect((await read(recordingOf(HEADER, [late, FRAME]))).entries).toEqual([FRAME, late])
})

test('a header comes back as it was, with the tenor of a volatility', () => {
  const plain = { ...plainHeader(HEADER), feeds: [...FEEDS, IMPLIED].map(plainFeed) }
  expect(headerFrom(plain)?.feeds).toEqual([...FEEDS, IMPLIED])
})

describe('a writer', () => {
  test('overwrites nothing, and names a folder that is not there', async () => {
    await folder.holding('file', Buffer.from('mine'))
    const create = (name: string) => RecordingWriter.create(folder.at(name), HEADER, 1_000)
    await expect(create('file')).rejects.toMatchObject({ code: 'FILE_EXISTS' })
    await expect(create('none/file')).rejects.toMatchObject({ code: 'FILE_NOT_WRITTEN' })
  })

  test('is full before its entries are larger than asked, and still takes the end', async () => {
    const bytes = Buffer.byteLength(JSON.stringify(FRAME))
    const writer = await RecordingWriter.create(folder.at('file'), HEADER, 2 * bytes)
    const isFull: boolean[] = []
    for (let i = 0; i < 4; i++) {
      writer.append(i === 3 ? { ...OPEN, atMs: 0 } : FRAME)
      isFull.push(writer.isFull)
    }
    writer.append({ type: 'ended', atMs: AT_MS, reason: 'full' })
    await writer.close()
    expect(isFull).toEqual([false, false, true, true])
    const { entries } = await readRecording(folder.at('file'))
    expect(entries.map(({ type }) => type)).toEqual(['frame', 'frame', 'ended'])
  })
})

function answer() {
  return {
    type: 'answer',
    venue: 'kraken',
    path: '/0',
    sentMs: AT_MS,
    atMs: AT_MS,
    status: 200,
    headers: {},
    body: { text: '{}' },
    ending: 'whole',
  }
}
