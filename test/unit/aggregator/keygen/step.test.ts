import { describe, expect, test } from 'vitest'
import { resultOf, unsignedBy } from '../../../../aggregator/keygen/result.ts'
import { frostScheme } from '../../../../aggregator/signing/frost.ts'
import { membersOf } from '../../../../aggregator/values/ids.ts'
import { seededBytes } from '../../../../contracts/testing/committee-box.ts'
import { KeygenCluster } from '../../../support/keygen.ts'

describe('key generation among honest members (protocol §11.1)', () => {
  test.each([4, 5, 7])('%i members end with one key that all of them signed', (size) => {
    const cluster = new KeygenCluster({ size }).run()
    const [first] = cluster.outcomes()
    expect(first?.type).toBe('generated')
    if (first?.type !== 'generated') return
    for (const outcome of cluster.outcomes()) expect(outcome).toEqual(first)
    expect(unsignedBy(cluster.context, first.key)).toEqual([])
  })

  test('any t of their shares sign, and what they sign stands under the group key', () => {
    const cluster = new KeygenCluster({ size: 4 }).run()
    const [outcome] = cluster.outcomes()
    if (outcome?.type !== 'generated') throw new Error('no key')
    const { groupKey } = outcome.key
    const random = seededBytes('nonces')
    const message = new Uint8Array(32).fill(7)
    for (const signers of [
      [0, 1, 2],
      [1, 2, 3],
      [0, 1, 3],
    ]) {
      const shares = signers.map((index) => {
        const secret = cluster.at(index).disk.kept?.share.use((bytes) => Uint8Array.from(bytes))
        return { index, secret: secret ?? new Uint8Array(0) }
      })
      const nonces = shares.map((share) => frostScheme.commit(share, random(64)))
      const commitments = nonces.map(({ commitment }) => commitment)
      const session = { message, signingSet: membersOf(signers), commitments }
      const parts = shares.map((share, position) => {
        const nonce = nonces[position]
        if (nonce === undefined) throw new Error('one nonce each')
        return frostScheme.sign(groupKey, share, nonce.secret, session)
      })
      const combined = frostScheme.combine(groupKey, session, parts)
      expect(combined.type).toBe('combined')
      if (combined.type !== 'combined') continue
      expect(frostScheme.verify(groupKey.publicKey, message, combined.signature)).toBe(true)
    }
  })

  test('another attempt gives another key', () => {
    const keys = [0, 1].map((attempt) => {
      const [outcome] = new KeygenCluster({ size: 4, attempt }).run().outcomes()
      return outcome?.type === 'generated' ? outcome.key.groupKey.publicKey : null
    })
    expect(keys[0]).not.toBeNull()
    expect(keys[0]).not.toEqual(keys[1])
  })

  test('the result digest covers every part of the group key', () => {
    const cluster = new KeygenCluster({ size: 4 }).run()
    const [outcome] = cluster.outcomes()
    if (outcome?.type !== 'generated') throw new Error('no key')
    const { key } = outcome
    const { groupKey, transcript } = key
    const [one, two, ...rest] = groupKey.verifyingShares
    const variants = [
      { ...key, transcript: transcript.toReversed() },
      { ...key, groupKey: { ...groupKey, threshold: groupKey.threshold + 1 } },
      { ...key, groupKey: { ...groupKey, publicKey: one ?? transcript } },
      {
        ...key,
        groupKey: { ...groupKey, verifyingShares: [two, one, ...rest].flatMap((s) => s ?? []) },
      },
    ]
    const digests = [key, ...variants].map((each) => String(resultOf(cluster.context, each)))
    expect(new Set(digests).size).toBe(variants.length + 1)
    for (const each of variants) expect(unsignedBy(cluster.context, each)).toEqual([0, 1, 2, 3])
    expect(unsignedBy(cluster.context, { ...key, signatures: key.signatures.slice(1) })).toEqual([
      0, 1, 2, 3,
    ])
  })
})
