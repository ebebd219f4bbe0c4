import { keccak_256 } from '@noble/hashes/sha3.js'
import type { CommitteeOnChain } from '../../aggregator/report/calldata.ts'
import { ascii, bigintFrom, toHex } from '../../aggregator/values/bytes.ts'
import type { DeployParameters, FeedParameters } from '../deploy/parameters.ts'
import type { CommitteeBox } from './committee-box.ts'

/** Parameters of a hub whose first committee is a box; what is left out has a plain default. */
export function hubParametersOf(
  box: CommitteeBox,
  hub: Partial<DeployParameters> & { readonly feeds: readonly FeedParameters[] },
): DeployParameters {
  const { clock, groupKey } = box
  const { publicKey } = groupKey
  return {
    committee: {
      digest: `0x${toHex(keccak_256(ascii('committee in a box')))}`,
      publicKeyX: `0x${toHex(publicKey.subarray(1))}`,
      publicKeyParity: Number(bigintFrom(publicKey.subarray(0, 1)) & 1n),
      activeFromMs: clock.genesisMs,
      genesisMs: clock.genesisMs,
      roundMs: clock.roundMs,
      includeMs: clock.includeMs,
      skewMs: clock.clockSkewMsMax,
    },
    historyFeeds: 1024,
    flagshipFeeds: 1024,
    reportAgeMsMax: 60_000,
    futureMsMax: 2_000,
    consumerAgeSecondsMax: null,
    ...hub,
  }
}

/** The box as the first committee of a hub. */
export function firstCommittee(box: CommitteeBox): CommitteeOnChain {
  return { epoch: 1, publicKey: box.groupKey.publicKey, clock: box.clock, isFirstClock: true }
}
