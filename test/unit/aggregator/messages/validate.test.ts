import { secp256k1 } from '@noble/curves/secp256k1.js'
import { describe, expect, test } from 'vitest'
import { encodeCertificate, encodeEvidence } from '../../../../aggregator/messages/codec.ts'
import { isConflict } from '../../../../aggregator/messages/conflict.ts'
import type { Certificate, Evidence, Verified } from '../../../../aggregator/messages/messages.ts'
import { evidenceFrom, validate } from '../../../../aggregator/messages/validate.ts'
import { bigintBytes, bigintFrom, concat } from '../../../../aggregator/values/bytes.ts'
import { ZOO_ROUND, zooOf } from '../../../support/zoo.ts'

const { forge, specimens } = zooOf()
const { committee } = forge.test
const ALL = 0b1111
const PAIR = { expected: ALL, signing: 0b111 }
const CHOICE = { observers: ALL, signingSet: 0b111, expectedNext: ALL }
const observations = [0, 1, 2, 3].map((sender) =>
  forge.observation({ round: ZOO_ROUND, sender, pair: PAIR }),
)

const judge = (bytes: Uint8Array, given: { topic?: 'protocol' | 'reports'; at?: number } = {}) =>
  validate(forge.context, bytes, {
    topic: given.topic ?? 'protocol',
    currentRound: given.at ?? ZOO_ROUND,
  })

const bytesOf = (name: string) => {
  const found = specimens.find((each) => each.name === name)
  if (found === undefined) throw new Error('no such message')
  return found.message.bytes
}

describe('topics (protocol §5.6)', () => {
  test.each(specimens.map((each) => [each.name, each] as const))(
    'one %s is accepted on its topic and rejected on the other',
    (_, { message, topic }) => {
      const other = topic === 'protocol' ? 'reports' : 'protocol'
      expect(judge(message.bytes, { topic }).verdict).toBe('accept')
      expect(judge(message.bytes, { topic: other })).toEqual({
        verdict: 'reject',
        code: 'WRONG_TOPIC',
      })
    },
  )

  test.each([[new Uint8Array()], [Uint8Array.of(0)], [Uint8Array.of(7)], [Uint8Array.of(9)]])(
    'what begins with no tag of gossip is malformed: %s',
    (bytes) => {
      expect(judge(bytes)).toEqual({ verdict: 'reject', code: 'MALFORMED' })
    },
  )
})

describe('the window of rounds (protocol §4.2)', () => {
  const observation = bytesOf('observation')

  test.each([
    [ZOO_ROUND + 16, 'accept'],
    [ZOO_ROUND + 17, 'ignore'],
    [ZOO_ROUND - 1, 'accept'],
    [ZOO_ROUND - 2, 'ahead'],
    [0, 'ahead'],
  ])('in round %i the verdict is %s, never a rejection', (at, verdict) => {
    expect(judge(observation, { at }).verdict).toBe(verdict)
  })

  test('a later round is believed only from its signer', () => {
    expect(judge(observation, { at: 1 })).toEqual({
      verdict: 'ahead',
      code: 'ROUND_AHEAD',
      member: 0,
      round: ZOO_ROUND,
    })
    const forged = observation.with(-1, (observation.at(-1) as number) ^ 1)
    expect(judge(forged, { at: 1 })).toEqual({ verdict: 'reject', code: 'SIGNATURE_INVALID' })
  })

  test('round 0 is ignored', () => {
    const zero = forge.observation({ round: 0, sender: 1, pair: PAIR })
    expect(judge(zero.bytes, { at: 0 })).toEqual({ verdict: 'ignore', code: 'ROUND_PAST' })
  })

  test('certificates and evidence have no window', () => {
    for (const at of [0, 10_000]) {
      expect(judge(bytesOf('certificate'), { topic: 'reports', at }).verdict).toBe('accept')
      expect(judge(bytesOf('evidence'), { at }).verdict).toBe('accept')
    }
  })
})

describe('signatures (protocol §2.1)', () => {
  const late = bytesOf('late')

  test('the high-s twin of a signature is rejected', () => {
    const s = bigintFrom(late.subarray(-32))
    const high = bigintBytes(secp256k1.Point.Fn.ORDER - s, 32)
    expect(judge(concat(late.subarray(0, -32), high))).toEqual({
      verdict: 'reject',
      code: 'SIGNATURE_INVALID',
    })
  })

  test('the signature of another member is rejected', () => {
    const other = forge.late({ round: ZOO_ROUND, sender: 1, members: 0b1010 })
    const swapped = concat(late.subarray(0, -64), other.bytes.subarray(-64))
    expect(judge(swapped)).toEqual({ verdict: 'reject', code: 'SIGNATURE_INVALID' })
  })
})

describe('certificates (protocol §5.5)', () => {
  const sound = forge.certificate({ round: ZOO_ROUND, signingSet: 0b111, expectedNext: ALL })
  const mutant = (change: Partial<Certificate>) =>
    judge(encodeCertificate(committee, { ...sound.message, ...change }), { topic: 'reports' })

  test.each<readonly [string, Partial<Certificate>]>([
    ['round', { round: ZOO_ROUND + 1 }],
    ['time', { timestampMs: sound.message.timestampMs + 1 }],
    ['observers', { observers: 0b0111 }],
    ['slot', { slot: 1 }],
    ['signing set', { signingSet: 0b1011 }],
    ['a signing set below t', { signingSet: 0b11 }],
    ['next set', { expectedNext: 0b111 }],
    ['round 0', { round: 0 }],
    ['a word', { words: [sound.message.words[0]?.with(7, 9) ?? new Uint8Array(32)] }],
    ['a word that is none', { words: [new Uint8Array(32)] }],
  ])('with another %s is rejected', (_, change) => {
    expect(mutant(change)).toEqual({ verdict: 'reject', code: 'CERTIFICATE_INVALID' })
  })
})

describe('proposals (protocol §5.3)', () => {
  const judged = (given: Partial<Parameters<typeof forge.proposal>[1]>) =>
    judge(
      forge.proposal(observations, { round: ZOO_ROUND, sender: 0, rank: 0, ...CHOICE, ...given })
        .bytes,
    )
  const late = (sender: number, round = ZOO_ROUND) => forge.late({ round, sender, members: 0b1 })
  const invalid = { verdict: 'reject', code: 'PROPOSAL_INVALID' }

  test('with sorted attachments is accepted', () => {
    const evidence = [forge.evidence(2, 3), forge.evidence(3, 3)]
    expect(judged({ lates: [late(0), late(3)], evidence }).verdict).toBe('accept')
  })

  test.each<readonly [string, Parameters<typeof judged>[0]]>([
    ['notices out of order', { lates: [late(3), late(0)] }],
    ['a notice twice', { lates: [late(3), late(3)] }],
    ['a notice of another round', { lates: [late(3, ZOO_ROUND - 1)] }],
    ['evidence out of order', { evidence: [forge.evidence(3, 3), forge.evidence(2, 3)] }],
    [
      'evidence against one member twice',
      { evidence: [forge.evidence(3, 3), forge.evidence(3, 4)] },
    ],
  ])('with %s is rejected', (_, given) => {
    expect(judged(given)).toEqual(invalid)
  })

  test('with three pieces of evidence is rejected: more travel by themselves', () => {
    const evidence = [1, 2, 3].map((accused) => forge.evidence(accused, 3))
    expect(judged({ evidence }).verdict).toBe('reject')
  })

  test('with a notice under a wrong signature is rejected', () => {
    const forged = late(1)
    const bytes = forged.bytes.with(-1, (forged.bytes.at(-1) as number) ^ 1)
    expect(judged({ lates: [{ ...forged, bytes }] })).toEqual(invalid)
  })

  test('with evidence that proves nothing is rejected', () => {
    const sound = forge.evidence(3, 3)
    const [first] = sound.message.messages
    const message: Evidence = { ...sound.message, messages: [first, first] }
    const bytes = encodeEvidence(committee, message)
    expect(judged({ evidence: [{ ...sound, message, bytes }] })).toEqual(invalid)
  })
})

describe('evidence (protocol §9.1, S6)', () => {
  const invalid = { verdict: 'reject', code: 'EVIDENCE_INVALID' }
  const sound = forge.evidence(3, ZOO_ROUND)
  const [first, second] = sound.message.messages
  const judged = (change: Partial<Evidence>) =>
    judge(encodeEvidence(committee, { ...sound.message, ...change }))

  test.each<readonly [string, Partial<Evidence>]>([
    ['against another member', { accused: 2 }],
    ['of another round', { round: ZOO_ROUND + 1 }],
    ['of one message twice', { messages: [first, first] }],
    ['in the other order', { messages: [second, first] }],
    ['of two rounds', { messages: [first, forge.evidence(3, 9).message.messages[0]] }],
    ['of nothing', { messages: [new Uint8Array(), new Uint8Array()] }],
    ['of a message that the accused did not sign', { messages: [first, second.with(-1, 0)] }],
    ['of evidence', { messages: [sound.bytes, sound.bytes] }],
  ])('%s is rejected', (_, change) => {
    expect(judged(change)).toEqual(invalid)
  })

  test('two signatures over one message are no conflict', () => {
    const message = observations[3]
    if (message === undefined) throw new Error('made above')
    expect(evidenceFrom(forge.context, [message, message])).toBeNull()
  })

  test('an honest member’s messages of one round never conflict, whatever their kinds', () => {
    const of = { round: ZOO_ROUND, sender: 1 }
    const all: readonly Verified<never>[] = [
      forge.observation({ ...of, pair: PAIR }),
      forge.late({ ...of, members: 1 }),
      forge.proposal(observations, { ...of, rank: 1, ...CHOICE }),
      ...[0, 1, 2].map((slot) => forge.share(observations, { ...of, slot, ...CHOICE })),
      forge.observation({ ...of, round: ZOO_ROUND + 1, pair: PAIR }),
    ] as never
    for (const a of all) for (const b of all) expect(isConflict(a, b)).toBe(false)
  })
})
