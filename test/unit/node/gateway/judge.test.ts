import { describe, expect, test } from 'vitest'
import type { Context } from '../../../../aggregator/context.ts'
import { certificateJudge } from '../../../../node/gateway/judge.ts'
import { certifier, valuesAt } from '../../../support/certificates.ts'

const committee = certifier()
const certified = (round: number, slot = 0) =>
  committee.certify(round, valuesAt(round, 1), { slot }).bytes

/** A judge that tells how many signatures it checked and what it took. */
function judge() {
  const taken: number[] = []
  const seen = { checks: 0 }
  const { crypto } = committee.context
  const context: Context = {
    ...committee.context,
    crypto: {
      ...crypto,
      threshold: {
        ...crypto.threshold,
        verify: (...parts) => {
          seen.checks += 1
          return crypto.threshold.verify(...parts)
        },
      },
    },
  }
  const onMessage = certificateJudge({
    context,
    nowMs: () => 50 * 500,
    onCertificate: ({ message }) => taken.push(message.round),
  })
  return { onMessage, taken, seen }
}

describe('the judge of certificates', () => {
  test('accepts what the group signed', () => {
    const { onMessage, taken } = judge()
    expect(onMessage(certified(50))).toEqual({ verdict: 'accept', code: 'ACCEPTED' })
    expect(taken).toEqual([50])
  })

  test('rejects every certificate with one changed byte', () => {
    const { onMessage, taken } = judge()
    const bytes = certified(50)
    for (let at = 0; at < bytes.length; at += 7) {
      const changed = Uint8Array.from(bytes)
      changed[at] = (changed[at] ?? 0) ^ 1
      expect(onMessage(changed).verdict, `byte ${at}`).toBe('reject')
    }
    expect(taken).toEqual([])
  })

  test('ignores old rounds without checking their signature', () => {
    const { onMessage, seen } = judge()
    onMessage(certified(50))
    expect(onMessage(certified(34))).toEqual({ verdict: 'ignore', code: 'ROUND_PAST' })
    expect(seen.checks).toBe(1)
    expect(onMessage(certified(35)).verdict).toBe('accept')
  })

  test('ignores more certificates of one round than honest members can make', () => {
    const { onMessage } = judge()
    const verdicts = [0, 1, 2, 0, 1].map((slot) => onMessage(certified(50, slot)).verdict)
    expect(verdicts).toEqual(['accept', 'accept', 'accept', 'accept', 'ignore'])
  })

  test('rejects what is no certificate', () => {
    const { onMessage } = judge()
    for (const bytes of [new Uint8Array(0), Uint8Array.of(1, 2, 3), new Uint8Array(70_000)]) {
      expect(onMessage(bytes)).toEqual({ verdict: 'reject', code: 'MALFORMED' })
    }
  })
})
