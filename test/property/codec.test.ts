import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isProbe } from '../../aggregator/committee/committee.ts'
import { decode, encodeMember } from '../../aggregator/messages/codec.ts'
import type { MemberMessage, Observation } from '../../aggregator/messages/messages.ts'
import { decodeDirect, encodeDirect } from '../../aggregator/messages/sync.ts'
import { decodeWord, encodeWord, INT64_MAX, INT64_MIN } from '../../aggregator/report/words.ts'
import { concat, equalBytes } from '../../aggregator/values/bytes.ts'
import { difference } from '../../aggregator/values/ids.ts'
import { BTC, testCommittee } from '../support/committee.ts'
import { runs } from '../support/property.ts'

const FEEDS = Array.from({ length: 11 }, (_, index) => ({
  ...BTC,
  name: `FEED/${index}`,
  valueMin: INT64_MIN,
  valueMax: INT64_MAX,
}))
const { committee } = testCommittee({ size: 7, feeds: FEEDS })

const members = fc.integer({ min: 0, max: committee.all })
const anyRound = fc.maxSafeNat()
const probe = anyRound.map((any) => any - (any % committee.params.probeEvery))
const round = fc.oneof(anyRound, probe)
const slot = fc.integer({ min: 0, max: 2 })
const bytesOf = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const header = { round, sender: fc.integer({ min: 0, max: committee.size - 1 }) }
const commitment = fc.record({ hiding: bytesOf(33), binding: bytesOf(33) })
const value = fc.option(fc.bigInt({ min: INT64_MIN, max: INT64_MAX }))

const observation = fc
  .record({
    type: fc.constant('observation' as const),
    ...header,
    timestampMs: fc.maxSafeNat(),
    pair: fc
      .tuple(members, members)
      .map(([expected, some]) => ({ expected, signing: expected & some })),
    basis: fc.record({ round, slot }),
    vouched: members,
    values: fc.array(value, { minLength: FEEDS.length, maxLength: FEEDS.length }),
    sourceCommitment: bytesOf(32),
    commitments: fc.tuple(commitment, commitment, commitment),
  })
  // Only in a probe round, and only for members that are not expected.
  .map((made) => ({
    ...made,
    vouched: isProbe(committee, made.round) ? difference(made.vouched, made.pair.expected) : 0,
  }))
const late = fc.record({ type: fc.constant('late' as const), ...header, members })
const share = fc.record({
  type: fc.constant('share' as const),
  ...header,
  slot,
  reportDigest: bytesOf(32),
  signingSet: members,
  expectedNext: members,
  inputsDigest: bytesOf(32),
  share: bytesOf(32),
})

describe('codecs (protocol §5)', () => {
  test('every member message is read back as it was written', () => {
    const anyMessage: fc.Arbitrary<MemberMessage> = fc.oneof(observation, late, share)
    fc.assert(
      fc.property(anyMessage, bytesOf(64), (message, signature) => {
        const bytes = concat(encodeMember(committee, message), signature)
        expect(decode(committee, bytes)).toEqual(message)
      }),
      runs(300),
    )
  })

  test('what is read from a mutant is written as exactly that mutant: there is one form', () => {
    fc.assert(
      fc.property(
        observation,
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 }),
        (message, edits) => {
          const bytes = concat(encodeMember(committee, message as Observation), new Uint8Array(64))
          for (const [at, byte] of edits) bytes[at % bytes.length] = byte
          const read = decode(committee, bytes)
          if (read === null || read.type !== 'observation') return
          const written = concat(encodeMember(committee, read), bytes.slice(-64))
          expect(equalBytes(written, bytes)).toBe(true)
        },
      ),
      runs(500),
    )
  })

  test('no bytes make a decoder throw', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 9 }),
        fc.boolean(),
        fc.uint8Array({ maxLength: 900 }),
        (tag, isOurs, rest) => {
          const prefix = isOurs
            ? concat(Uint8Array.of(tag, 1), committee.digest)
            : Uint8Array.of(tag)
          const bytes = concat(prefix, rest)
          decode(committee, bytes)
          decodeDirect(committee, bytes)
        },
      ),
      runs(2_000),
    )
  })

  test('direct messages are read back', () => {
    const messages = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 64 })
    fc.assert(
      fc.property(messages, round, members, (list, at, observers) => {
        const answer = { type: 'syncAnswer', messages: list } as const
        expect(decodeDirect(committee, encodeDirect(committee, answer))).toEqual(answer)
        const request = { type: 'syncRequest', round: at, observers } as const
        expect(decodeDirect(committee, encodeDirect(committee, request))).toEqual(request)
      }),
      runs(200),
    )
  })

  test('words have one form, and it never states less spread than there was', () => {
    const feed = fc.record({
      value: fc.bigInt({ min: INT64_MIN, max: INT64_MAX }),
      spread: fc.bigInt({ min: 0n, max: 2n ** 64n }),
      observers: fc.integer({ min: 0, max: 31 }),
      status: fc.constant(1 as const),
    })
    fc.assert(
      fc.property(feed, (given) => {
        const word = encodeWord(given)
        const read = decodeWord(word)
        if (read === null) expect.fail('what was encoded is a word')
        expect(read.value).toBe(given.value)
        expect(read.spread >= given.spread).toBe(true)
        // 18 bits of mantissa: at most one part in 2^17 above.
        expect((read.spread - given.spread) << 17n <= given.spread).toBe(true)
        expect(encodeWord(read)).toEqual(word)
      }),
      runs(1_000),
    )
    fc.assert(
      fc.property(bytesOf(12), (head) => {
        const word = concat(head, new Uint8Array(20))
        const read = decodeWord(word)
        if (read !== null) expect(encodeWord(read)).toEqual(word)
      }),
      runs(2_000),
    )
  })
})
