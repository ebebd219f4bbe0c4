import { keccak_256 } from '@noble/hashes/sha3.js'
import type { CommitteeOnChain } from '../../../aggregator/report/calldata.ts'
import { ascii, toHex } from '../../../aggregator/values/bytes.ts'
import type { DeployParameters } from '../../../contracts/deploy/parameters.ts'
import type { CommitteeBox } from '../committee-box.ts'

/** Parameters of a hub for a committee in a box: feeds F0/USD, F1/USD … with 8 decimals, 60 s. */
export function parametersFor(
  box: CommitteeBox,
  changed: Partial<DeployParameters> & { readonly feedCount?: number } = {},
): DeployParameters {
  const { feedCount = 3, ...rest } = changed
  const { clock, groupKey } = box
  return {
    committee: {
      digest: `0x${toHex(keccak_256(ascii('committee in a box')))}`,
      publicKeyX: `0x${toHex(groupKey.publicKey.subarray(1))}`,
      publicKeyParity: (groupKey.publicKey[0] as number) & 1,
      activeFromMs: clock.genesisMs,
      genesisMs: clock.genesisMs,
      roundMs: clock.roundMs,
      includeMs: clock.includeMs,
      skewMs: clock.clockSkewMsMax,
    },
    historyFeeds: 1024,
    reportAgeMsMax: 60_000,
    futureMsMax: 2_000,
    feeds: Array.from({ length: feedCount }, (_, index) => ({
      name: `F${index}/USD`,
      decimals: 8,
      heartbeatSeconds: 60,
    })),
    consumerAgeSecondsMax: null,
    ...rest,
  }
}

/** The box as the first committee of a hub. */
export function firstCommittee(box: CommitteeBox): CommitteeOnChain {
  return { epoch: 1, publicKey: box.groupKey.publicKey, clock: box.clock, isFirstClock: true }
}
