import type { Address, Hex, PublicClient, Transaction } from 'viem'
import { keccak256, recoverTransactionAddress, serializeTransaction } from 'viem'
import type { PendingTransaction } from './chain.ts'

export interface PendingWanted {
  readonly sender: Address
  readonly chainId: number
  readonly nonce: number
}

/** Pools of clients keep no transaction with more data: what is longer is made up. */
const DATA_BYTES_MAX = 131_072

/**
 * The wallet's transaction with a nonce in the block to come, as one endpoint shows it; null when
 * it shows none that the wallet signed for this chain. So no endpoint can make up an offer, only
 * keep one back.
 */
export async function pendingFrom(
  client: PublicClient,
  wanted: PendingWanted,
): Promise<PendingTransaction | null> {
  const block = await client.getBlock({ blockTag: 'pending', includeTransactions: true })
  // There is at most one: of more, the others are made up and not worth a recovery each.
  const shown = block.transactions.find(
    (transaction) => isSame(transaction?.from, wanted.sender) && transaction.nonce === wanted.nonce,
  )
  const signed = shown === undefined ? null : signedFrom(shown, wanted)
  if (signed === null || !isSame(await signerOf(signed.serialized), wanted.sender)) return null
  return { hash: keccak256(signed.serialized), fees: signed.fees }
}

/** Of two that the wallet signed, the one that offers more. */
export function dearer(
  one: PendingTransaction | null,
  other: PendingTransaction | null,
): PendingTransaction | null {
  if (one === null || other === null) return one ?? other
  return other.fees.maxFeePerGas > one.fees.maxFeePerGas ? other : one
}

/** The bytes that were signed, with the signature; null for a kind that no wallet here sends. */
function signedFrom(shown: Transaction, { chainId, nonce }: PendingWanted) {
  const { input, gas, to, value, type, accessList = [] } = shown
  const isPlain = accessList.length === 0 && typeof input === 'string'
  if (!isPlain || input.length > 2 + 2 * DATA_BYTES_MAX) return null
  const call = { chainId, nonce, gas, to, value, data: input }
  const signature = signatureOf(shown)
  try {
    if (type === 'eip1559') {
      const { maxFeePerGas, maxPriorityFeePerGas } = shown
      const fees = { maxFeePerGas, maxPriorityFeePerGas }
      return { fees, serialized: serializeTransaction({ type, ...call, ...fees }, signature) }
    }
    if (type !== 'legacy' || !isForChain(signature.v, chainId)) return null
    const { gasPrice } = shown
    const fees = { maxFeePerGas: gasPrice, maxPriorityFeePerGas: gasPrice }
    return { fees, serialized: serializeTransaction({ type, ...call, gasPrice }, signature) }
  } catch {
    return null
  }
}

function signatureOf({ r, s, v, yParity }: Transaction) {
  return yParity === undefined ? { r, s, v } : { r, s, v, yParity }
}

/** Whether a signature of one fee names the chain (EIP-155); it is all that says which. */
function isForChain(v: bigint, chainId: number): boolean {
  const first = 35n + 2n * BigInt(chainId)
  return v === first || v === first + 1n
}

async function signerOf(serialized: Hex): Promise<Address | null> {
  try {
    return await recoverTransactionAddress({ serializedTransaction: serialized as `0x02${string}` })
  } catch {
    return null
  }
}

function isSame(from: unknown, sender: Address): boolean {
  return typeof from === 'string' && from.toLowerCase() === sender.toLowerCase()
}
