import type { EndpointState } from '../world/chain/endpoints.ts'
import type { WorldChainOptions } from '../world/chain/world-chain.ts'
import type { World } from '../world/world.ts'
import type { ChainScenario } from './chain-schema.ts'
import { GENESIS_MS } from './params.ts'

const US_PER_MS = 1_000

type ChainFault = ChainScenario['faults'][number]
type EndpointFault = Extract<ChainFault, { readonly endpoints: readonly number[] }>

/** The chain of a scenario in the units of the world; null without one. */
export function chainOf(chain: ChainScenario | undefined): WorldChainOptions | null {
  if (chain === undefined) return null
  return {
    epochMs: GENESIS_MS,
    market: {
      baseFeeWei: weiOf(chain.baseFeeGwei),
      tipWei: weiOf(chain.tipGwei),
      gasTarget: BigInt(chain.gasTarget),
      noisePpm: chain.demandNoisePpm,
    },
    blockUs: chain.blockMs * US_PER_MS,
    jitterUs: chain.jitterMs * US_PER_MS,
    poolKeepUs: chain.mempoolKeepMs * US_PER_MS,
    reportAgeMs: chain.reportAgeMs,
    futureMs: chain.futureMs,
    wallet: {
      endpoints: chain.endpoints,
      rpcUs: chain.rpcMs * US_PER_MS,
      poolUs: { min: chain.mempoolMs.min * US_PER_MS, max: chain.mempoolMs.max * US_PER_MS },
      transmitter: {
        caps: {
          feePerGasMax: weiOf(chain.feePerGasGweiMax),
          priorityFeePerGasMax: weiOf(chain.priorityFeePerGasGweiMax),
        },
        confirmations: chain.confirmations,
        pollUs: chain.pollEveryMs * US_PER_MS,
        bumpAfterUs: chain.bumpAfterMs * US_PER_MS,
        bumpsMax: chain.bumpsMax,
      },
    },
  }
}

/** Wei per gas of an amount in gwei. */
export function weiOf(gwei: number): bigint {
  return BigInt(Math.round(gwei * 1_000_000_000))
}

/** Plans what goes wrong on the chain of a world that has not started yet. */
export function planChainFaults(world: World, faults: readonly ChainFault[]): void {
  for (const fault of faults) planFault(world, fault)
}

function planFault(world: World, fault: ChainFault): void {
  const { chain, wallets = [] } = { chain: world.chain?.chain, wallets: world.chain?.wallets }
  if (chain === undefined) return
  const at = (ms: number, run: () => void): void => world.at(ms * US_PER_MS, run)
  switch (fault.type) {
    case 'reorg':
      at(fault.atMs, () => chain.reorganise(fault.depth))
      return
    case 'feeSpike':
      at(fault.fromMs, () => chain.market.setSpike(fault.factor))
      at(fault.toMs, () => chain.market.setSpike(1))
      return
    case 'sequencerDown':
      at(fault.fromMs, () => chain.setStanding(true))
      at(fault.toMs, () => chain.setStanding(false))
      return
    case 'transmitters':
      for (const member of fault.members) {
        const wallet = wallets[member]
        if (wallet === undefined) continue
        at(fault.fromMs, () => wallet.setTransmitting(fault.how))
        at(fault.toMs, () => wallet.setTransmitting('honest'))
      }
      return
    default:
      for (const member of fault.members) {
        for (const endpoint of fault.endpoints) {
          const endpoints = wallets[member]?.endpoints
          at(fault.fromMs, () => endpoints?.set(endpoint, stateOf(fault)))
          at(fault.toMs, () => endpoints?.set(endpoint, { type: 'honest' }))
        }
      }
  }
}

function stateOf(fault: EndpointFault): EndpointState {
  if (fault.type === 'rpcDown') return { type: 'down' }
  if (fault.type === 'rpcLagging') return { type: 'lagging', blocks: fault.blocks }
  return { type: 'lying', about: fault.about }
}
