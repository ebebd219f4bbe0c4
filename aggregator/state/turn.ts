import { openingOf } from '../committee/committee.ts'
import type { Context } from '../context.ts'
import type { Effect, NoteCode } from '../effects.ts'
import { hasMember, type Members, type Round } from '../values/ids.ts'
import type { UnixMs } from '../values/time.ts'
import { newRound, type RoundState } from './round-state.ts'
import { isInTerm, type State } from './state.ts'

/** What a phase works with during one step. */
export interface Turn {
  readonly context: Context
  readonly state: State
  readonly nowMs: UnixMs
  readonly out: Effect[]
}

/** State of a round within the window of §4.2, made when first asked for; null outside of it. */
export function roundStateOf(turn: Turn, round: Round): RoundState | null {
  const { state, context } = turn
  const known = state.rounds.get(round)
  if (known !== undefined) return known
  const { roundsKept } = context.committee.params.limits
  if (round < 1 || round > state.current + 1 || round < state.current - roundsKept) return null
  const made = newRound(context.committee, round)
  state.rounds.set(round, made)
  return made
}

/** As many as the engine needs to compile what a round runs through, measured (ADR 0056). */
export const REHEARSAL_ROUNDS = 8

/** Whether this node may send anything of its own in a round (§4.2, §4.6, §10.3, §11.2). */
export function mayAct(turn: Turn, round: Round): boolean {
  return mayObserve(turn, round) && isInTerm(turn.state.term, openingIn(turn, round))
}

/**
 * Whether it may send an observation: also in the last rounds before its term (§11.2), which nobody
 * signs. So the first one that counts finds processes, connections and arrivals in their stride.
 */
export function mayObserve(turn: Turn, round: Round): boolean {
  const { state, context } = turn
  const { fromMs, untilMs } = state.term
  if (fromMs === 'never') return false
  const rehearsedMs = REHEARSAL_ROUNDS * context.committee.params.timing.roundMs
  return (
    round > state.barrier &&
    round > state.hearing &&
    state.clock === 'agrees' &&
    isInTerm({ fromMs: fromMs - rehearsedMs, untilMs }, openingIn(turn, round)) &&
    !hasMember(state.convicted, state.self)
  )
}

function openingIn({ context }: Turn, round: Round): UnixMs {
  return openingOf(context.committee, round)
}

/** Records something for operators and researchers. */
export function note(
  turn: Turn,
  code: NoteCode,
  about: { readonly round: Round; readonly members: Members },
): void {
  turn.out.push({ type: 'note', code, ...about })
}
