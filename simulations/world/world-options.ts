import type { Context } from '../../aggregator/context.ts'
import type { createMachine } from '../../aggregator/machine.ts'
import type { Members } from '../../aggregator/values/ids.ts'
import type { ContractBugs } from './chain/contract.ts'
import type { WorldChainOptions } from './chain/world-chain.ts'
import type { Clock } from './clock.ts'
import type { Control } from './control.ts'
import type { Watcher } from './facts.ts'
import type { WorkOptions } from './host-options.ts'
import type { Keys } from './keys.ts'
import type { NetworkOptions } from './network.ts'
import type { createSigner } from './signer.ts'
import type { Sources } from './sources.ts'

export interface WorldOptions {
  readonly seed: number
  readonly keys: Keys
  /** The committee's view of the rules; another one than the keys' plants a bug. */
  readonly context?: Context
  readonly clocks: readonly Clock[]
  readonly network: NetworkOptions
  readonly meshDegree: number
  readonly work: WorkOptions
  /** None: members deliver nowhere. */
  readonly chain?: WorldChainOptions | null
  /** Members whose messages and values pass through `control`; they relay nothing. */
  readonly controlled: Members
}

export interface WorldDependencies {
  readonly sources: Sources
  readonly watch: Watcher
  readonly control: Control
  /** Planted bugs of tests put another machine or signer here. */
  readonly createMachine?: typeof createMachine
  readonly createSigner?: typeof createSigner
  readonly contract?: ContractBugs
}
