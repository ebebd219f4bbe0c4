import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { network } from 'hardhat'
import {
  type Abi,
  type Address,
  createPublicClient,
  createWalletClient,
  custom,
  encodeFunctionData,
  type Hex,
} from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import hardhatConfig from '../../../hardhat.config.ts'

/** A contract as the compiler leaves it. */
export interface Compiled {
  readonly abi: Abi
  readonly bytecode: Hex
}

/** First account of Hardhat's well-known development mnemonic. */
const PAYER = privateKeyToAccount(
  '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80',
)

const SOURCES = new URL('../../../contracts/src/derivatives/', import.meta.url)
const HARNESS = 'testing/DerivativesHarness.sol'

/** Compiles the harness with the project's compiler and settings: contract name → contract. */
function compileHarness(): ReadonlyMap<string, Compiled> {
  const require = createRequire(import.meta.url)
  const solc = require('solc') as { compile: (input: string) => string }
  const names = [...readdirSync(SOURCES).filter((name) => name.endsWith('.sol')), HARNESS]
  const libraries = ['OptionMath.sol', 'BlackScholes.sol', 'ImpliedVolatility.sol', HARNESS]
  const sources = names
    .filter((name) => libraries.includes(name))
    .map((name) => [name, { content: readFileSync(new URL(name, SOURCES), 'utf8') }])
  const settings = {
    ...projectSettings(),
    outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object'] } },
  }
  const input = { language: 'Solidity', sources: Object.fromEntries(sources), settings }
  const output = JSON.parse(solc.compile(JSON.stringify(input)))
  const errors = (output.errors ?? []).filter((e: { severity: string }) => e.severity === 'error')
  if (errors.length > 0) throw new Error(errors[0].formattedMessage)
  return new Map(
    Object.entries<{ abi: Abi; evm: { bytecode: { object: string } } }>(
      output.contracts[HARNESS],
    ).map(([name, { abi, evm }]) => [name, { abi, bytecode: `0x${evm.bytecode.object}` }]),
  )
}

function projectSettings(): object {
  const { solidity } = hardhatConfig
  if (typeof solidity !== 'object' || !('settings' in solidity)) {
    throw new Error('hardhat.config.ts names one compiler with settings')
  }
  return solidity.settings ?? {}
}

/** The harness contracts on a chain of their own in this process. */
export interface HarnessChain {
  /** Calls a view function of a contract, which is deployed at its first use. */
  readonly call: (
    contract: string,
    functionName: string,
    args: readonly unknown[],
  ) => Promise<unknown>
  /** Gas of the call beyond that of the same call to the idle contract. */
  readonly gas: (contract: string, idle: string, args: readonly unknown[]) => Promise<number>
  readonly close: () => Promise<void>
}

export async function startHarness(): Promise<HarnessChain> {
  const compiled = compileHarness()
  const connection = await network.connect()
  const transport = custom(connection.provider, { retryCount: 0 })
  const reader = createPublicClient({ transport, pollingInterval: 10, cacheTime: 0 })
  const writer = createWalletClient({ account: PAYER, transport })
  const addresses = new Map<string, Address>()
  const contract = async (name: string): Promise<Compiled & { address: Address }> => {
    const found = compiled.get(name)
    if (found === undefined) throw new Error(`the harness has no contract ${name}`)
    const known = addresses.get(name)
    if (known !== undefined) return { ...found, address: known }
    const hash = await writer.deployContract({ ...found, chain: null })
    const { contractAddress } = await reader.waitForTransactionReceipt({ hash })
    if (!contractAddress) throw new Error(`${name} was not deployed`)
    addresses.set(name, contractAddress)
    return { ...found, address: contractAddress }
  }
  const call = async (name: string, functionName: string, args: readonly unknown[]) => {
    const { abi, address } = await contract(name)
    return reader.readContract({ abi, address, functionName, args })
  }
  const measured = async (name: string, args: readonly unknown[]): Promise<number> => {
    const { abi, address } = await contract(name)
    const data = encodeFunctionData({ abi, functionName: 'run', args })
    return Number(await call('GasMeter', 'measure', [address, data]))
  }
  return {
    call,
    gas: async (name, idle, args) => (await measured(name, args)) - (await measured(idle, args)),
    close: () => connection.close(),
  }
}
