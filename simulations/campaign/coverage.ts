import type { Event } from '../../aggregator/events.ts'
import { createMachine } from '../../aggregator/machine.ts'
import type { State } from '../../aggregator/state/state.ts'
import { Simulation } from '../run/simulation.ts'
import { drawCoverage } from './coverage-worlds.ts'

/** Where a machine stands when an event reaches it (protocol §6, §10.3). */
export const PHASES = [
  'unstarted',
  'silent',
  'observing',
  'after-include',
  'first-proposal',
  'second-proposal',
  'certified',
  'skipped',
] as const
export type Phase = (typeof PHASES)[number]

/** Kinds of events; a message counts by its type. Events of a chain are not of this world. */
export const EVENT_KINDS = [
  'started',
  'alarmFired',
  'sampled',
  'received observation',
  'received late',
  'received proposal',
  'received share',
  'received certificate',
  'received evidence',
  'memberAhead',
  'memberBehind',
  'answered',
  'syncRequested',
  'shareSigned',
  'combined',
] as const
export type EventKind = (typeof EVENT_KINDS)[number]

/** Times that each event met each phase, by `cellName`. */
export type Coverage = Readonly<Record<string, number>>

export function cellName(phase: Phase, kind: string): string {
  return `${phase} × ${kind}`
}

/** Cells that no host can reach, and why. */
export function isImpossible(phase: Phase, kind: EventKind): boolean {
  // A process is told that it started first, and once.
  if ((phase === 'unstarted') !== (kind === 'started')) return true
  // Who speaks in rounds long past is told of in doubt alone, which is silent (§4.6).
  if (kind === 'memberBehind' && phase !== 'silent') return true
  // Values are asked for when a round opens, and a host answers at once.
  return kind === 'sampled' && phase !== 'observing'
}

/** Counts the cells that one run reaches, on all members. */
export function coverageOf(seed: number, rounds: number): Coverage {
  const counts: Record<string, number> = {}
  const counting: typeof createMachine = (options) => {
    const machine = createMachine(options)
    let isStarted = false
    return {
      state: machine.state,
      report: (event) => {
        const phase = isStarted ? phaseOf(machine.state) : 'unstarted'
        isStarted = true
        const cell = cellName(phase, kindOf(event))
        counts[cell] = (counts[cell] ?? 0) + 1
        machine.report(event)
      },
    }
  }
  const scenario = drawCoverage(seed, rounds)
  new Simulation({ scenario, seed, checkers: [], plants: { createMachine: counting } }).run()
  return counts
}

function phaseOf(state: State): Phase {
  const round = state.rounds.get(state.current)
  if (state.current <= state.barrier || state.clock !== 'agrees' || round === undefined) {
    return 'silent'
  }
  if (round.certificate !== null) return 'certified'
  if (round.isClosed) return 'skipped'
  // The stages of step.ts: late notices, two of each proposal, the end.
  if (round.stage === 0) return 'observing'
  if (round.stage < 3) return 'after-include'
  return round.stage < 5 ? 'first-proposal' : 'second-proposal'
}

function kindOf(event: Event): string {
  return event.type === 'received' ? `received ${event.message.message.type}` : event.type
}
