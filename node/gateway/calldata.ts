import { bytesToHex } from 'viem'
import type { Context } from '../../aggregator/context.ts'
import type { Certificate } from '../../aggregator/messages/messages.ts'
import { type CommitteeOnChain, encodeUpdate } from '../../aggregator/report/calldata.ts'
import type { FeedsTree } from '../../aggregator/report/feeds-tree.ts'
import type { FeedIndex } from '../../aggregator/values/ids.ts'

/** What calldata needs of a context. */
interface OfCommittee {
  readonly crypto: Pick<Context['crypto'], 'keccak256'>
  readonly committee: Pick<Context['committee'], 'params' | 'groupKey'>
}

/**
 * A committee as a contract knows it that counts it as `epoch`. A later one sends its clock along:
 * what the first one's was need not be known here, and ten bytes prove that it is its own.
 */
export function onChainAt({ committee }: OfCommittee, epoch: number): CommitteeOnChain {
  const { params, groupKey } = committee
  const clock = { genesisMs: params.genesisMs, ...params.timing }
  return { epoch, publicKey: groupKey.publicKey, clock, isFirstClock: epoch === 1 }
}

/**
 * Calldata that delivers the feeds; null when the report lies outside its round, which no chain
 * takes.
 */
export function calldataOf(
  context: OfCommittee,
  update: {
    readonly certificate: Certificate
    readonly feeds: readonly FeedIndex[]
    readonly epoch: number
    /** Of the certificate's words, where it is at hand. */
    readonly tree?: FeedsTree
  },
): `0x${string}` | null {
  const { epoch, ...report } = update
  try {
    const committee = onChainAt(context, epoch)
    return bytesToHex(encodeUpdate(context.crypto.keccak256, { ...report, committee }))
  } catch (error) {
    if (error instanceof RangeError) return null
    throw error
  }
}
