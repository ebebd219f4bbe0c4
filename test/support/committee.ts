import { secp256k1 } from '@noble/curves/secp256k1.js'
import { keccak_256 } from '@noble/hashes/sha3.js'
import { type Committee, committeeOf } from '../../aggregator/committee/committee.ts'
import type { FeedParams, Params, TimingParams } from '../../aggregator/committee/params.ts'
import { faultyMax, signingThresholdOf } from '../../aggregator/committee/quorum.ts'
import type { Crypto } from '../../aggregator/signing/crypto.ts'
import { dealForDevelopment } from '../../aggregator/signing/dealer.ts'
import { frostScheme } from '../../aggregator/signing/frost.ts'
import type { SigningShare } from '../../aggregator/signing/threshold.ts'
import { seededBytes } from '../../contracts/testing/committee-box.ts'

/** Timing of one region (protocol §3). */
export const REGION_TIMING: TimingParams = {
  roundMs: 500,
  hopMs: 20,
  includeMs: 60,
  fastMs: 90,
  cutMs: 120,
  backupMs: 40,
  voteMs: 240,
  stageMs: 1_000,
  clockSkewMsMax: 5,
}

export const BTC: FeedParams = {
  name: 'BTC/USD',
  decimals: 8,
  kind: 'spot',
  deviationBps: 50,
  heartbeatMs: 3_600_000,
  sourcesMin: 3,
  valueMin: 1n,
  valueMax: 10n ** 18n,
}

/** Pure cryptography from @noble: the reference that the node's native one is judged by. */
export const referenceCrypto: Crypto = {
  keccak256: (bytes) => keccak_256(bytes),
  verifyMessage: (signature, digest, publicKey) => {
    try {
      return secp256k1.verify(signature, digest, publicKey, { prehash: false, lowS: true })
    } catch {
      return false
    }
  },
  threshold: frostScheme,
}

export interface TestCommittee {
  readonly committee: Committee
  readonly identityKeys: readonly Uint8Array[]
  readonly shares: readonly SigningShare[]
}

export interface TestCommitteeOptions {
  readonly size?: number
  readonly f?: number
  readonly feeds?: readonly FeedParams[]
  readonly genesisMs?: number
  readonly timing?: Partial<TimingParams>
  readonly probeEvery?: number
  readonly seed?: string
}

/** A committee with dealt keys; each option that a test sets matters in it. */
export function testCommittee(options: TestCommitteeOptions = {}): TestCommittee {
  const { size = 4, feeds = [BTC], genesisMs = 0, probeEvery = 32, seed = 'test' } = options
  const f = options.f ?? faultyMax(size)
  const random = seededBytes(seed)
  const identityKeys = Array.from({ length: size }, () => random(32))
  const params: Params = {
    protocolVersion: 1,
    network: 'test',
    members: identityKeys.map((key) => ({ identityKey: secp256k1.getPublicKey(key, true) })),
    f,
    keygenAttempt: 0,
    feeds,
    genesisMs,
    timing: { ...REGION_TIMING, ...options.timing },
    probeEvery,
    limits: { roundsKept: 16, syncBatchMax: 64 },
  }
  const threshold = signingThresholdOf(size, f)
  const { groupKey, shares } = dealForDevelopment({ members: size, threshold }, random)
  const committee = committeeOf(referenceCrypto.keccak256, { params, groupKey })
  return { committee, identityKeys, shares }
}

/** A member's signature over a digest, as a host makes it. */
export function signDigest(identityKey: Uint8Array, digest: Uint8Array): Uint8Array {
  return secp256k1.sign(digest, identityKey, { prehash: false, lowS: true })
}
