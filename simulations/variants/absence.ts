import { isProbe } from '../../aggregator/committee/committee.ts'
import type { Machine, MachineOptions } from '../../aggregator/machine.ts'
import { spoilt, type Variant } from '../variant.ts'

/** The rules that leave out who is absent, silent or convicted (§4.3, §6.5, §6.6, §9.1). */
export const ABSENCE_VARIANTS: readonly Variant[] = [
  {
    name: 'no-late-notices',
    summary: 'late notices are not listened to, so that nobody leaves the expected set (§6.5)',
    plants: {
      createMachine: spoilt((machine) => {
        for (const round of machine.state.rounds.values()) round.lates.fill(undefined)
      }),
    },
  },
  {
    name: 'no-memory-of-silence',
    summary: 'who left a proposal unanswered is named as a signer again (§6.6)',
    plants: {
      createMachine: spoilt((machine) => {
        machine.state.unansweredUntil.fill(0)
      }),
    },
  },
  {
    name: 'fast-path-needs-no-answer',
    summary: 'who withholds its share of the fast path is named as a signer again (§6.6)',
    plants: {
      createMachine: spoilt((machine) => {
        for (const round of machine.state.rounds.values()) round.prompt &= ~1
      }),
    },
  },
  {
    name: 'lost-rounds-teach-nothing',
    summary: 'notices of a round that ended without a certificate are forgotten (ADR 0052)',
    plants: {
      createMachine: spoilt((machine) => {
        const { current, rounds } = machine.state
        for (const round of rounds.values()) {
          const isLost = round.certificate === null && (round.round < current || round.isClosed)
          if (isLost) round.lates.fill(undefined)
        }
      }),
    },
  },
  {
    name: 'any-pair-is-right',
    summary: 'nobody is blamed for the pair that it names (§6.5)',
    plants: {
      createMachine: spoilt((machine) => {
        for (const round of machine.state.rounds.values()) {
          round.settled = { basis: false, members: false }
        }
      }),
    },
  },
  {
    name: 'claims-need-no-proof',
    summary: 'who claims a certificate and does not bring it is not blamed (§6.5, ADR 0051)',
    plants: { createMachine: spoilt((machine) => machine.state.claims.clear()) },
  },
  {
    name: 'who-returns-may-be-left-out',
    summary: 'a proposer need not include who would come back (§6.7, ADR 0083)',
    plants: { createMachine: machineThatMayLeaveOut },
  },
  {
    name: 'nobody-is-convicted',
    summary: 'evidence changes nothing (§9.1)',
    plants: {
      createMachine: spoilt((machine) => {
        machine.state.convicted = 0
        machine.state.evidence.fill(undefined)
      }),
    },
  },
]

/** In probe rounds alone: members vouch by what was here in time in the round before. */
function machineThatMayLeaveOut(options: MachineOptions): Machine {
  return spoilt((machine) => {
    for (const round of machine.state.rounds.values()) {
      if (round.pair === null || !isProbe(options.context.committee, round.round)) continue
      round.included &= round.pair.expected
    }
  })(options)
}
