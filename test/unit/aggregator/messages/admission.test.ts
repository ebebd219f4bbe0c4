import { expect, test } from 'vitest'
import { contextOf } from '../../../../aggregator/context.ts'
import {
  admit,
  createAdmission,
  forgetAdmitted,
} from '../../../../aggregator/messages/admission.ts'
import { validate } from '../../../../aggregator/messages/validate.ts'
import { idealScheme } from '../../../../aggregator/signing/ideal.ts'
import { referenceCrypto, testCommittee } from '../../../support/committee.ts'
import { Forge } from '../../../support/forge.ts'

const four = testCommittee({ size: 4 })
let verified = 0
const ideal = idealScheme(1)
const threshold = {
  ...ideal,
  verify: (...given: Parameters<typeof ideal.verify>) => {
    verified += 1
    return ideal.verify(...given)
  },
}
const context = contextOf({ ...referenceCrypto, threshold }, four.committee)
const forge = new Forge(four, context)
const certificate = (round: number) =>
  forge.certificate({ round, signingSet: 0b111, expectedNext: 0b1111 })

test('given a certificate sixteen rounds behind the best, then nobody checks its signature', () => {
  const { bytes } = certificate(84)
  verified = 0
  const arrival = { topic: 'reports', currentRound: 101 } as const
  const judged = validate(context, bytes, { ...arrival, bestRound: 100 })
  expect(judged).toEqual({ verdict: 'ignore', code: 'ROUND_PAST' })
  expect(verified).toBe(0)
  expect(validate(context, bytes, { ...arrival, bestRound: 99 }).verdict).toBe('accept')
})

test('given a node far behind, then whatever is newer than its best certificate is taken', () => {
  const arrival = { topic: 'reports', currentRound: 5_000, bestRound: 20 } as const
  expect(validate(context, certificate(21).bytes, arrival).verdict).toBe('accept')
})

test('given rounds are lost, then certificates near the best one are still taken once', () => {
  const admission = createAdmission()
  const [first, other] = [certificate(90), certificate(101)]
  for (const currentRound of [101, 5_000, 9_000]) {
    forgetAdmitted(admission, four.committee, { currentRound, bestRound: 100 })
    expect(admit(admission, first)).toBe(currentRound === 101 ? 'first' : 'surplus')
  }
  admit(admission, other)
  forgetAdmitted(admission, four.committee, { currentRound: 9_001, bestRound: 101 })
  expect(admission.rounds.has(101)).toBe(true)
})

test('rounds behind both windows are forgotten', () => {
  const admission = createAdmission()
  for (let round = 1; round <= 100; round++) {
    admit(admission, certificate(round))
    forgetAdmitted(admission, four.committee, { currentRound: round, bestRound: round })
    expect(admission.rounds.size).toBeLessThanOrEqual(17)
  }
})
