import { type PastFeedValue, rememberValue, withDerived } from '../aggregation/derived-feeds.ts'
import { askAll, followClock } from '../agreement/clock.ts'
import { absentBefore } from '../agreement/late.ts'
import { basisOf, pairOf } from '../agreement/pair.ts'
import { vouchedIn } from '../agreement/returning.ts'
import { openingOf, roundAt } from '../committee/committee.ts'
import type { Event } from '../events.ts'
import { unsignedOf } from '../messages/codec.ts'
import type { Observation } from '../messages/messages.ts'
import { barrierAfter, isBackFromPause } from '../promises/barrier.ts'
import type { RoundState } from '../state/round-state.ts'
import type { State } from '../state/state.ts'
import { mayObserve, roundStateOf, type Turn } from '../state/turn.ts'
import { type Round, withMember } from '../values/ids.ts'
import { appended } from '../values/lists.ts'

/** Sets what a process may do after a start, from what its disk still knows (protocol §10.3). */
export function onStarted(turn: Turn, event: Extract<Event, { type: 'started' }>): void {
  const { state, context } = turn
  state.best = event.certificate
  state.bestSinceMs = turn.nowMs
  for (const evidence of event.evidence) {
    const { accused } = evidence.message
    state.convicted = withMember(state.convicted, accused)
    state.evidence[accused] = evidence
  }
  rememberPast(turn, event.past)
  state.barrier = barrierAfter(context.committee, {
    nowMs: turn.nowMs,
    watermark: event.watermark,
  })
  state.current = roundAt(context.committee, turn.nowMs)
  const { round: certified } = basisOf(event.certificate?.message ?? null)
  state.known = certified > event.watermark ? certified : event.watermark
  state.unseen = state.current > state.known ? state.current - state.known : 0
  askAll(turn)
}

/** Keeps certified values of another process or committee for the feeds derived from them. */
export function rememberPast({ state, context }: Turn, past: readonly PastFeedValue[]): void {
  const { feeds } = context.committee.params
  for (const each of past) rememberValue(state.derived, feeds, each)
}

/** T_r: freezes the pair, forgets old rounds, asks for the local values (§4.3, §6.1). */
export function openRound(turn: Turn, round: Round): void {
  const { state, context } = turn
  const { current: before } = state
  state.current = round
  if (isBackFromPause(before, round)) state.hearing = round + 1
  forgetBefore(state, round - context.committee.params.limits.roundsKept)
  followClock(turn, before)
  const roundState = roundStateOf(turn, round)
  if (roundState === null) return
  const best = state.best === null ? null : state.best.message
  roundState.pair = pairOf(context, round, {
    best,
    convicted: state.convicted,
    absent: absentBefore(turn, round),
  })
  roundState.basis = basisOf(best)
  const { hopMs, clockSkewMsMax } = context.committee.params.timing
  const settledMs = roundState.openingMs - hopMs - clockSkewMsMax
  roundState.settled = {
    basis: state.bestSinceMs <= settledMs,
    members: state.convictedSinceMs <= settledMs && !isLostBefore(state, round),
  }
  if (mayObserve(turn, round) && !roundState.isClosed) turn.out.push({ type: 'sample', round })
}

/** Whether the round before was opened here and has no certificate. */
function isLostBefore(state: State, round: Round): boolean {
  const before = state.rounds.get(round - 1)
  return before !== undefined && before.pair !== null && before.certificate === null
}

function forgetBefore(state: State, oldest: Round): void {
  state.rounds.deleteWhere((round) => round < oldest)
  if (state.publishing.length > 0) {
    state.publishing = state.publishing.filter(({ round }) => round >= oldest)
  }
}

/** Promises, then reveals this node's observation (§6.1, §10.1). */
export function onSampled(turn: Turn, event: Extract<Event, { type: 'sampled' }>): void {
  const { state, context } = turn
  const { round } = event
  const roundState = roundStateOf(turn, round)
  if (roundState === null || roundState.pair === null || round !== state.current) return
  if (!mayObserve(turn, round) || roundState.ownDigests.length > 0) return
  const { includeMs, clockSkewMsMax } = context.committee.params.timing
  // Too late to be counted by anyone: silence costs less than a useless promise.
  const latestMs = openingOf(context.committee, round) + includeMs + clockSkewMsMax
  if (turn.nowMs > latestMs) return
  const observation: Observation = {
    type: 'observation',
    round,
    sender: state.self,
    timestampMs: turn.nowMs,
    pair: roundState.pair,
    basis: roundState.basis,
    vouched: vouchedIn(turn, roundState, roundState.pair),
    values: withinBounds(turn, valuesAt(turn, roundState, event.values)),
    sourceCommitment: event.sourceCommitment,
    commitments: event.commitments,
  }
  const unsigned = unsignedOf(context, observation)
  roundState.ownDigests = appended(roundState.ownDigests, unsigned.digest)
  const promise = { round, kind: 'observation', digest: unsigned.digest } as const
  turn.out.push({ type: 'persist', promise }, { type: 'broadcast', message: unsigned })
}

/** The sources' values, and of derived feeds what the certificates before this round say (§6.1). */
function valuesAt(turn: Turn, round: RoundState, values: readonly (bigint | null)[]) {
  const { feeds } = turn.context.committee.params
  return withDerived(values, turn.state.derived, { feeds, endMs: round.openingMs })
}

/** A value outside its feed's bounds is absent: others would reject the whole observation. */
function withinBounds(turn: Turn, values: readonly (bigint | null)[]): (bigint | null)[] {
  return turn.context.committee.params.feeds.map((feed, index) => {
    const value = values[index] ?? null
    return value === null || value < feed.valueMin || value > feed.valueMax ? null : value
  })
}
