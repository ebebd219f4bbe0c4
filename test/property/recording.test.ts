import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { codeOf } from '../../node/errors.ts'
import { BLOCK_HEAD_BYTES } from '../../node/recording/blocks.ts'
import type { Entry } from '../../node/recording/entry.ts'
import { bodyBytes, bodyOf } from '../../node/recording/entry.ts'
import type { Recording } from '../../node/recording/reader.ts'
import { readRecording } from '../../node/recording/reader.ts'
import { RecordingWriter } from '../../node/recording/writer.ts'
import { runs } from '../support/property.ts'
import { Folder, recordingHeader, recordingOf } from '../support/recording.ts'

let folder: Folder
beforeAll(async () => {
  folder = await Folder.create()
})
afterAll(async () => {
  await folder[Symbol.asyncDispose]()
})

const HEADER = recordingHeader()
const venue = fc.constantFrom('binance', 'kraken', 'okx-options')
const text = fc.string({ unit: 'binary', maxLength: 40 })
const bytes = fc.uint8Array({ maxLength: 60 }).map((each) => Buffer.from(each))
const later = fc.integer({ min: 0, max: 5_000 })
const onStream = { venue, connection: fc.integer({ min: 1, max: 9 }) }
const answer = fc.record({
  type: fc.constant('answer' as const),
  venue,
  path: fc.constantFrom('/', '/0/public/Ticker?pair=XBTUSD'),
  sentMs: fc.constant(HEADER.startedMs),
  status: fc.constantFrom(null, 200, 429),
  headers: fc.constantFrom({}, { 'retry-after': '7', 'content-type': 'text/html; charset=é' }),
  body: fc
    .oneof(
      bytes,
      text.map((each) => Buffer.from(each)),
    )
    .map(bodyOf),
  ending: fc.constantFrom('whole' as const, 'broken' as const, 'abandoned' as const),
})
const spoken = fc.record({
  type: fc.constantFrom('sent' as const, 'frame' as const),
  ...onStream,
  text,
})
const turn = fc.record({ type: fc.constantFrom('connect' as const, 'open' as const), ...onStream })
const closed = fc.record({
  type: fc.constant('closed' as const),
  ...onStream,
  code: fc.constantFrom(null, 'SOURCE_STREAM_CLOSED'),
  status: fc.constantFrom(null, 503),
  closeCode: fc.constantFrom(null, 1_006),
})
const values = fc.record({
  type: fc.constant('values' as const),
  values: fc.array(fc.option(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n }).map(String))),
})
const timed = fc.tuple(later, fc.oneof(answer, spoken, turn, closed, values))
/** Entries in the order of their moments, as a recorder writes them. */
const entries = fc.array(timed, { maxLength: 12 }).map((all): readonly Entry[] => {
  let atMs = HEADER.startedMs
  return all.map(([afterMs, entry]) => {
    atMs += afterMs
    return { ...entry, atMs } as Entry
  })
})

test('what a writer was given is what a reader reads, however often it was flushed', async () => {
  let files = 0
  const flushes = fc.array(fc.boolean(), { minLength: 12, maxLength: 12 })
  await fc.assert(
    fc.asyncProperty(entries, flushes, async (given, isFlushed) => {
      const path = folder.at(`written-${files++}`)
      const writer = await RecordingWriter.create(path, HEADER, 1_000_000)
      for (const [index, entry] of given.entries()) {
        writer.append(entry)
        if (isFlushed[index]) await writer.flush()
      }
      await writer.close()
      const read = await readRecording(path)
      expect(read.entries).toEqual(given)
      expect(read.header).toEqual(HEADER)
      expect(read.tornBytes).toBe(0)
    }),
    runs(60),
  )
})

test('a body comes back byte for byte', () => {
  fc.assert(
    fc.property(bytes, (body) => bodyBytes(bodyOf(body)).equals(body)),
    runs(300),
  )
})

test('a recording that was cut off anywhere is read up to its last whole block', async () => {
  await fc.assert(
    fc.asyncProperty(entries, fc.nat(), async (given, at) => {
      const whole = recordingOf(HEADER, given)
      const cut = whole.subarray(0, at % whole.length)
      const read = await outcomeOf(cut)
      if (typeof read === 'string') {
        // Not even the block with the header is there.
        expect(read).toBe('RECORDING_FOREIGN')
        return
      }
      expect(read.entries).toEqual(given.slice(0, read.entries.length))
      expect(read.entries.length % 3).toBe(
        read.entries.length === given.length ? given.length % 3 : 2,
      )
      expect(read.tornBytes).toBeLessThan(cut.length)
    }),
    runs(120),
  )
})

test('a bit that flipped anywhere is found, or looks like an end, and never changes an entry', async () => {
  await fc.assert(
    fc.asyncProperty(entries, fc.nat(), fc.nat({ max: 7 }), async (given, at, bit) => {
      const bytesOf = recordingOf(HEADER, given)
      const place = at % bytesOf.length
      bytesOf[place] = (bytesOf[place] ?? 0) ^ (1 << bit)
      const read = await outcomeOf(bytesOf)
      if (typeof read === 'string') {
        expect(['RECORDING_FOREIGN', 'RECORDING_DAMAGED']).toContain(read)
        return
      }
      expect(read.entries).toEqual(given.slice(0, read.entries.length))
      // A length that points beyond the end is the one thing that cannot be told from a cut.
      expect(read.tornBytes).toBeGreaterThan(BLOCK_HEAD_BYTES)
    }),
    runs(200),
  )
})

test('bytes that nobody recorded are refused with a code', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), fc.boolean(), async (noise, begins) => {
      const beginning = recordingOf(HEADER, []).subarray(0, 8)
      const file = Buffer.concat([begins ? beginning : Buffer.alloc(0), noise])
      expect(await outcomeOf(file)).toMatch(/^RECORDING_(FOREIGN|DAMAGED)$/)
    }),
    runs(100),
  )
})

async function outcomeOf(file: Uint8Array): Promise<Recording | string> {
  const path = await folder.holding('file', file)
  return readRecording(path).catch((error: unknown) => codeOf(error))
}
