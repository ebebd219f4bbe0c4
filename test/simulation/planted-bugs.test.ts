import { describe, expect, test } from 'vitest'
import type { Context } from '../../aggregator/context.ts'
import type { Event } from '../../aggregator/events.ts'
import { createMachine, type Machine, type MachineOptions } from '../../aggregator/machine.ts'
import type { Plants } from '../../simulations/simulation.ts'
import { createLooseSigner } from '../../simulations/world/loose-signer.ts'
import { firstBreaking, simulated } from './scenarios.ts'

/** A machine to whose state something wrong is done before each event. */
function spoilt(spoil: (machine: Machine, event: Event) => void): Plants {
  return {
    createMachine: (options: MachineOptions) => {
      const machine = createMachine(options)
      return {
        state: machine.state,
        report: (event) => {
          spoil(machine, event)
          machine.report(event)
        },
      }
    },
    createSigner: createLooseSigner,
  }
}

const withCommittee = (change: (context: Context) => Context['committee']): Plants => ({
  context: (context) => ({ ...context, committee: change(context) }),
})

const DELAYED = { strategy: 'delay-proposal', members: [3] }

/** Each row: a scenario that holds, a bug, and the seeds within which its checker finds it. */
const ROWS = [
  {
    rule: 'S3',
    bug: 'any 65 bytes are a signature of the group',
    scenario: { rounds: 10, adversaries: [{ strategy: 'forge-certificate', members: [3] }] },
    plants: {
      context: (context: Context): Context => ({
        ...context,
        crypto: {
          ...context.crypto,
          threshold: { ...context.crypto.threshold, verify: () => true },
        },
      }),
    },
    seedsMax: 1,
  },
  {
    rule: 'S4',
    bug: 'a started process forgets what its disk knows, while its clock was set back',
    scenario: {
      rounds: 40,
      network: { cuts: [{ fromMs: 9_000, toMs: 15_000, senders: [0, 1], receivers: [2, 3] }] },
      faults: [
        { type: 'crash', members: [1], atMs: 10_050, restartMs: 10_100 },
        { type: 'clockShift', members: [1], atMs: 10_060, byMs: -600 },
      ],
    },
    plants: spoilt((machine, event) => {
      if (event.type !== 'started') machine.state.barrier = 0
    }),
    seedsMax: 1,
  },
  {
    rule: 'S5',
    bug: 'observations count whatever their time says, with more liars than f',
    scenario: { rounds: 60, adversaries: [{ strategy: 'clock-liar', members: [3] }] },
    beyond: { adversaries: [{ strategy: 'clock-liar', members: [2, 3] }] },
    plants: withCommittee(({ committee }) => ({
      ...committee,
      params: {
        ...committee.params,
        timing: { ...committee.params.timing, clockSkewMsMax: 10_000 },
      },
    })),
    seedsMax: 1,
  },
  {
    rule: 'S6',
    bug: 'a member forgets what it signed and signs another report',
    scenario: { rounds: 60, committee: { members: 4, probeEvery: 4 }, adversaries: [DELAYED] },
    plants: spoilt((machine, event) => {
      if (event.type !== 'received' || event.message.message.type !== 'proposal') return
      for (const round of machine.state.rounds.values()) round.signed = null
    }),
    seedsMax: 3,
  },
  {
    rule: 'S7',
    bug: 'rounds are never forgotten',
    scenario: { rounds: 40 },
    plants: spoilt((machine) => {
      machine.state.rounds.delete = () => false
    }),
    seedsMax: 1,
  },
  {
    rule: 'L2',
    bug: 'late notices are forgotten, so that nobody who is silent leaves the expected set',
    scenario: { rounds: 200, adversaries: [{ strategy: 'mute', members: [3] }] },
    plants: spoilt((machine) => {
      for (const round of machine.state.rounds.values()) round.lates.fill(undefined)
    }),
    seedsMax: 1,
  },
  {
    rule: 'L3',
    bug: 'after a partition nobody speaks again',
    scenario: {
      rounds: 60,
      network: { cuts: [{ fromMs: 5_000, toMs: 12_000, senders: [0, 1], receivers: [2, 3] }] },
    },
    plants: spoilt((machine) => {
      if (machine.state.current > 12) machine.state.barrier = Number.MAX_SAFE_INTEGER
    }),
    seedsMax: 1,
  },
  {
    rule: 'L4',
    bug: 'the silence after a start never ends',
    scenario: {
      rounds: 200,
      committee: { members: 4, probeEvery: 8 },
      faults: [{ type: 'crash', members: [1], atMs: 10_000, restartMs: 15_000 }],
    },
    plants: spoilt((machine) => {
      if (machine.state.self === 1 && machine.state.current > 20) machine.state.barrier = 1e9
    }),
    seedsMax: 1,
  },
  {
    rule: 'L5',
    bug: 'nobody names a pair that others name',
    scenario: { rounds: 300 },
    plants: spoilt((machine) => {
      for (const round of machine.state.rounds.values()) round.namers.length = 0
    }),
    seedsMax: 1,
  },
] as const

describe('every checker can fail', () => {
  test.each(ROWS)('$rule finds that $bug', ({ rule, scenario, plants, seedsMax, ...rest }) => {
    const broken = { ...scenario, ...('beyond' in rest ? rest.beyond : {}) }
    const search = { rule, seedsMax, plants } as const
    expect(simulated(scenario).violations).toEqual([])
    expect(firstBreaking({ stopAtViolation: false, ...broken }, search)).not.toBeNull()
  })
})
