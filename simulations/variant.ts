import type { Context } from '../aggregator/context.ts'
import type { Effect } from '../aggregator/effects.ts'
import type { Event } from '../aggregator/events.ts'
import { createMachine, type Machine } from '../aggregator/machine.ts'
import type { ContractBugs } from './world/chain/contract.ts'
import type { createSigner } from './world/signer.ts'

/** Where a variant takes hold of the members; nothing in the core or in the host knows of it. */
export interface Plants {
  readonly createMachine?: typeof createMachine
  readonly createSigner?: typeof createSigner
  /** The committee's rules as the machines believe them. */
  readonly context?: (context: Context) => Context
  /** Rules that the contract of a chain does without. */
  readonly contract?: ContractBugs
}

/** The protocol without one of its rules, or with a bug, for scenarios to name. */
export interface Variant {
  readonly name: string
  /** What is different, and which rule of the protocol is broken by it. */
  readonly summary: string
  readonly plants: Plants
}

/** A machine to whose state something is done before each event that it is told of. */
export function spoilt(spoil: (machine: Machine, event: Event) => void): typeof createMachine {
  return (options) => {
    const machine = createMachine(options)
    return {
      state: machine.state,
      report: (event) => {
        spoil(machine, event)
        machine.report(event)
      },
    }
  }
}

/** A machine whose effects pass through a filter; null drops one. */
export function filtered(filter: (effect: Effect) => Effect | null): typeof createMachine {
  return (options) =>
    createMachine({
      ...options,
      perform: (effect) => {
        const changed = filter(effect)
        if (changed !== null) options.perform(changed)
      },
    })
}

/** Other rules of the committee than the network agreed on. */
export function believing(change: (context: Context) => Context['committee']): Plants {
  return { context: (context) => ({ ...context, committee: change(context) }) }
}
