import { barrierAfter } from '../promises/barrier.ts'
import type { Doubt, Heard, State } from '../state/state.ts'
import { note, type Turn } from '../state/turn.ts'
import {
  countMembers,
  difference,
  type MemberIndex,
  type Members,
  NO_MEMBERS,
  type Round,
  withMember,
} from '../values/ids.ts'

/**
 * Rounds that a clock may have passed over before it is doubted: as long as a short outage, so that
 * a committee that was down together goes on at once, and as short as a silence may be that a wrong
 * clock below it costs.
 */
export const UNSEEN_ROUNDS_MAX = 64
/** A message of so many rounds ago was said now: the last one of before, and one for the skew. */
export const NEAR_ROUNDS = 2
/** Rounds after which members that answer would have been heard by gossip, if they spoke. */
export const WAITED_ROUNDS = 16
/** Whose round has not risen for so long does not speak now. */
const FRESH_ROUNDS = 8
/** In doubt, all members are asked again after so many rounds. */
const ASKED_EVERY_ROUNDS = 8

/** A member said something that it signed for a round, wherever that lies (§4.2). */
export function hearMember({ state }: Turn, member: MemberIndex, round: Round): void {
  const heard = state.heard[member]
  if (heard === undefined || member === state.self || round <= heard.round) return
  heard.round = round
  heard.at = state.current
}

/** A member answered a request over a direct stream: it runs, and can be reached. */
export function onAnswered({ state }: Turn, { from }: { readonly from: MemberIndex }): void {
  const heard = state.heard[from]
  if (heard !== undefined && state.doubt !== null) heard.answeredAt ??= state.current
}

/**
 * When a round opens: whether this node's clock can be believed. It is behind when f+1 members are
 * two rounds ahead, who cannot all lie (§4.2). It is doubted when it passed over many rounds at
 * once, until something shows that it is not ahead (§4.6).
 *
 * @param before the round that was open until now
 */
export function followClock(turn: Turn, before: Round): void {
  const { state, context } = turn
  const { current: round } = state
  state.unseen += round - before - 1
  const ahead = heardFrom(state, round + 2)
  if (countMembers(ahead) > context.committee.f) {
    state.unseen = 0
    state.doubt = null
    if (state.clock !== 'behind') note(turn, 'CLOCK_BEHIND', { round, members: ahead })
    state.clock = 'behind'
    return
  }
  if (state.clock === 'behind') {
    // The barrier of the start was taken from a clock that was behind.
    state.barrier = barrierAfter(context.committee, {
      nowMs: turn.nowMs,
      watermark: state.barrier,
    })
  }
  followDoubt(turn)
  const clock = state.doubt === null ? 'agrees' : 'doubted'
  if (clock === 'agrees' && state.clock !== 'agrees') {
    note(turn, 'CLOCK_AGREES', { round, members: NO_MEMBERS })
  }
  state.clock = clock
}

/** Begins a doubt, ends it, or asks on in it (§4.6). */
function followDoubt(turn: Turn): void {
  const { state } = turn
  const { current: round } = state
  if (isBorneOut(turn)) {
    state.unseen = 0
    state.doubt = null
    return
  }
  if (state.doubt === null) {
    if (state.unseen <= UNSEEN_ROUNDS_MAX) return
    state.doubt = { since: round, floor: state.known, isContradicted: false }
    for (const heard of state.heard) heard.answeredAt = null
    note(turn, 'CLOCK_DOUBTED', { round, members: NO_MEMBERS })
  } else if (round - state.doubt.since >= WAITED_ROUNDS) {
    judgeDoubt(turn, state.doubt)
    if (state.doubt === null) return
  }
  if ((round - state.doubt.since) % ASKED_EVERY_ROUNDS === 0) askAll(turn)
}

/**
 * Whether honest members were in this round, or just before it: f+1 members say so, or a
 * certificate, which f members cannot make. Both can be held back, and neither made beforehand.
 */
function isBorneOut({ state, context }: Turn): boolean {
  const from = state.current - NEAR_ROUNDS
  if ((state.best?.message.round ?? 0) >= from) return true
  return countMembers(heardFrom(state, from)) > context.committee.f
}

/**
 * While f+1 members speak in older rounds, one of them is honest and its clock right: this one is
 * not. Where too few for a certificate can be reached, nothing is lost by silence. Else all are
 * silent that could speak: they have doubts as well, and somebody must begin.
 */
function judgeDoubt(turn: Turn, doubt: Doubt): void {
  const { state, context } = turn
  const { current: round } = state
  const older = speakingBelow(state, doubt)
  const isContradicted = countMembers(older) > context.committee.f
  if (isContradicted) {
    if (!doubt.isContradicted) note(turn, 'CLOCK_CONTRADICTED', { round, members: older })
    doubt.isContradicted = true
    return
  }
  doubt.isContradicted = false
  const waiting = difference(answeredBy(state, round - WAITED_ROUNDS), older)
  if (countMembers(waiting) < context.committee.signingThreshold - 1) return
  state.unseen = 0
  state.doubt = null
  note(turn, 'CLOCK_UNCONTRADICTED', { round, members: waiting })
}

/** Asks all other members for their best certificate (§4.4). */
export function askAll({ state, context, out }: Turn): void {
  for (let to = 0; to < context.committee.size; to++) {
    if (to === state.self) continue
    const message = { type: 'syncRequest', round: 0, observers: NO_MEMBERS } as const
    out.push({ type: 'send', to, message })
  }
}

const heardFrom = (state: State, from: Round): Members =>
  membersWhere(state, ({ round }) => round >= from)

/** Members whose messages have risen lately, in rounds that this node's clock has left behind. */
function speakingBelow(state: State, { floor }: Doubt): Members {
  const from = state.current - FRESH_ROUNDS
  const near = state.current - NEAR_ROUNDS
  return membersWhere(state, ({ round, at }) => at >= from && round > floor && round < near)
}

const answeredBy = (state: State, latest: Round): Members =>
  membersWhere(state, ({ answeredAt }) => answeredAt !== null && answeredAt <= latest)

function membersWhere(state: State, holds: (heard: Heard) => boolean): Members {
  let members = NO_MEMBERS
  state.heard.forEach((heard, member) => {
    if (holds(heard)) members = withMember(members, member)
  })
  return members
}
