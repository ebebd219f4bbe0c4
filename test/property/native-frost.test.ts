import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { dealForDevelopment } from '../../aggregator/signing/dealer.ts'
import { frostScheme } from '../../aggregator/signing/frost.ts'
import type { SigningSession } from '../../aggregator/signing/threshold.ts'
import { membersOf } from '../../aggregator/values/ids.ts'
import { seededBytes } from '../../contracts/testing/committee-box.ts'
import { thresholdOf } from '../../node/keys/native.ts'

const native = thresholdOf('native')

interface Drawn {
  readonly size: number
  readonly missing: readonly number[]
  readonly seed: string
  readonly message: Uint8Array
}

const drawn = fc.record({
  size: fc.integer({ min: 2, max: 7 }),
  missing: fc.array(fc.integer({ min: 0, max: 6 }), { maxLength: 2 }),
  seed: fc.string({ maxLength: 8 }),
  message: fc.uint8Array({ minLength: 32, maxLength: 32 }),
})

/** A committee that lost some members, and the others' session with all its secrets. */
function scene({ size, missing, seed, message }: Drawn) {
  const signers = Array.from({ length: size }, (_, index) => index).filter(
    (index) => index < 2 || !missing.includes(index),
  )
  const setup = { members: size, threshold: signers.length }
  const { groupKey, shares } = dealForDevelopment(setup, seededBytes(`key/${seed}`))
  const held = signers.map((index) => {
    const share = shares[index]
    if (share === undefined) throw new Error('not a member')
    const chance = seededBytes(`nonce/${seed}/${index}`)(64)
    const [nonce, reference] = [native.commit(share, chance), frostScheme.commit(share, chance)]
    expect(nonce).toEqual(reference)
    return { share, nonce }
  })
  const session: SigningSession = {
    message,
    signingSet: membersOf(signers),
    commitments: held.map(({ nonce }) => nonce.commitment),
  }
  const signBy = (scheme: typeof native) =>
    held.map(({ share, nonce: { secret } }) => {
      const copy = { hiding: secret.hiding.slice(), binding: secret.binding.slice() }
      const made = scheme.sign(groupKey, share, copy, session)
      expect([...copy.hiding, ...copy.binding].every((byte) => byte === 0)).toBe(true)
      return made
    })
  return { groupKey, session, signBy }
}

describe('FROST on libsecp256k1 beside that of @noble/curves (RFC 9591)', () => {
  test('gives the same nonces, commitments, shares and signatures, byte for byte', () => {
    fc.assert(
      fc.property(drawn, (options) => {
        const { groupKey, session, signBy } = scene(options)
        const [shares, reference] = [signBy(native), signBy(frostScheme)]
        expect(shares).toEqual(reference)
        const outcome = native.combine(groupKey, session, shares)
        expect(outcome).toEqual(frostScheme.combine(groupKey, session, shares))
        expect(outcome.type).toBe('combined')
      }),
      { numRuns: 12 },
    )
  })

  test('agrees on what is wrong: culprits, signatures and commitments with bytes changed', () => {
    const change = fc.record({ at: fc.nat(), to: fc.integer({ min: 1, max: 255 }) })
    const flip = (bytes: Uint8Array, { at, to }: { at: number; to: number }) =>
      bytes.map((byte, index) => (index === at % bytes.length ? byte ^ to : byte))
    fc.assert(
      fc.property(drawn, change, (options, changed) => {
        const { groupKey, session, signBy } = scene(options)
        const shares = signBy(native)
        const guilty = changed.at % shares.length
        const wrong = shares.map((share, index) =>
          index === guilty ? flip(share, changed) : share,
        )
        const refusal = native.combine(groupKey, session, wrong)
        expect(refusal.type).toBe('refused')
        expect(refusal).toEqual(frostScheme.combine(groupKey, session, wrong))
        const outcome = native.combine(groupKey, session, shares)
        if (outcome.type !== 'combined') expect.fail('the shares were sound')
        const { publicKey } = groupKey
        const forged = flip(outcome.signature, changed)
        expect(native.verify(publicKey, session.message, outcome.signature)).toBe(true)
        expect(native.verify(publicKey, session.message, forged)).toBe(false)
        expect(frostScheme.verify(publicKey, session.message, forged)).toBe(false)
        for (const { hiding, binding } of session.commitments) {
          const doubtful = { hiding: flip(hiding, changed), binding }
          expect(native.isCommitment(doubtful)).toBe(frostScheme.isCommitment(doubtful))
        }
      }),
      { numRuns: 12 },
    )
  })
})
