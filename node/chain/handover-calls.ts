import type { Hex } from 'viem'
import { bytesToHex, encodeFunctionData } from 'viem'
import type { Handover, SignedHandover } from '../../aggregator/handover/handover.ts'
import { encodeSignature } from '../../aggregator/report/calldata.ts'
import { priceFeedsAbi } from '../../contracts/abi/price-feeds.ts'

/** Who named the next committee, as the contract counts them. */
export const HANDOVER_SOURCE = { committee: 0, owner: 1 } as const

/** The committee that a hand-over names, as the contract's structure. */
export function contractCommitteeOf(handover: Handover) {
  const { committeeDigest, publicKey, activeFromMs, genesisMs, clockSkewMsMax } = handover
  const { roundMs, includeMs } = handover
  return {
    digest: bytesToHex(committeeDigest),
    publicKeyX: BigInt(bytesToHex(publicKey.subarray(1))),
    publicKeyParity: (publicKey[0] as number) & 1,
    activeFromMs,
    genesisMs,
    roundMs,
    includeMs,
    skewMs: clockSkewMsMax,
  }
}

/** Announces the next committee with the signature of the one in office; anyone may send it. */
export function handOverCall({ handover, signature }: SignedHandover): Hex {
  return encodeFunctionData({
    abi: priceFeedsAbi,
    functionName: 'handOver',
    args: [contractCommitteeOf(handover), bytesToHex(encodeSignature(signature))],
  })
}

/** Brings an announced committee into office when its time has come; anyone may send it. */
export function activateCall(source: keyof typeof HANDOVER_SOURCE): Hex {
  return encodeFunctionData({
    abi: priceFeedsAbi,
    functionName: 'activate',
    args: [HANDOVER_SOURCE[source]],
  })
}

/** The owner names the next committee, which then waits out the contract's delay. */
export function proposeCommitteeCall(handover: Handover): Hex {
  return encodeFunctionData({
    abi: priceFeedsAbi,
    functionName: 'proposeCommittee',
    args: [contractCommitteeOf(handover)],
  })
}

/** The owner takes its proposal back. */
export function withdrawProposalCall(): Hex {
  return encodeFunctionData({ abi: priceFeedsAbi, functionName: 'withdrawProposal' })
}
