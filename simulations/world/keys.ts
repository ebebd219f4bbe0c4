import { type Committee, committeeOf } from '../../aggregator/committee/committee.ts'
import type { Params } from '../../aggregator/committee/params.ts'
import { signingThresholdOf } from '../../aggregator/committee/quorum.ts'
import type { Crypto } from '../../aggregator/signing/crypto.ts'
import { dealForDevelopment } from '../../aggregator/signing/dealer.ts'
import { frostScheme } from '../../aggregator/signing/frost.ts'
import { idealScheme } from '../../aggregator/signing/ideal.ts'
import { identityKeyOf, referenceCrypto, signIdentity } from '../../aggregator/signing/reference.ts'
import type { GroupKey, SigningShare } from '../../aggregator/signing/threshold.ts'
import { concat, equalBytes } from '../../aggregator/values/bytes.ts'
import type { MemberIndex } from '../../aggregator/values/ids.ts'
import { prngOf } from '../determinism/prng.ts'
import { idealHash } from './ideal-hash.ts'

/** `real`: ECDSA and FROST. `ideal`: the same sizes and verdicts from keyed tags, far quicker. */
export type SignatureKind = 'ideal' | 'real'
/** `keccak`: the network's hash. `ideal`: one of the same size, far quicker. */
export type HashKind = 'ideal' | 'keccak'

/** All secrets of a simulated committee, held by the world; members get their own through it. */
export interface Keys {
  readonly crypto: Crypto
  readonly committee: Committee
  readonly shares: readonly SigningShare[]
  /** Identity signature of a member over a digest, 64 bytes. */
  readonly signMessage: (member: MemberIndex, digest: Uint8Array) => Uint8Array
}

export interface KeyOptions {
  readonly seed: number
  readonly signatures: SignatureKind
  readonly hash: HashKind
  /** Parameters without the members' keys, which are made here. */
  readonly params: Omit<Params, 'members'>
  readonly size: number
}

/**
 * Identity keys and committee digest are the same for both kinds of signatures, so turn orders are.
 */
export function createKeys(options: KeyOptions): Keys {
  const { seed, size } = options
  const random = prngOf(seed, 'identity keys')
  const secrets = Array.from({ length: size }, () => random.bytes(32))
  const members = secrets.map((secret) => ({ identityKey: identityKeyOf(secret) }))
  const params: Params = { ...options.params, members }
  const threshold = signingThresholdOf(size, params.f)
  const keccak256 = options.hash === 'keccak' ? referenceCrypto.keccak256 : idealHash
  if (options.signatures === 'real') {
    const dealing = prngOf(seed, 'dealer')
    const dealt = dealForDevelopment({ members: size, threshold }, dealing.bytes)
    const crypto = { ...referenceCrypto, keccak256, threshold: frostScheme }
    const committee = committeeOf(keccak256, { params, groupKey: dealt.groupKey })
    const signMessage = (member: MemberIndex, digest: Uint8Array) =>
      signIdentity(secrets[member] as Uint8Array, digest)
    return { crypto, committee, shares: dealt.shares, signMessage }
  }
  const identities = idealIdentities(seed, params.members)
  const worldKey = prngOf(seed, 'ideal threshold').next()
  const verifyMessage = identities.verify
  const crypto: Crypto = { keccak256, verifyMessage, threshold: idealScheme(worldKey) }
  const committee = committeeOf(keccak256, { params, groupKey: idealGroupKey(size, threshold) })
  const shares = Array.from({ length: size }, (_, index) => ({
    index,
    secret: new Uint8Array(32).fill(index + 1),
  }))
  return { crypto, committee, shares, signMessage: identities.sign }
}

function idealGroupKey(size: number, threshold: number): GroupKey {
  const point = (label: number) => new Uint8Array(33).fill(label).fill(2, 0, 1)
  const verifyingShares = Array.from({ length: size }, (_, index) => point(index + 1))
  return { publicKey: point(0), verifyingShares, threshold }
}

/** Signatures that are tags under a secret of the world: nobody makes one without its signer. */
function idealIdentities(seed: number, members: Params['members']) {
  // Secret, member and digest: one buffer for all, as every message of a world is signed here.
  const tagged = concat(prngOf(seed, 'ideal identities').bytes(32), new Uint8Array(33))
  const tag = (member: MemberIndex, digest: Uint8Array): Uint8Array => {
    tagged[32] = member
    tagged.set(digest, 33)
    const half = idealHash(tagged)
    const signature = new Uint8Array(64)
    signature.set(half)
    signature.set(half, 32)
    return signature
  }
  return {
    sign: tag,
    verify: (signature: Uint8Array, digest: Uint8Array, publicKey: Uint8Array): boolean => {
      const member = members.findIndex((each) => equalBytes(each.identityKey, publicKey))
      return member >= 0 && equalBytes(signature, tag(member, digest))
    },
  }
}
