import { network } from 'hardhat'
import type { Address, Hex } from 'viem'
import { createPublicClient, createWalletClient, custom } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import type { Chain } from '../../../contracts/deploy/chain.ts'

/** The first block of every test chain: some time after the genesis of the default committee. */
export const CHAIN_START_MS = Date.UTC(2026, 1, 1)

/** First account of Hardhat's well-known development mnemonic; it holds 10,000 ether. */
const PAYER = privateKeyToAccount(
  '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80',
)

/** A chain of its own in this process, with a clock that the test sets. */
export interface TestChain extends Chain {
  /** Time of the next block, in milliseconds; later than the last block's, in whole seconds. */
  readonly at: (timeMs: number) => Promise<void>
  /** Makes a block without transactions. */
  readonly mine: () => Promise<void>
  readonly close: () => Promise<void>
}

/** Starts a chain inside this process. */
export async function startChain(): Promise<TestChain> {
  const connection = await network.connect({
    override: { initialDate: new Date(CHAIN_START_MS).toISOString() },
  })
  const transport = custom(connection.provider)
  const reader = createPublicClient({ transport, pollingInterval: 10, cacheTime: 0 })
  return {
    chainId: await reader.getChainId(),
    reader,
    writer: createWalletClient({ account: PAYER, transport }),
    account: PAYER,
    at: async (timeMs) => {
      await connection.provider.request({
        method: 'evm_setNextBlockTimestamp',
        params: [Math.floor(timeMs / 1000)],
      })
    },
    mine: async () => {
      await connection.provider.request({ method: 'evm_mine', params: [] })
    },
    close: () => connection.close(),
  }
}

/** Sends calldata and gives the gas used; throws viem's error when it reverts. */
export async function sendCalldata(
  chain: Chain,
  call: { readonly to: Address; readonly data: Hex; readonly gas?: bigint },
): Promise<{ readonly gasUsed: number; readonly hash: Hex }> {
  const hash = await chain.writer.sendTransaction({
    account: chain.account,
    chain: null,
    ...call,
  })
  const receipt = await chain.reader.waitForTransactionReceipt({ hash })
  if (receipt.status !== 'success') throw new Error(`transaction ${hash} reverted`)
  return { gasUsed: Number(receipt.gasUsed), hash }
}
