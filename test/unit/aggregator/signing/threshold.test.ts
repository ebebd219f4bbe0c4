import { describe, expect, test } from 'vitest'
import { dealForDevelopment } from '../../../../aggregator/signing/dealer.ts'
import { frostScheme } from '../../../../aggregator/signing/frost.ts'
import { idealScheme } from '../../../../aggregator/signing/ideal.ts'
import type {
  NonceSecret,
  SigningSession,
  ThresholdScheme,
} from '../../../../aggregator/signing/threshold.ts'
import { countMembers, listMembers } from '../../../../aggregator/values/ids.ts'
import { seededBytes } from '../../../../contracts/testing/committee-box.ts'
import { thresholdOf } from '../../../../node/keys/native.ts'

const SIZE = 5
const THRESHOLD = 3
const MESSAGE = new Uint8Array(32).fill(9)
const SIGNING_SET = 0b10110
const { groupKey, shares } = dealForDevelopment(
  { members: SIZE, threshold: THRESHOLD },
  seededBytes('threshold'),
)

const shareOf = (index: number) => {
  const share = shares[index]
  if (share === undefined) throw new Error('not a member')
  return share
}

/** A session with fresh nonces of the signing set, and every secret half. */
function sessionOf(scheme: ThresholdScheme, signingSet: number = SIGNING_SET) {
  const secrets = new Map<number, NonceSecret>()
  const commitments = listMembers(signingSet).map((index) => {
    const { secret, commitment } = scheme.commit(shareOf(index), seededBytes(`n/${index}`)(64))
    secrets.set(index, secret)
    return commitment
  })
  const session: SigningSession = { message: MESSAGE, signingSet, commitments }
  const sign = (index: number, given: Partial<SigningSession> = {}) => {
    const secret = secrets.get(index)
    if (secret === undefined) throw new Error('not a signer')
    return scheme.sign(groupKey, shareOf(index), secret, { ...session, ...given })
  }
  return { session, sign, secrets }
}

const signedBy = (scheme: ThresholdScheme) => {
  const { session, sign } = sessionOf(scheme)
  return { session, made: listMembers(SIGNING_SET).map((index) => sign(index)) }
}

describe.each([
  ['FROST', frostScheme],
  ['native FROST', thresholdOf('native')],
  ['the ideal scheme', idealScheme(7)],
] as const)('%s behind the one interface (protocol §6.8, §7)', (_name, scheme) => {
  test('t shares make one signature of 65 bytes that verifies', () => {
    const { session, made } = signedBy(scheme)
    const outcome = scheme.combine(groupKey, session, made)
    if (outcome.type !== 'combined') expect.fail('the shares were sound')
    expect(outcome.signature).toHaveLength(65)
    expect(made.every((share) => share.length === 32)).toBe(true)
    expect(scheme.verify(groupKey.publicKey, MESSAGE, outcome.signature)).toBe(true)
  })

  test('the same nonces, session and shares give the same bytes', () => {
    const [one, two] = [signedBy(scheme), signedBy(scheme)]
    expect(one.made).toEqual(two.made)
    expect(scheme.combine(groupKey, one.session, one.made)).toEqual(
      scheme.combine(groupKey, two.session, two.made),
    )
  })

  test('a signature is of its message and nothing else', () => {
    const { session, made } = signedBy(scheme)
    const outcome = scheme.combine(groupKey, session, made)
    if (outcome.type !== 'combined') expect.fail('the shares were sound')
    const { signature } = outcome
    expect(scheme.verify(groupKey.publicKey, MESSAGE.with(31, 8), signature)).toBe(false)
    for (let at = 0; at < signature.length; at += 7) {
      const mutant = signature.with(at, (signature[at] as number) ^ 1)
      expect(scheme.verify(groupKey.publicKey, MESSAGE, mutant)).toBe(false)
    }
    for (const wrong of [signature.subarray(1), new Uint8Array(0), new Uint8Array(65)]) {
      expect(scheme.verify(groupKey.publicKey, MESSAGE, wrong)).toBe(false)
    }
  })

  test.each([
    ['one', [1]],
    ['two', [0, 2]],
    ['all', [0, 1, 2]],
  ])('%s wrong shares are named, and only they', (_, wrong) => {
    const { session, made } = signedBy(scheme)
    const signers = listMembers(SIGNING_SET)
    const forged = made.map((share, position) =>
      wrong.includes(position) ? share.with(31, (share[31] as number) ^ 1) : share,
    )
    const culprits = wrong.reduce((set, position) => set | (1 << (signers[position] as number)), 0)
    expect(scheme.combine(groupKey, session, forged)).toEqual({ type: 'refused', culprits })
  })

  test.each([
    ['missing', undefined],
    ['short', new Uint8Array(31)],
    ['zero', new Uint8Array(32)],
    ['beyond the order', new Uint8Array(32).fill(255)],
  ])('a share that is %s is its sender’s fault, and no exception', (_, bad) => {
    const { session, made } = signedBy(scheme)
    const given = made.map((share, position) => (position === 1 ? bad : share))
    const outcome = scheme.combine(groupKey, session, given as Uint8Array[])
    expect(outcome).toEqual({ type: 'refused', culprits: 0b00100 })
  })

  test('a share of another session fits no other one', () => {
    const { session, sign } = sessionOf(scheme)
    const [first, second, third] = listMembers(SIGNING_SET) as [number, number, number]
    const other = sign(second, { message: MESSAGE.with(0, 1) })
    const outcome = scheme.combine(groupKey, session, [sign(first), other, sign(third)])
    expect(outcome).toEqual({ type: 'refused', culprits: 1 << second })
  })

  test('t−1 shares make nothing', () => {
    const few = sessionOf(scheme, 0b00110)
    const made = () => [1, 2].map((index) => few.sign(index))
    let outcome: ReturnType<ThresholdScheme['combine']> | null = null
    try {
      outcome = scheme.combine(groupKey, few.session, made())
    } catch {
      // Refusing to sign such a session at all is as good.
    }
    expect(outcome?.type).not.toBe('combined')
  })

  test('a commitment off the curve is seen, and nobody signs with it (§5.1)', () => {
    const { session, sign } = sessionOf(scheme)
    const off = { hiding: new Uint8Array(33).fill(255), binding: new Uint8Array(33).fill(255) }
    expect(session.commitments.every(scheme.isCommitment)).toBe(true)
    expect(scheme.isCommitment(off)).toBe(false)
    const [first, , third] = session.commitments
    if (first === undefined || third === undefined) expect.fail('three commit')
    expect(scheme.isCommitment({ hiding: first.hiding, binding: off.binding })).toBe(false)
    expect(() => sign(1, { commitments: [first, off, third] })).toThrow()
  })

  test('nobody signs a session that holds another commitment of its own', () => {
    const { session, sign } = sessionOf(scheme)
    const [first, second, third] = session.commitments
    if (first === undefined || second === undefined || third === undefined) {
      expect.fail('three commit')
    }
    expect(() => sign(1, { commitments: [second, first, third] })).toThrow()
  })

  test('a nonce is zero after its share: it signs nothing again (§2.4)', () => {
    const { sign, secrets } = sessionOf(scheme)
    sign(1)
    const secret = secrets.get(1)
    expect(secret?.hiding).toEqual(new Uint8Array(32))
    expect(secret?.binding).toEqual(new Uint8Array(32))
    expect(() => sign(1, { message: MESSAGE.with(0, 1) })).toThrow()
  })
})

describe('schemes do not accept each other', () => {
  test('worlds of the ideal scheme with different keys', () => {
    const { session, made } = signedBy(idealScheme(7))
    const outcome = idealScheme(7).combine(groupKey, session, made)
    if (outcome.type !== 'combined') expect.fail('the shares were sound')
    expect(idealScheme(8).verify(groupKey.publicKey, MESSAGE, outcome.signature)).toBe(false)
    expect(frostScheme.verify(groupKey.publicKey, MESSAGE, outcome.signature)).toBe(false)
  })

  test('FROST under another group key', () => {
    const { session, made } = signedBy(frostScheme)
    const outcome = frostScheme.combine(groupKey, session, made)
    if (outcome.type !== 'combined') expect.fail('the shares were sound')
    const other = dealForDevelopment({ members: 5, threshold: 3 }, seededBytes('other')).groupKey
    expect(frostScheme.verify(other.publicKey, MESSAGE, outcome.signature)).toBe(false)
  })
})

describe('the dealer of development (protocol §2.2)', () => {
  test.each([
    [2, 2],
    [4, 3],
    [31, 21],
  ])('deals %i shares of which any %i sign', (members, threshold) => {
    const dealt = dealForDevelopment({ members, threshold }, seededBytes(`deal/${members}`))
    expect(dealt.groupKey.threshold).toBe(threshold)
    expect(dealt.groupKey.verifyingShares).toHaveLength(members)
    expect(new Set(dealt.shares.map((share) => share.secret.join())).size).toBe(members)
    // The last ones: every share is as good as the first.
    const signingSet = (((1 << threshold) - 1) << (members - threshold)) >>> 0
    expect(countMembers(signingSet)).toBe(threshold)
    const signers = listMembers(signingSet)
    const nonces = signers.map((index) => {
      const share = dealt.shares[index]
      if (share === undefined) throw new Error('dealt')
      return { share, ...frostScheme.commit(share, seededBytes(`n/${index}`)(64)) }
    })
    const commitments = nonces.map(({ commitment }) => commitment)
    const session = { message: MESSAGE, signingSet, commitments }
    const made = nonces.map(({ share, secret }) =>
      frostScheme.sign(dealt.groupKey, share, secret, session),
    )
    expect(frostScheme.combine(dealt.groupKey, session, made).type).toBe('combined')
  })

  test('the same chance deals the same keys', () => {
    const deal = () => dealForDevelopment({ members: 4, threshold: 3 }, seededBytes('again'))
    expect(deal()).toEqual(deal())
  })
})
