import type { Context } from './context.ts'
import type { Effect } from './effects.ts'
import type { Event } from './events.ts'
import { initialState, type State } from './state/state.ts'
import { step } from './step.ts'
import type { MemberIndex } from './values/ids.ts'

/**
 * One oracle as a state machine with a run-to-completion inbox, the same for node and simulator:
 * events that a host reports while effects are being performed wait for their turn.
 */
export interface Machine {
  readonly state: State
  /**
   * Reports an event. Effects reach `perform` before this returns, unless it was called from there.
   */
  readonly report: (event: Event) => void
}

export interface MachineOptions {
  readonly context: Context
  readonly self: MemberIndex
  /** Performs one effect; may report events, which are handled after the current step. */
  readonly perform: (effect: Effect) => void
}

/** Events that may wait at once; more means that a host reports in a loop without end. */
const INBOX_MAX = 100_000

/** @throws {Error} when an invariant is broken, or the inbox overflows: the process must stop */
export function createMachine({ context, self, perform }: MachineOptions): Machine {
  const state = initialState(context.committee, self)
  const inbox: Event[] = []
  let isRunning = false

  const run = (event: Event): void => {
    for (const effect of step(context, state, event)) perform(effect)
  }
  const report = (event: Event): void => {
    if (isRunning) {
      if (inbox.length >= INBOX_MAX) throw new Error('the inbox of the machine overflows')
      inbox.push(event)
      return
    }
    isRunning = true
    try {
      run(event)
      for (let next = inbox.shift(); next !== undefined; next = inbox.shift()) run(next)
    } finally {
      isRunning = false
    }
  }
  return { state, report }
}
