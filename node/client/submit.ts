import {
  type Account,
  type Address,
  BaseError,
  decodeErrorResult,
  type Hex,
  type PublicClient,
  type WalletClient,
} from 'viem'
import { priceFeedsAbi } from '../../contracts/abi/price-feeds.ts'
import { settlementAbi } from '../../contracts/abi/settlement.ts'
import { codeOf, type ErrorContext, OracleError } from '../errors.ts'
import type { VerifiedReport } from './verify.ts'

/** What a hub or a settlement may refuse with. */
const CONTRACT_ERRORS = [...priceFeedsAbi, ...settlementAbi]

export interface SubmitTarget {
  /** Address of PriceFeeds. */
  readonly contract: Address
  readonly publicClient: PublicClient
  /** Pays for gas; whose it is does not matter to the contract (protocol §8.1). */
  readonly walletClient: WalletClient
  /** When the wallet client has none of its own. */
  readonly account?: Account
}

export interface Submitted {
  readonly hash: Hex
  readonly blockNumber: bigint
  readonly gasUsed: bigint
}

/**
 * Delivers a report to PriceFeeds: tries it without a transaction first, so that a refusal costs
 * nothing, then sends it and waits for its block.
 *
 * @throws {OracleError} `SUBMIT_REFUSED` with the contract's reason, `SUBMIT_REVERTED`,
 * `SUBMIT_CHAIN_WRONG`, `SUBMIT_CONTRACT_MISSING`, `SUBMIT_FAILED` when the chain or the wallet
 * does not do its part
 */
export async function submitReport(
  report: Pick<VerifiedReport, 'round' | 'calldata'>,
  target: SubmitTarget,
): Promise<Submitted> {
  const { contract, publicClient, walletClient } = target
  const account = target.account ?? walletClient.account
  const context = { contract, round: report.round }
  if (account === undefined) {
    throw new OracleError('SUBMIT_FAILED', 'the wallet client has no account; pass one', {
      context,
    })
  }
  const call = { account, to: contract, data: report.calldata }
  try {
    await checkTarget(target)
    await publicClient.call(call)
    const hash = await walletClient.sendTransaction({ ...call, chain: walletClient.chain ?? null })
    const receipt = await publicClient.waitForTransactionReceipt({ hash })
    if (receipt.status === 'success') {
      return { hash, blockNumber: receipt.blockNumber, gasUsed: receipt.gasUsed }
    }
    throw new OracleError(
      'SUBMIT_REVERTED',
      'the transaction reverted; somebody may have delivered a newer report first',
      { context: { ...context, hash } },
    )
  } catch (cause) {
    throw submitError(cause, context)
  }
}

/**
 * Whether there is a contract at all, and both clients are on its chain: a call to an address
 * without code succeeds and does nothing, and so would the transaction.
 *
 * @throws {OracleError} `SUBMIT_CHAIN_WRONG`, `SUBMIT_CONTRACT_MISSING`; and what viem throws
 */
export async function checkTarget(target: SubmitTarget): Promise<void> {
  const { contract, publicClient, walletClient } = target
  const [chainId, walletChainId, code] = await Promise.all([
    publicClient.getChainId(),
    walletClient.getChainId(),
    publicClient.getCode({ address: contract }),
  ])
  if (chainId !== walletChainId) {
    const message =
      `the wallet client is on chain ${walletChainId}, the public client on ${chainId}; ` +
      'give both the same chain'
    throw new OracleError('SUBMIT_CHAIN_WRONG', message, {
      context: { contract, chainId, walletChainId },
    })
  }
  if (code !== undefined) return
  throw new OracleError(
    'SUBMIT_CONTRACT_MISSING',
    `no contract stands at this address on chain ${chainId}; check the address and the endpoint`,
    { context: { contract, chainId } },
  )
}

/** What is thrown for whatever viem threw: ours as it is, refusals by the contract's reason. */
export function submitError(cause: unknown, context: ErrorContext): OracleError {
  if (cause instanceof OracleError) return cause
  const reason = reasonOf(cause)
  if (reason !== null) {
    return new OracleError('SUBMIT_REFUSED', `the contract refuses the report: ${reason}`, {
      context: { ...context, reason },
      cause,
    })
  }
  return new OracleError(
    'SUBMIT_FAILED',
    'the chain or the wallet did not take the transaction; see the cause',
    { context: { ...context, cause: rootOf(cause) }, cause },
  )
}

/** The code at the bottom of what viem threw, or the name of the error there. */
function rootOf(error: unknown): string {
  const root = error instanceof BaseError ? error.walk() : error
  const code = codeOf(root)
  return code === 'UNKNOWN' && root instanceof Error ? root.name : code
}

/** Name of the contract's error in what viem threw; null when there is none. */
function reasonOf(error: unknown): string | null {
  if (!(error instanceof BaseError)) return null
  const found = error.walk((each) => dataOf(each) !== null)
  const data = dataOf(found)
  if (data === null) return null
  try {
    return decodeErrorResult({ abi: CONTRACT_ERRORS, data }).errorName
  } catch {
    return data === '0x' ? null : 'unknown'
  }
}

function dataOf(error: unknown): Hex | null {
  if (!(error instanceof Error) || !('data' in error)) return null
  const { data } = error
  return typeof data === 'string' && /^0x[0-9a-f]{8,}$/i.test(data) ? (data as Hex) : null
}
