import { type Address, bytesToHex, type Hex, type PublicClient, zeroAddress } from 'viem'
import type { Committee } from '../../aggregator/committee/committee.ts'
import type { Handover } from '../../aggregator/handover/handover.ts'
import {
  proposalEndsMs,
  proposalProblems,
  type SuccessionProblem,
} from '../../aggregator/handover/succession.ts'
import { priceFeedsAbi } from '../../contracts/abi/price-feeds.ts'
import { isAnswerOfChain } from '../chain/endpoint.ts'
import { OracleError } from '../errors.ts'

/** What a contract says of its owner, and of whom it has in office. */
export interface OwnerTerms {
  /** The zero address where nobody may propose a committee. */
  readonly owner: Address
  readonly delaySeconds: number
  /** Number of the committee in office. */
  readonly epoch: number
  /** Its committeeDigest. */
  readonly digest: Hex
  /** Time of the block that was asked. */
  readonly nowSeconds: number
}

/**
 * Reads them as of the newest block of one endpoint.
 *
 * @throws {OracleError} `CONTRACT_MISSING`, `RPC_UNREACHABLE`
 */
export async function readOwnerTerms(reader: PublicClient, contract: Address): Promise<OwnerTerms> {
  try {
    const { number: blockNumber, timestamp } = await reader.getBlock({ blockTag: 'latest' })
    const call = { address: contract, abi: priceFeedsAbi, blockNumber } as const
    const [[owner], delay, epoch] = await Promise.all([
      reader.readContract({ ...call, functionName: 'owner' }),
      reader.readContract({ ...call, functionName: 'ownerDelaySeconds' }),
      reader.readContract({ ...call, functionName: 'epoch' }),
    ])
    const { digest } = await reader.readContract({
      ...call,
      functionName: 'committee',
      args: [epoch],
    })
    const numbers = { delaySeconds: Number(delay), epoch: Number(epoch) }
    return { owner, ...numbers, digest, nowSeconds: Number(timestamp) }
  } catch (cause) {
    const context = { contract }
    if (isAnswerOfChain(cause)) {
      const message = `there is no hub at ${contract}; correct --contract, or --rpc`
      throw new OracleError('CONTRACT_MISSING', message, { context, cause })
    }
    const message = 'the endpoint does not answer; correct --rpc, or take another'
    throw new OracleError('RPC_UNREACHABLE', message, { context, cause })
  }
}

/** Everything for which the contract would refuse the proposal, or its activation. */
export function ownerProblems(
  current: Committee,
  handover: Handover,
  { owner, delaySeconds, epoch, digest, nowSeconds }: OwnerTerms,
): readonly SuccessionProblem[] {
  const problems: SuccessionProblem[] = []
  const add = (path: string, message: string) => problems.push({ path, message })
  if (owner === zeroAddress) add('contract', 'has no owner: its committee alone hands over')
  if (handover.epoch !== epoch + 1) {
    add('epoch', `must be ${epoch + 1}: the committee in office on the contract has ${epoch}`)
  }
  // Whose clock the rounds of the next are compared with.
  if (digest !== bytesToHex(current.digest)) {
    add('contract', 'has another committee in office than that of --config')
  }
  const lock = { nowMs: nowSeconds * 1_000, delayMs: delaySeconds * 1_000 }
  return [...problems, ...proposalProblems(current, handover, lock)]
}

/** What the owner has to know of the moments: of sending, and of the end of the proposal. */
export function ownerFacts(
  handover: Handover,
  { owner, delaySeconds }: OwnerTerms,
): Readonly<Record<string, string | number>> {
  const textOf = (ms: number) => new Date(ms).toISOString()
  return {
    owner,
    delaySeconds,
    proposeUntil: textOf(handover.activeFromMs - delaySeconds * 1_000),
    activateUntil: textOf(proposalEndsMs(handover)),
  }
}
