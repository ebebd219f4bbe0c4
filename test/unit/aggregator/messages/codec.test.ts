import { describe, expect, test } from 'vitest'
import {
  decode,
  encodeCertificate,
  encodeEvidence,
  encodeMember,
  messageBytesMax,
  typeOfBytes,
} from '../../../../aggregator/messages/codec.ts'
import type { MemberMessage, Observation } from '../../../../aggregator/messages/messages.ts'
import { decodeDirect, encodeDirect } from '../../../../aggregator/messages/sync.ts'
import { evidenceFrom, validate } from '../../../../aggregator/messages/validate.ts'
import { concat } from '../../../../aggregator/values/bytes.ts'
import { BTC, testCommittee } from '../../../support/committee.ts'
import { ZOO_ROUND, zooOf } from '../../../support/zoo.ts'

const { forge, specimens } = zooOf()
const { committee } = forge.test
const byType = specimens.map((each) => [each.name, each] as const)

/** Judges bytes as a node in the round of the zoo does. */
const judge = (bytes: Uint8Array, topic: 'protocol' | 'reports') =>
  validate(forge.context, bytes, { topic, currentRound: ZOO_ROUND })

/** Bytes of a message written anew from what they were read as. */
function rewritten(bytes: Uint8Array): Uint8Array | null {
  const decoded = decode(committee, bytes)
  if (decoded === null) return null
  if (decoded.type === 'certificate') return encodeCertificate(committee, decoded)
  if (decoded.type === 'evidence') return encodeEvidence(committee, decoded)
  const asBytes = (list: readonly Uint8Array[]) => list.map((each) => ({ bytes: each }))
  const message =
    decoded.type === 'proposal'
      ? { ...decoded, lates: asBytes(decoded.lateBytes), evidence: asBytes(decoded.evidenceBytes) }
      : decoded
  return concat(encodeMember(committee, message as MemberMessage), bytes.slice(-64))
}

describe.each(byType)('the bytes of one %s (protocol §5)', (_name, { message, topic }) => {
  const { bytes } = message

  test('are accepted and read as what was written', () => {
    const verdict = judge(bytes, topic)
    expect(verdict.verdict).toBe('accept')
    if (verdict.verdict !== 'accept') return
    expect(verdict.message.message).toEqual(message.message)
    expect(verdict.message.digest).toEqual(message.digest)
    expect(typeOfBytes(bytes)).toBe(message.message.type)
  })

  test('are written again as the same bytes', () => {
    expect(rewritten(bytes)).toEqual(bytes)
  })

  test('are refused when any bit is flipped', () => {
    const mutant = bytes.slice()
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const at = bit >> 3
      mutant[at] = (mutant[at] as number) ^ (1 << (bit & 7))
      const { verdict } = judge(mutant, topic)
      if (verdict === 'accept') expect.fail(`bit ${bit & 7} of byte ${at} may be flipped`)
      mutant[at] = bytes[at] as number
    }
  })

  test('are refused when cut anywhere', () => {
    for (let length = 0; length < bytes.length; length++) {
      expect(judge(bytes.subarray(0, length), topic).verdict).toBe('reject')
    }
  })

  test('are refused with anything behind them', () => {
    for (const tail of [1, 64, 100]) {
      expect(judge(concat(bytes, new Uint8Array(tail)), topic).verdict).toBe('reject')
    }
  })

  test('are refused under another committee', () => {
    const other = zooOf(testCommittee({ seed: 'other' })).forge.context
    expect(validate(other, bytes, { topic, currentRound: ZOO_ROUND }).verdict).toBe('reject')
  })
})

describe('canonical forms (protocol §5)', () => {
  test('presence bits beyond the feeds are refused', () => {
    const observation = specimens[0]?.message.bytes.slice() ?? new Uint8Array()
    // tag, version, digest, round, sender, timestamp, pair, basis, vouched: then the bitmap.
    const bitmapAt = 2 + 32 + 8 + 1 + 8 + 8 + 9 + 4
    expect(observation[bitmapAt]).toBe(1)
    observation[bitmapAt] = 3
    expect(decode(committee, observation)).toBeNull()
  })

  test.each([7, 8, 9])('observations of %i feeds with some absent are read back', (count) => {
    const feeds = Array.from({ length: count }, (_, index) => ({ ...BTC, name: `FEED/${index}` }))
    const zoo = zooOf(testCommittee({ feeds }))
    const values = feeds.map((_, index) => (index % 3 === 1 ? null : BigInt(index + 1)))
    const pair = { expected: 0b1111, signing: 0b111 }
    const made = zoo.forge.observation({ round: ZOO_ROUND, sender: 2, pair, values })
    const read = decode(zoo.forge.test.committee, made.bytes) as Observation
    expect(read.values).toEqual(values)
  })

  test('a value beyond its bounds is refused', () => {
    const pair = { expected: 0b1111, signing: 0b111 }
    const made = forge.observation({ round: ZOO_ROUND, sender: 2, pair, values: [0n] })
    expect(judge(made.bytes, 'protocol')).toEqual({ verdict: 'reject', code: 'MALFORMED' })
  })

  const PROBE = 2 * committee.params.probeEvery
  test.each([
    ['an excluded member in a probe round', PROBE, 0b0111, true],
    ['an excluded member in another round', PROBE + 1, 0b0111, false],
    ['an expected member', PROBE, 0b1111, false],
  ])('a word for %s', (_, round, expected, isCanonical) => {
    const pair = { expected, signing: 0b0111 }
    const made = forge.observation({ round, sender: 2, pair, vouched: 0b1000 })
    expect(decode(committee, made.bytes) !== null).toBe(isCanonical)
    const silent = forge.observation({ round, sender: 2, pair })
    expect(decode(committee, silent.bytes)).not.toBeNull()
  })

  test('a signing set beyond the expected set is refused', () => {
    const pair = { expected: 0b0011, signing: 0b0111 }
    const made = forge.observation({ round: ZOO_ROUND, sender: 2, pair })
    expect(judge(made.bytes, 'protocol')).toEqual({ verdict: 'reject', code: 'MALFORMED' })
  })
})

describe('sizes (protocol §13)', () => {
  test.each(byType)('one %s stays within its limit', (name, { message }) => {
    expect(message.bytes.length).toBeLessThanOrEqual(messageBytesMax(committee, name))
  })

  test('evidence of two proposals is accepted with all that they may carry', () => {
    const zoo = zooOf(testCommittee({ size: 7 }))
    const { context } = zoo.forge
    const all = 0b1111111
    const pair = { expected: all, signing: 0b11111 }
    const observations = [0, 1, 2, 3, 4, 5, 6].map((sender) =>
      zoo.forge.observation({ round: ZOO_ROUND, sender, pair }),
    )
    const full = {
      round: ZOO_ROUND,
      sender: 0,
      rank: 0,
      observers: all,
      signingSet: 0b11111,
      expectedNext: all,
      lates: [0, 1, 2, 3, 4, 5, 6].map((sender) =>
        zoo.forge.late({ round: ZOO_ROUND, sender, members: 1 }),
      ),
      evidence: [zoo.forge.evidence(5, 12), zoo.forge.evidence(6, 12)],
    } as const
    const one = zoo.forge.proposal(observations, full)
    const two = zoo.forge.proposal(observations, { ...full, expectedNext: 0b0111111 })
    const evidence = evidenceFrom(context, [one, two])
    const arrival = { topic: 'protocol', currentRound: ZOO_ROUND } as const
    expect(validate(context, one.bytes, arrival).verdict).toBe('accept')
    expect(validate(context, evidence?.bytes ?? new Uint8Array(), arrival).verdict).toBe('accept')
    // Such evidence travels by itself: inside a proposal it would nest without end.
    if (evidence === null) throw new Error('two proposals of one rank are a conflict')
    const nested = zoo.forge.proposal(observations, { ...full, sender: 1, evidence: [evidence] })
    expect(validate(context, nested.bytes, arrival).verdict).toBe('reject')
  })
})

describe('direct messages (protocol §5.5)', () => {
  const request = { type: 'syncRequest', round: 7, observers: 0b101 } as const
  const answer = { type: 'syncAnswer', messages: [Uint8Array.of(1, 2), new Uint8Array()] } as const

  test.each([
    ['request', request],
    ['answer', answer],
    ['empty answer', { type: 'syncAnswer', messages: [] }],
  ] as const)('a %s is read back; cut or prolonged it is refused', (_, message) => {
    const bytes = encodeDirect(committee, message)
    expect(decodeDirect(committee, bytes)).toEqual(message)
    for (let length = 0; length < bytes.length; length++) {
      expect(decodeDirect(committee, bytes.subarray(0, length))).toBeNull()
    }
    expect(decodeDirect(committee, concat(bytes, Uint8Array.of(0)))).toBeNull()
  })

  test('an answer with more messages than a batch is refused before they are read', () => {
    const { syncBatchMax } = committee.params.limits
    const messages = Array.from({ length: syncBatchMax + 1 }, () => new Uint8Array())
    const bytes = encodeDirect(committee, { type: 'syncAnswer', messages })
    expect(decodeDirect(committee, bytes)).toBeNull()
  })

  test('gossip is no direct message, nor the reverse', () => {
    const late = specimens[1]?.message.bytes ?? new Uint8Array()
    expect(decodeDirect(committee, late)).toBeNull()
    expect(typeOfBytes(encodeDirect(committee, request))).toBeNull()
  })
})
