import type { Address, Hex } from 'viem'
import { getContractAddress, keccak256 } from 'viem'

/**
 * The CREATE2 factory that stands at this address on most EVM chains; its deployment is a
 * transaction that nobody holds a key for, so anyone can repeat it on a further chain.
 */
export const FACTORY: Address = '0x4e59b44847b379578588920cA78FbF26c0B4956C'

/** Salt of every contract: the code and its arguments alone decide the address. */
export const SALT: Hex = `0x${'00'.repeat(32)}`

/** One contract of a deployment; its address follows from its creation code. */
export interface PlannedContract {
  /** Unique within a plan: `PriceFeeds`, `AggregatorFacade BTC/USD`, `ExampleConsumer BTC/USD`. */
  readonly name: string
  readonly address: Address
  /** Creation code with its arguments. */
  readonly creationCode: Hex
}

/** The contract that some creation code makes, wherever it is sent from. */
export function contractOf(name: string, creationCode: Hex): PlannedContract {
  const address = getContractAddress({
    opcode: 'CREATE2',
    from: FACTORY,
    salt: SALT,
    bytecode: creationCode,
  })
  return { name, address, creationCode }
}

/** keccak256 of a contract's creation code with its arguments: what its address commits to. */
export function creationCodeHash(contract: PlannedContract): Hex {
  return keccak256(contract.creationCode)
}
