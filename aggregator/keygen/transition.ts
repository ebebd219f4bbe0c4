import { invariant } from '../assert.ts'
import type { Members } from '../values/ids.ts'
import type { KeygenContext } from './context.ts'
import { type Evidence, isConclusive } from './evidence.ts'
import type { KeygenEffect, KeygenOutcome, KeygenState } from './machine.ts'
import type { KeygenPhase, ShareStatement, Statement } from './statements.ts'

/** Collects the effects of one event. */
export interface Step {
  readonly context: KeygenContext
  readonly state: KeygenState
  readonly nowMs: number
  readonly effects: KeygenEffect[]
}

export function enter(step: Step, phase: KeygenPhase): void {
  step.state.phase = phase
  step.state.enteredMs = step.nowMs
}

export function broadcast(step: Step, statement: Exclude<Statement, ShareStatement>): void {
  step.effects.push({ type: 'broadcast', statement })
}

/** Tells everybody that this member gives up, and for want of whom. */
export function accuse(step: Step, against: Members): void {
  const { self, phase } = step.state
  broadcast(step, { type: 'accusation', sender: self, phase, against })
}

/** Ends it by statements of one member that convict it. */
export function convictBy(
  step: Step,
  { kind, statements }: Pick<Evidence, 'kind' | 'statements'>,
): void {
  const accused = statements[0]?.statement.sender
  invariant(accused !== undefined, 'evidence holds the statements of somebody')
  const evidence: Evidence = { kind, accused, statements }
  invariant(isConclusive(step.context, evidence), 'only conclusive evidence is made')
  convict(step, evidence)
}

/** Ends it by evidence that was judged already. */
export function convict(step: Step, evidence: Evidence): void {
  step.state.evidence = evidence
  step.effects.push({ type: 'publishEvidence', evidence })
  end(step, { type: 'convicted', evidence })
}

export function end({ state, effects }: Step, outcome: KeygenOutcome): void {
  state.outcome = outcome
  effects.push({ type: 'end', outcome })
}
