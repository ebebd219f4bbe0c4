import { rememberClaim } from '../agreement/claims.ts'
import { basisOf, isHigher, isSamePair } from '../agreement/pair.ts'
import { orderOf } from '../context.ts'
import type { Event } from '../events.ts'
import { isConflict } from '../messages/conflict.ts'
import type {
  Evidence,
  GossipMessage,
  Late,
  MemberMessage,
  Observation,
  Proposal,
  SignatureShare,
  Verified,
} from '../messages/messages.ts'
import { answerWithin } from '../messages/sync.ts'
import { evidenceFrom, isSameClaim } from '../messages/validate.ts'
import { type RoundState, sharesOf } from '../state/round-state.ts'
import { note, type Turn } from '../state/turn.ts'
import { equalBytes } from '../values/bytes.ts'
import {
  countMembers,
  hasMember,
  listMembers,
  membersOf,
  NO_MEMBERS,
  withMember,
  withoutMember,
} from '../values/ids.ts'
import { appended } from '../values/lists.ts'

/** Whether a message changed what is known of its round; conflicts and repeats did not. */
export type Collected = 'new' | 'nothing'

/** Keeps an observation; a second, different one convicts its sender (protocol §6.2). */
export function onObservation(
  turn: Turn,
  round: RoundState,
  observation: Verified<Observation>,
): Collected {
  const { sender } = observation.message
  if (hasMember(turn.state.convicted, sender)) return 'nothing'
  const earlier = round.observations[sender]
  if (earlier !== undefined) return repeated(turn, earlier, observation)
  round.observations[sender] = observation
  if (!isTimely(turn, round, observation.message)) {
    note(turn, 'OBSERVATION_UNTIMELY', { round: round.round, members: membersOf([sender]) })
    return 'nothing'
  }
  round.counted = withMember(round.counted, sender)
  const { includeMs } = turn.context.committee.params.timing
  if (turn.nowMs <= round.openingMs + includeMs) round.included = withMember(round.included, sender)
  recordNamer(round, observation.message)
  askForBasis(turn, round, observation.message)
  return 'new'
}

/** §5.1: within [T_r − skew, T_r + includeMs + skew] by the nominal opening. */
function isTimely(turn: Turn, round: RoundState, observation: Observation): boolean {
  const { includeMs, clockSkewMsMax } = turn.context.committee.params.timing
  const { timestampMs } = observation
  return (
    timestampMs >= round.openingMs - clockSkewMsMax &&
    timestampMs <= round.openingMs + includeMs + clockSkewMsMax
  )
}

function recordNamer(round: RoundState, { pair, sender }: Observation): void {
  for (const namers of round.namers) {
    if (isSamePair(namers.pair, pair)) {
      namers.members = withMember(namers.members, sender)
      return
    }
  }
  round.namers = appended(round.namers, { pair, members: membersOf([sender]) })
}

/** Asks senders that claim a better certificate for it, f+1 a round at most (§4.4). */
function askForBasis(turn: Turn, round: RoundState, observation: Observation): void {
  const { basis, sender } = observation
  const { state, context } = turn
  if (sender === state.self) return
  if (!isHigher(basis, basisOf(state.best === null ? null : state.best.message))) return
  if (countMembers(round.asked) > context.committee.f) return
  round.asked = withMember(round.asked, sender)
  // By its round: the sender's best one may have moved on before it is asked.
  const owed = rememberClaim(state, observation)
  const message = { type: 'syncRequest', round: owed.round, observers: NO_MEMBERS } as const
  turn.out.push({ type: 'send', to: sender, message })
}

export function onLate(turn: Turn, round: RoundState, late: Verified<Late>): Collected {
  const earlier = round.lates[late.message.sender]
  if (earlier !== undefined) return repeated(turn, earlier, late)
  round.lates[late.message.sender] = late
  return 'new'
}

/** Keeps the first proposal of each rank; what it carries is kept as if it had come alone. */
export function onProposal(turn: Turn, round: RoundState, proposal: Verified<Proposal>): Collected {
  const { rank, sender } = proposal.message
  for (const evidence of proposal.message.evidence) onEvidence(turn, evidence)
  for (const late of proposal.message.lates) {
    if (isForeignOwn(turn, round, late)) turn.out.push({ type: 'halt', code: 'KEY_RUNS_TWICE' })
    else onLate(turn, round, late)
  }
  if (hasMember(turn.state.convicted, sender)) return 'nothing'
  // Only the member whose turn it is fills the place: else anyone could squat it and lose the
  // round.
  if (orderOf(turn.context, round.round)[rank] !== sender) return 'nothing'
  const earlier = round.proposals[rank]
  if (earlier !== undefined) return repeated(turn, earlier, proposal)
  round.proposals[rank] = proposal
  return 'new'
}

/** Keeps one share of a member for each slot; two that contradict each other convict (§9.1). */
export function onShare(turn: Turn, round: RoundState, share: Verified<SignatureShare>): Collected {
  const { sender, signingSet } = share.message
  if (hasMember(turn.state.convicted, sender) || !hasMember(signingSet, sender)) return 'nothing'
  if (round.shares[sender] === undefined) {
    round.shares[sender] = share
    return 'new'
  }
  for (const each of sharesOf(round, sender)) {
    if (isSameClaim(each, share)) return 'nothing'
    if (isConflict(each, share)) return repeated(turn, each, share)
  }
  round.moreShares = appended(round.moreShares, share)
  return 'new'
}

function repeated<M extends MemberMessage>(
  turn: Turn,
  earlier: Verified<M>,
  later: Verified<M>,
): Collected {
  if (isSameClaim(earlier, later)) return 'nothing'
  const evidence = evidenceFrom(turn.context, [earlier, later])
  if (evidence === null) return 'nothing'
  if (onEvidence(turn, evidence)) turn.out.push({ type: 'publish', message: evidence })
  return 'nothing'
}

/** Convicts a member: it is in no E, S or observer set from now on (§9.1). True when it is news. */
export function onEvidence(turn: Turn, evidence: Verified<Evidence>): boolean {
  const { state } = turn
  const { accused } = evidence.message
  if (hasMember(state.convicted, accused)) return false
  state.convicted = withMember(state.convicted, accused)
  state.convictedSinceMs = turn.nowMs
  state.evidence[accused] = evidence
  for (const round of state.rounds.values()) {
    round.counted = withoutMember(round.counted, accused)
    round.included = withoutMember(round.included, accused)
    for (const namers of round.namers) namers.members = withoutMember(namers.members, accused)
  }
  const members = membersOf([accused])
  note(turn, 'MEMBER_CONVICTED', { round: evidence.message.round, members })
  turn.out.push({ type: 'keepEvidence', evidence })
  return true
}

/**
 * Answers with the best certificate, that of the round asked about, the observations asked for,
 * and all evidence (§4.2, §5.5): what a round waits for comes first, and evidence beyond the limits
 * of an answer travels by gossip.
 */
export function onSyncRequested(
  turn: Turn,
  event: Extract<Event, { type: 'syncRequested' }>,
): void {
  const { state, context } = turn
  const held: (Verified<GossipMessage> | undefined)[] = [state.best ?? undefined]
  const round = state.rounds.get(event.request.round)
  if (round !== undefined && round.round !== state.best?.message.round) {
    held.push(round.certificate ?? undefined)
  }
  for (const index of listMembers(event.request.observers)) held.push(round?.observations[index])
  held.push(...state.evidence)
  const messages = answerWithin(context.committee, held)
  turn.out.push({ type: 'send', to: event.from, message: { type: 'syncAnswer', messages } })
}

/**
 * Whether a message under this node's own key is none that this process sent (§9.3). In the round
 * of the barrier nothing that ran before can have spoken, and this process is silent: a twin that
 * starts beside a running node hears it there, and stops before it contradicts it.
 */
export function isForeignOwn(
  turn: Turn,
  round: RoundState,
  message: Verified<MemberMessage>,
): boolean {
  const { state } = turn
  if (message.message.sender !== state.self || round.round < state.barrier) return false
  return !round.ownDigests.some((digest) => equalBytes(digest, message.digest))
}
