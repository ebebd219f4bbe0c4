import { describe, expect, test } from 'vitest'
import { encodeCertificate } from '../../../../aggregator/messages/codec.ts'
import type { Certificate, Verified } from '../../../../aggregator/messages/messages.ts'
import { sealCertificate } from '../../../../aggregator/messages/validate.ts'
import { decodeUpdate } from '../../../../aggregator/report/calldata-reader.ts'
import { encodeWord } from '../../../../aggregator/report/words.ts'
import { fromHex, toHex } from '../../../../aggregator/values/bytes.ts'
import { ok, UNAVAILABLE } from '../../../../contracts/testing/committee-box.ts'
import { verifyAnswer, verifyPage, type Wanted } from '../../../../node/client/verify.ts'
import { Answers } from '../../../../node/gateway/answers.ts'
import { onChainAt } from '../../../../node/gateway/calldata.ts'
import type { CertificateAnswer } from '../../../../node/gateway/schema.ts'
import { certifier, feedsNamed, valuesAt } from '../../../support/certificates.ts'

const FEEDS = 5
const committee = certifier({ feeds: feedsNamed(FEEDS) })
const { context } = committee
let epoch = 1
const answers = new Answers(context, () => epoch)
const certificate = committee.certify(9, [...valuesAt(9, FEEDS - 1), UNAVAILABLE])
/** Round 9 opens 4.5 seconds after the genesis at 0. */
const verifier = { context, onChain: null, nowMs: () => 5_000 }

function honest(feeds = [1, 3]): CertificateAnswer {
  return JSON.parse(answers.textOf(certificate, feeds))
}

function verify(answer: unknown, wanted: Partial<Wanted> = {}) {
  return verifyAnswer(verifier, answer, { feeds: ['F3/USD', 'F1/USD'], ...wanted })
}

/** Prices of another round under an honest signature, sealed as if somebody had checked it. */
function forgedFrom({ message }: Verified<Certificate>): Verified<Certificate> {
  const forged = { ...message, words: valuesAt(10, FEEDS).map(encodeWord) }
  return sealCertificate(context, {
    message: forged,
    bytes: encodeCertificate(context.committee, forged),
  })
}

describe('an honest answer', () => {
  test('gives values of the signed words and calldata for the contract', () => {
    const report = verify(honest(), { ageMsMax: 500, round: 9 })
    expect(report).toMatchObject({ round: 9, timestampMs: 4_500 })
    expect(report.feeds.map(({ name, value, spread }) => [name, value, spread])).toEqual([
      ['F1/USD', 9_001n, 3n],
      ['F3/USD', 9_003n, 3n],
    ])
    const entries = decodeUpdate(fromHex(report.calldata.slice(2)))?.entries ?? []
    expect(entries.map(({ feed, word }) => [feed, toHex(word)])).toEqual(
      [1, 3].map((feed) => [feed, toHex(certificate.message.words[feed] ?? new Uint8Array())]),
    )
  })

  test('gives a value below zero as it was signed', () => {
    const below = committee.certify(9, valuesAt(9, FEEDS).with(1, ok(-26_500n, 4n)))
    const answer = JSON.parse(answers.textOf(below, [1]))
    const { feeds } = verify(answer, { feeds: ['F1/USD'] })
    expect(feeds).toMatchObject([{ name: 'F1/USD', value: -26_500n, spread: 4n }])
  })

  test('says that a feed is unavailable, and gives it no value', () => {
    const report = verify(honest([4]), { feeds: ['F4/USD'] })
    expect(report.feeds).toMatchObject([{ name: 'F4/USD', value: null, observers: 2 }])
  })
})

describe('a committee that followed others', () => {
  const decoded = (calldata: string | null) => decodeUpdate(fromHex(calldata?.slice(2) ?? ''))

  test.each([
    [1, 0b010],
    [2, 0b100],
    [3, 0b110],
  ])(
    'as number %i has calldata of that parity, with its clock if it is not the first',
    (number, flags) => {
      epoch = number
      const answer = honest()
      const report = verify(answer)
      epoch = 1
      expect(answer.epoch).toBe(number)
      expect(report.epoch).toBe(number)
      expect(report.calldata).toBe(answer.calldata)
      // The lowest bit is the parity of the key.
      expect((decoded(report.calldata)?.flags ?? 0) & 0b110).toBe(flags)
    },
  )

  test('is delivered as the reader knows it on its contract, whatever the gateway counts', () => {
    const own = { ...verifier, onChain: onChainAt(context, 2) }
    const report = verifyAnswer(own, honest(), { feeds: ['F1/USD', 'F3/USD'] })
    expect((decoded(report.calldata)?.flags ?? 0) & 0b110).toBe(0b100)
  })

  test('is not believed to have a number that its calldata is not for', () => {
    expect(() => verify({ ...honest(), epoch: 2 })).toThrow(
      expect.objectContaining({ code: 'GATEWAY_CONTRADICTS' }),
    )
  })
})

describe('a lying gateway', () => {
  const other = committee.certify(8, valuesAt(8, FEEDS))
  const foreign = certifier({ feeds: feedsNamed(FEEDS), seed: 'another committee' })

  test.each<[string, (answer: CertificateAnswer) => unknown, string]>([
    [
      'with a changed price in the certificate',
      (answer) => {
        const bytes = fromHex(answer.certificate)
        // The lowest byte of the first value, behind 63 bytes of header.
        bytes[70] = (bytes[70] ?? 0) ^ 1
        return { ...answer, certificate: toHex(bytes) }
      },
      'CERTIFICATE_FORGED',
    ],
    [
      'whose forged certificate agrees with everything beside it',
      () => JSON.parse(answers.textOf(forgedFrom(certificate), [1, 3])),
      'CERTIFICATE_FORGED',
    ],
    [
      'with a certificate of another committee',
      (answer) => ({
        ...answer,
        certificate: toHex(foreign.certify(9, valuesAt(9, FEEDS)).bytes),
      }),
      'CERTIFICATE_FORGED',
    ],
    [
      'with another certificate of the committee beside its numbers',
      (answer) => ({ ...answer, certificate: toHex(other.bytes) }),
      'GATEWAY_CONTRADICTS',
    ],
    [
      'with another price beside the certificate',
      (answer) => ({
        ...answer,
        feeds: answer.feeds.map((feed) => ({ ...feed, value: '123.45' })),
      }),
      'GATEWAY_CONTRADICTS',
    ],
    [
      'with the prices of two feeds exchanged',
      (answer) => ({ ...answer, feeds: answer.feeds.toReversed() }),
      'GATEWAY_CONTRADICTS',
    ],
    [
      'with calldata of another certificate',
      (answer) => {
        const { calldata } = JSON.parse(answers.textOf(other, [1, 3])) as CertificateAnswer
        return { ...answer, calldata }
      },
      'GATEWAY_CONTRADICTS',
    ],
    ['without calldata', (answer) => ({ ...answer, calldata: null }), 'GATEWAY_CONTRADICTS'],
    [
      'with an older time beside the certificate',
      (answer) => ({ ...answer, timestampMs: answer.timestampMs + 1 }),
      'GATEWAY_CONTRADICTS',
    ],
    ['with a field too many', (answer) => ({ ...answer, extra: 1 }), 'GATEWAY_ANSWER_INVALID'],
    ['with nothing', () => null, 'GATEWAY_ANSWER_INVALID'],
    ['with a list', () => [], 'GATEWAY_ANSWER_INVALID'],
    [
      'with bytes that are no certificate',
      (answer) => ({ ...answer, certificate: 'ff'.repeat(200) }),
      'CERTIFICATE_FORGED',
    ],
  ])('%s is caught', (_, lie, code) => {
    expect(() => verify(lie(honest()))).toThrow(expect.objectContaining({ code }))
  })

  test('cannot pass off an old report as new, or one round as another', () => {
    const wrong = (wanted: Partial<Wanted>) => () => verify(honest(), wanted)
    expect(wrong({ ageMsMax: 499 })).toThrow(expect.objectContaining({ code: 'REPORT_TOO_OLD' }))
    expect(wrong({ round: 8 })).toThrow(expect.objectContaining({ code: 'REPORT_NOT_ASKED_FOR' }))
  })

  test('and a clock that is wrong are told apart', () => {
    const early = { ...verifier, nowMs: () => -10_000 }
    expect(() => verifyAnswer(early, honest(), { feeds: ['F1/USD', 'F3/USD'] })).toThrow(
      expect.objectContaining({ code: 'REPORT_FROM_FUTURE' }),
    )
  })
})

describe('a page of certificates', () => {
  const held = (round: number, last = ok(1n)) => ({
    certificate: toHex(committee.certify(round, [...valuesAt(round, FEEDS - 1), last]).bytes),
  })
  const pageOf = (certificates: readonly unknown[], next: number | null = null) =>
    verifyPage(verifier, { certificates, next }, { feed: 'F4/USD', from: 7, to: 12 })

  test('says of each round whether it has a value of the feed', () => {
    expect(pageOf([held(8, UNAVAILABLE), held(10)], 11)).toEqual({
      rounds: [
        { round: 8, hasValue: false },
        { round: 10, hasValue: true },
      ],
      next: 11,
    })
    expect(pageOf([])).toEqual({ rounds: [], next: null })
  })

  const forged = { certificate: toHex(forgedFrom(certificate).bytes) }
  test.each([
    ['with one that nobody signed', [held(8), forged], null, 'CERTIFICATE_FORGED'],
    ['from before what was asked for', [held(6)], null, 'REPORT_NOT_ASKED_FOR'],
    ['from behind it', [held(13)], null, 'REPORT_NOT_ASKED_FOR'],
    ['out of order', [held(9), held(8)], null, 'REPORT_NOT_ASKED_FOR'],
    ['twice the same', [held(9), held(9)], null, 'REPORT_NOT_ASKED_FOR'],
    ['that leads to itself', [], 7, 'GATEWAY_CONTRADICTS'],
    ['that leads back', [held(9)], 9, 'GATEWAY_CONTRADICTS'],
    ['that leads out of the range', [held(9)], 13, 'GATEWAY_CONTRADICTS'],
    ['in another form', [{ round: 9 }], null, 'GATEWAY_ANSWER_INVALID'],
  ])('%s is refused', (_, certificates, next, code) => {
    expect(() => pageOf(certificates, next)).toThrow(expect.objectContaining({ code }))
  })
})

test('feeds that the committee does not have are refused before anybody is asked', () => {
  const asked = (feeds: string[]) => () => verify(honest(), { feeds })
  expect(asked(['DOGE/USD'])).toThrow(expect.objectContaining({ code: 'FEED_UNKNOWN' }))
  expect(asked([])).toThrow(expect.objectContaining({ code: 'FEEDS_TOO_MANY' }))
})
