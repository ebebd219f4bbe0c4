import { describe, expect, test } from 'vitest'
import type { SignedPackage } from '../../../../aggregator/keygen/machine.ts'
import { isPackageSound, isShareOf } from '../../../../aggregator/keygen/polynomial.ts'
import { routeOf } from '../../../../node/keygen/seal.ts'
import { KeygenSigner } from '../../../../node/keygen/signer.ts'
import { loadEcdsa } from '../../../../node/keys/native.ts'
import { Secret } from '../../../../node/keys/secret.ts'
import { KeygenCluster } from '../../../support/keygen.ts'

const cluster = new KeygenCluster({ size: 4 }).run()
const { context } = cluster

describe('the vault', () => {
  test('makes packages whose proof stands, for its own member only', () => {
    for (const { index, state } of cluster.members) {
      const held = state.packages[index]?.statement
      if (held === undefined) throw new Error('no package')
      expect(isPackageSound(index, held)).toBe(true)
      expect(isPackageSound((index + 1) % 4, held)).toBe(false)
      const [first = new Uint8Array(0), ...rest] = held.commitment
      expect(isPackageSound(index, { ...held, commitment: rest })).toBe(false)
      expect(isPackageSound(index, { ...held, commitment: [] })).toBe(false)
      expect(isPackageSound(index, { ...held, commitment: [first.subarray(1)] })).toBe(false)
      expect(isPackageSound(index, { ...held, proof: held.proof.subarray(1) })).toBe(false)
    }
  })

  test('gives the same envelope for a member each time, and each member its own', () => {
    const { vault } = cluster.at(0)
    expect(vault.sealFor(1)).toBe(vault.sealFor(1))
    expect(routeOf(context, vault.sealFor(1))).toEqual({ sender: 0, recipient: 1 })
    expect(routeOf(context, vault.sealFor(2))).toEqual({ sender: 0, recipient: 2 })
    expect(routeOf(context, vault.sealFor(2).subarray(1))).toBeNull()
  })

  test("does not take an envelope that another member made, or that is another's", () => {
    const { vault } = cluster.at(1)
    expect(vault.open(0, cluster.at(0).vault.sealFor(1))).toEqual({ type: 'good' })
    expect(vault.open(2, cluster.at(0).vault.sealFor(1))).toEqual({ type: 'unreadable' })
    expect(vault.open(0, cluster.at(0).vault.sealFor(2))).toEqual({ type: 'unreadable' })
    expect(vault.open(0, new Uint8Array(10))).toEqual({ type: 'unreadable' })
  })

  test('leaves a signing share that belongs to its member', () => {
    for (const { index, disk, state } of cluster.members) {
      const verifyingShares = state.promised?.groupKey.verifyingShares ?? []
      const fits = verifyingShares.map((each) =>
        disk.kept?.share.use((share) => isShareOf(each, share)),
      )
      expect(fits).toEqual([0, 1, 2, 3].map((each) => each === index))
    }
  })

  test('lets go of everything', () => {
    const other = new KeygenCluster({ size: 4 }).run().at(0)
    other.vault.erase()
    expect(other.vault.isAgreed).toBe(false)
    expect(() =>
      other.vault.makeSigningShare({
        publicKey: new Uint8Array(33),
        verifyingShares: [],
        threshold: 3,
      }),
    ).toThrow()
  })
})

describe('the signer of key generation', () => {
  const packages = cluster.at(0).state.packages.filter((p): p is SignedPackage => p !== null)
  const promised = { assertPromised: () => undefined }
  const make = (promises: ConstructorParameters<typeof KeygenSigner>[1]['promises'] = promised) =>
    new KeygenSigner(context, {
      identity: Secret.of(cluster.at(0).identityKey),
      ecdsa: loadEcdsa({ fallback: 'allow' }),
      promises,
    })
  const digests = packages.map(({ digest }) => digest)

  test('signs one of a kind', () => {
    const signer = make()
    const echo = { type: 'echo', sender: 0, packages: digests } as const
    expect(signer.sign(echo).bytes).toEqual(signer.sign(echo).bytes)
    expect(() => signer.sign({ ...echo, packages: digests.toReversed() })).toThrow('one echo')
    const share = { type: 'share', sender: 0, recipient: 1, package: new Uint8Array(32) } as const
    signer.sign({ ...share, share: new Uint8Array(32).fill(1) })
    signer.sign({ ...share, recipient: 2, share: new Uint8Array(32).fill(2) })
    expect(() => signer.sign({ ...share, share: new Uint8Array(32).fill(2) })).toThrow(
      'one share 1',
    )
  })

  test('signs neither package nor result before it is promised', () => {
    const asked: string[] = []
    const signer = make({
      assertPromised: (kind) => {
        asked.push(kind)
        throw new Error('not on disk')
      },
    })
    const first = packages[0]?.statement
    if (first === undefined) throw new Error('no package')
    expect(() => signer.sign(first)).toThrow('not on disk')
    const empty = new Uint8Array(32)
    expect(() =>
      signer.sign({ type: 'result', sender: 0, transcript: empty, result: empty }),
    ).toThrow('not on disk')
    expect(asked).toEqual(['package', 'result'])
  })

  test('signs for nobody else', () => {
    const echo = { type: 'echo', sender: 1, packages: digests } as const
    expect(() => make().sign(echo)).toThrow('identity key')
  })
})
