import { invariant } from '../assert.ts'
import type { Crypto } from '../signing/crypto.ts'
import type { GroupKey } from '../signing/threshold.ts'
import type { Members, Round } from '../values/ids.ts'
import { allMembers } from '../values/ids.ts'
import type { UnixMs } from '../values/time.ts'
import type { Params } from './params.ts'
import { encodeParams } from './params-codec.ts'
import { observationQuorumOf, signingThresholdOf } from './quorum.ts'

/** Parameters with what follows from them: made once, shared by everything of one committee. */
export interface Committee {
  readonly params: Params
  /** keccak256 of the canonical parameters: binds every message (protocol §3). */
  readonly digest: Uint8Array
  readonly groupKey: GroupKey
  readonly size: number
  readonly f: number
  /** 2f+1. */
  readonly observationQuorum: number
  /** t. */
  readonly signingThreshold: number
  readonly all: Members
}

/** Digest of checked parameters (§3); key generation is bound to it before a group key exists. */
export function committeeDigestOf(keccak256: Crypto['keccak256'], params: Params): Uint8Array {
  return keccak256(encodeParams(params))
}

/** Derives a committee from checked parameters (`problemsOf` found none) and its group key. */
export function committeeOf(
  keccak256: Crypto['keccak256'],
  members: { readonly params: Params; readonly groupKey: GroupKey },
): Committee {
  const { params, groupKey } = members
  const size = params.members.length
  const signingThreshold = signingThresholdOf(size, params.f)
  invariant(groupKey.threshold === signingThreshold, 'the group key was made for this threshold')
  invariant(groupKey.verifyingShares.length === size, 'the group key was made for this committee')
  return {
    params,
    digest: committeeDigestOf(keccak256, params),
    groupKey,
    size,
    f: params.f,
    observationQuorum: observationQuorumOf(params.f),
    signingThreshold,
    all: allMembers(size),
  }
}

/** T_r: when a round opens on an honest clock (§4.1). */
export function openingOf(committee: Committee, round: Round): UnixMs {
  return committee.params.genesisMs + round * committee.params.timing.roundMs
}

/** The round open at a moment; 0 before the first one. */
export function roundAt(committee: Committee, nowMs: UnixMs): Round {
  const elapsedMs = nowMs - committee.params.genesisMs
  if (elapsedMs < 0) return 0
  return (
    (elapsedMs - (elapsedMs % committee.params.timing.roundMs)) / committee.params.timing.roundMs
  )
}

/** Whether an excluded member may come back in a round, and signers change (§4.3, §4.5). */
export function isProbe({ params }: Committee, round: Round): boolean {
  return round % params.probeEvery === 0
}

/**
 * The round of a report by its time alone: it lies at most the skew before the opening and
 * `includeMs` and the skew after it (§8.3), which ends before the next round's begins.
 */
export function reportRoundAt(committee: Committee, timestampMs: UnixMs): Round {
  return roundAt(committee, timestampMs + committee.params.timing.clockSkewMsMax)
}
