import type { Address, Hex, PublicClient } from 'viem'
import { TransactionReceiptNotFoundError } from 'viem'
import type { Receipt } from './chain.ts'

/** The wallet's transaction in a block, as one endpoint says; null when it has none. */
export async function receiptFrom(
  client: PublicClient,
  { hash, sender }: { readonly hash: Hex; readonly sender: Address },
): Promise<Omit<Receipt, 'isAgreed'> | null> {
  try {
    const receipt = await client.getTransactionReceipt({ hash })
    // A hash that an endpoint calls pending may be somebody else's, who paid for it.
    if (receipt.from.toLowerCase() !== sender.toLowerCase()) return null
    return {
      hash,
      status: receipt.status,
      blockNumber: Number(receipt.blockNumber),
      blockHash: receipt.blockHash,
      gasUsed: receipt.gasUsed,
      gasPrice: receipt.effectiveGasPrice,
      dataFeeWei: dataFeeOf(receipt),
    }
  } catch (error) {
    if (error instanceof TransactionReceiptNotFoundError) return null
    throw error
  }
}

/** OP Stack and Scroll state it as `l1Fee`; Arbitrum has it in the gas that was used. */
function dataFeeOf(receipt: object): bigint {
  const l1Fee: unknown = 'l1Fee' in receipt ? receipt.l1Fee : null
  if (l1Fee === null || l1Fee === undefined) return 0n
  if (typeof l1Fee === 'string' && /^0x[0-9a-f]{1,64}$/i.test(l1Fee)) return BigInt(l1Fee)
  throw new Error('the receipt has an l1Fee that is no amount')
}
