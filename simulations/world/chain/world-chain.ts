import { contextOf } from '../../../aggregator/context.ts'
import { prngOf } from '../../determinism/prng.ts'
import type { Keys } from '../keys.ts'
import { Chain, type ChainDependencies, type ChainOptions } from './chain.ts'
import type { ContractBugs } from './contract.ts'
import { Wallet, type WalletOptions } from './wallet.ts'

/** A chain as a scenario describes it. */
export interface WorldChainOptions extends Omit<ChainOptions, 'seed' | 'members' | 'contract'> {
  readonly reportAgeMs: number
  readonly futureMs: number
  readonly wallet: Omit<WalletOptions, 'transmitter'> & {
    readonly transmitter: Omit<WalletOptions['transmitter'], 'member'>
  }
}

/** A chain, and the place of each member at it. */
export interface WorldChain {
  readonly chain: Chain
  readonly wallets: readonly Wallet[]
}

/** The chain of a world; null in a world without one. */
export function createWorldChain(
  of: {
    readonly seed: number
    readonly keys: Keys
    readonly chain?: WorldChainOptions | null
  },
  dependencies: ChainDependencies & { readonly bugs: ContractBugs },
): WorldChain | null {
  const { seed, keys, chain: options = null } = of
  if (options === null) return null
  const { size: members } = keys.committee
  const { reportAgeMs, futureMs, wallet } = options
  // The contract has the rules that the network agreed on, whatever members believe.
  const context = contextOf(keys.crypto, keys.committee)
  const contract = { context, reportAgeMs, futureMs, bugs: dependencies.bugs }
  const chain = new Chain({ ...options, seed, members, contract }, dependencies)
  const wallets = Array.from({ length: members }, (_, member) => {
    const transmitter = { ...wallet.transmitter, member }
    const prng = prngOf(seed, `transactions ${member}`)
    return new Wallet({ ...wallet, transmitter }, { ...dependencies, chain, prng })
  })
  return { chain, wallets }
}
