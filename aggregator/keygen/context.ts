import { committeeDigestOf } from '../committee/committee.ts'
import type { Params } from '../committee/params.ts'
import { signingThresholdOf } from '../committee/quorum.ts'
import type { Crypto } from '../signing/crypto.ts'
import { allMembers, type Members } from '../values/ids.ts'
import type { DurationMs } from '../values/time.ts'

/** How long each part of a key generation may take; local settings, not part of the digest. */
export interface KeygenTiming {
  /** Until every member is there. Nothing is revealed before, so this one costs no attempt. */
  readonly meetMs: DurationMs
  /** Each later phase, counted from its own start. */
  readonly phaseMs: DurationMs
}

/** What every pure function of one key generation needs (protocol §11.1). */
export interface KeygenContext {
  readonly crypto: Pick<Crypto, 'keccak256' | 'verifyMessage'>
  /** committeeDigest: holds keygenAttempt, so it names one attempt of one committee. */
  readonly digest: Uint8Array
  readonly identityKeys: readonly Uint8Array[]
  readonly size: number
  readonly f: number
  /** t of §1.4: coefficients of every member's polynomial. */
  readonly threshold: number
  readonly all: Members
}

/** Derives the context from checked parameters (`problemsOf` found none). */
export function keygenContextOf(crypto: KeygenContext['crypto'], params: Params): KeygenContext {
  const size = params.members.length
  return {
    crypto,
    digest: committeeDigestOf(crypto.keccak256, params),
    identityKeys: params.members.map(({ identityKey }) => identityKey),
    size,
    f: params.f,
    threshold: signingThresholdOf(size, params.f),
    all: allMembers(size),
  }
}
