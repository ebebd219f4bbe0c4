import { randomBytes } from 'node:crypto'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import type { FeedParams, Params, TimingParams } from '../../aggregator/committee/params.ts'
import { faultyMax, signingThresholdOf } from '../../aggregator/committee/quorum.ts'
import { dealForDevelopment } from '../../aggregator/signing/dealer.ts'
import type { CommitteeFile } from '../config/committee-file.ts'
import { Secret } from '../keys/secret.ts'
import { derivativeFeed, marketFeeds } from './market-terms.ts'

/** Timing of a local network: every node on one machine, two cores and other work beside it. */
export const LOCAL_TIMING: TimingParams = {
  roundMs: 500,
  includeMs: 120,
  hopMs: 40,
  fastMs: 170,
  cutMs: 220,
  backupMs: 50,
  voteMs: 360,
  // Two blocks of the local chain: the next transmitter looks when the first should have landed.
  stageMs: 1_000,
  clockSkewMsMax: 5,
}

const DECIMALS = 8
/** Small enough that a viewer sees deliveries; a real feed would take ten times as much. */
const DEVIATION_BPS = 10
const HEARTBEAT_MS = 10_000

/** What each member of a local network is given before its committee has a key. */
export interface MemberKeys {
  readonly identity: Secret
  readonly transmitter: Secret
}

/** Secrets of one member of a local network whose key a dealer made. */
export interface MemberSecrets extends MemberKeys {
  readonly signingShare: Secret
}

/** A committee for this machine that has yet to make its key. */
export interface LocalCommitteeToBe {
  readonly params: Params
  readonly members: readonly MemberKeys[]
}

export interface LocalCommittee {
  readonly file: CommitteeFile
  readonly members: readonly MemberSecrets[]
}

export interface LocalCommitteeOptions {
  readonly size: number
  readonly feeds: readonly string[]
  readonly genesisMs: number
}

/**
 * Makes a committee for this machine. A dealer makes the shares and forgets them: for development
 * only, and the network name says so (protocol §2.2).
 */
export function localCommittee(options: LocalCommitteeOptions): LocalCommittee {
  const { params, members } = localCommitteeToBe(options)
  const threshold = signingThresholdOf(options.size, params.f)
  const dealt = dealForDevelopment({ members: options.size, threshold }, randomBytes)
  return {
    file: { params, groupKey: dealt.groupKey },
    members: members.map((keys, index) => ({
      ...keys,
      signingShare: Secret.of((dealt.shares[index] as (typeof dealt.shares)[number]).secret),
    })),
  }
}

/** Makes parameters and identities for a committee on this machine; its key is still to be made. */
export function localCommitteeToBe(options: LocalCommitteeOptions): LocalCommitteeToBe {
  const { size } = options
  const f = faultyMax(size)
  const identities = Array.from({ length: size }, privateKey)
  const params: Params = {
    protocolVersion: 1,
    network: 'local-development',
    members: identities.map((key) => ({ identityKey: secp256k1.getPublicKey(key, true) })),
    f,
    keygenAttempt: 0,
    feeds: localFeeds(options.feeds),
    genesisMs: options.genesisMs,
    timing: LOCAL_TIMING,
    // Four seconds: a member that was killed signs again while somebody still looks.
    // Every two seconds: whoever watches sees a member come back within its run.
    probeEvery: 4,
    limits: { roundsKept: 16, syncBatchMax: 64 },
  }
  return {
    params,
    members: identities.map((identity) => ({
      identity: Secret.of(identity),
      transmitter: Secret.of(privateKey()),
    })),
  }
}

function privateKey(): Uint8Array {
  return secp256k1.utils.randomSecretKey()
}

/** The feeds that were asked for, then what the option market on the first one needs. */
function localFeeds(names: readonly string[]): FeedParams[] {
  const feeds = names.map((name) => {
    const [market = ''] = name.split('.')
    return derivativeFeed(name, feedParams(market)) ?? feedParams(name)
  })
  return [...feeds, ...feeds.slice(0, 1).flatMap(marketFeeds)]
}

function feedParams(name: string): FeedParams {
  return {
    name,
    decimals: DECIMALS,
    kind: 'spot',
    deviationBps: DEVIATION_BPS,
    heartbeatMs: HEARTBEAT_MS,
    sourcesMin: 3,
    valueMin: 1n,
    valueMax: 10n ** 17n,
  }
}
