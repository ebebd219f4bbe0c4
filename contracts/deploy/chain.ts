import type { Account, Address, Hex, PublicClient, WalletClient } from 'viem'
import { BaseError, createPublicClient, createWalletClient, http } from 'viem'
import { DeployError } from './errors.ts'
import type { Plan } from './plan.ts'
import { FACTORY } from './planned-contract.ts'

/** A chain to deploy to. */
export interface Chain {
  readonly chainId: number
  readonly reader: PublicClient
  readonly writer: WalletClient
  readonly account: Account
}

/** Connects to an RPC endpoint; `account` pays for the deployment and gets no rights by it. */
export async function connect(options: {
  readonly rpcUrl: string
  readonly account: Account
}): Promise<Chain> {
  const { rpcUrl, account } = options
  const transport = http(rpcUrl)
  const reader = createPublicClient({ transport, pollingInterval: 100 })
  try {
    const chainId = await reader.getChainId()
    const writer = createWalletClient({ account, transport })
    return { chainId, reader, writer, account }
  } catch (cause) {
    throw new DeployError(
      'DEPLOY_CHAIN_UNREACHABLE',
      'the RPC endpoint does not answer; check its address',
      cause,
    )
  }
}

/** Which contracts of a plan hold code on the chain. */
export async function inspect(chain: Chain, planned: Plan): Promise<ReadonlySet<Address>> {
  const codes = await Promise.all(
    planned.contracts.map(({ address }) => chain.reader.getCode({ address })),
  )
  const found = planned.contracts.filter((_, position) => codes[position] !== undefined)
  return new Set(found.map(({ address }) => address))
}

// The factory's own deployment, signed for no chain in particular by an address without a key: the
// signature is made up, so nobody can send anything else from there (Nick's method).
const FACTORY_TRANSACTION: Hex = `0x${[
  'f8a58085174876e800830186a08080b853604580600e600039806000f350fe7fffffffffffffffffffffffff',
  'ffffffffffffffffffffffffffffffffffffffe03601600081602082378035828234f58015156039578182fd',
  '5b8082525050506014600cf31ba0222222222222222222222222222222222222222222222222222222222222',
  '2222a02222222222222222222222222222222222222222222222222222222222222222',
].join('')}`
const FACTORY_DEPLOYER: Address = '0x3fAB184622Dc19b6109349B94811493BF2a45362'
/** 100,000 gas at 100 gwei: what the made-up transaction spends at most. */
const FACTORY_COST_WEI = 10n ** 16n

/** Puts the factory on a chain that lacks it. */
export async function ensureFactory(chain: Chain): Promise<void> {
  if ((await chain.reader.getCode({ address: FACTORY })) !== undefined) return
  await send(chain, { to: FACTORY_DEPLOYER, value: FACTORY_COST_WEI })
  const hash = await chain.reader.sendRawTransaction({ serializedTransaction: FACTORY_TRANSACTION })
  await chain.reader.waitForTransactionReceipt({ hash })
}

/** Sends one transaction and waits until a block holds it. */
export async function send(
  chain: Chain,
  transaction: { readonly to: Address; readonly data?: Hex; readonly value?: bigint },
): Promise<{ readonly hash: Hex; readonly block: bigint }> {
  const { writer, reader, account } = chain
  const hash = await writer
    .sendTransaction({ account, chain: null, ...transaction })
    .catch((cause: unknown) => {
      throw refusalOf(account.address, cause)
    })
  const receipt = await reader.waitForTransactionReceipt({ hash })
  if (receipt.status !== 'success') {
    throw new DeployError(
      'DEPLOY_REVERTED',
      `transaction ${hash} reverted; check the parameters against IPriceFeeds.sol`,
    )
  }
  return { hash, block: receipt.blockNumber }
}

function refusalOf(address: Address, cause: unknown): DeployError {
  const details = cause instanceof BaseError ? cause.details : String(cause)
  const message = `the chain takes no transaction of ${address}; does it hold funds? ${details}`
  return new DeployError('DEPLOY_REFUSED', message, cause)
}
