import type { Machine, MachineOptions } from '../../aggregator/machine.ts'
import { filtered, spoilt, type Variant } from '../variant.ts'

/** Round from which a process of `mute-after-a-while` says nothing more. */
const SPEAKS_UNTIL = 20

/** Bugs that cost rounds (protocol §4.4, §6.6 to §6.8, §10.3). */
export const LIVENESS_VARIANTS: readonly Variant[] = [
  {
    name: 'no-fast-path',
    summary: 'what others name as their pair is not counted, so that no pair completes (§4.4)',
    plants: {
      createMachine: spoilt((machine) => {
        for (const round of machine.state.rounds.values()) round.namers = []
      }),
    },
  },
  {
    name: 'proposals-are-not-combined',
    summary: 'shares of a proposal are collected and never combined (§6.8)',
    plants: { createMachine: machineThatCombinesFastOnly },
  },
  {
    name: 'mute-after-a-while',
    summary: `the silence after a start comes back in round ${SPEAKS_UNTIL} (§10.3)`,
    plants: {
      createMachine: spoilt((machine) => {
        if (machine.state.current > SPEAKS_UNTIL) machine.state.barrier = Number.MAX_SAFE_INTEGER
      }),
    },
  },
  {
    name: 'second-start-is-mute',
    summary: 'a process that starts after the first rounds is silent for good (§10.3)',
    plants: { createMachine: machineThatStartsOnce },
  },
]

function machineThatCombinesFastOnly(options: MachineOptions): Machine {
  const machine: Machine = filtered((effect) => {
    if (effect.type !== 'combine') return effect
    const attempt = machine.state.rounds.get(effect.round)?.attempts[effect.attempt]
    return attempt?.slot === 0 ? effect : null
  })(options)
  return machine
}

function machineThatStartsOnce(options: MachineOptions): Machine {
  let isLate = false
  return spoilt((machine, event) => {
    if (event.type === 'started') {
      isLate = event.nowMs > options.context.committee.params.genesisMs
    } else if (isLate) machine.state.barrier = Number.MAX_SAFE_INTEGER
  })(options)
}
