import { rememberWords } from '../aggregation/derived-feeds.ts'
import { forgetClaims } from '../agreement/claims.ts'
import { isBetter } from '../agreement/pair.ts'
import { rankLast, rememberSilent } from '../agreement/silence.ts'
import { invariant } from '../assert.ts'
import {
  type AttemptKey,
  type Candidate,
  certificateOf,
  isSameAttempt,
  keyOf,
  rememberCertificate,
} from '../candidate/candidate.ts'
import { openingOf } from '../committee/committee.ts'
import { firstInTurn } from '../committee/turn-order.ts'
import { type Context, orderOf } from '../context.ts'
import type { Event } from '../events.ts'
import { encodeCertificate } from '../messages/codec.ts'
import type { Certificate, SignatureShare, Verified } from '../messages/messages.ts'
import { sealCertificate } from '../messages/validate.ts'
import { type Attempt, type RoundState, sharesOf } from '../state/round-state.ts'
import { isInTerm } from '../state/state.ts'
import { note, roundStateOf, type Turn } from '../state/turn.ts'
import { hasMember, listMembers, type MemberIndex, NO_MEMBERS, withMember } from '../values/ids.ts'
import { appended } from '../values/lists.ts'

/** Members of a signing set that gossip what they combined at once; the others wait (§6.8). */
const PUBLISHERS = 2
/** Of a round: the fast path and one for each rank of proposers. */
const SLOTS = 3

/** Adds a share to the attempt it belongs to, and combines when all are here. */
export function addShare(turn: Turn, round: RoundState, share: Verified<SignatureShare>): void {
  const { message } = share
  const attempt = attemptOf(round, message)
  if (hasMember(attempt.have, message.sender)) return
  attempt.have = withMember(attempt.have, message.sender)
  tryCombine(turn, round, attempt)
}

function attemptOf(round: RoundState, key: AttemptKey): Attempt {
  const known = round.attempts.find((attempt) => isSameAttempt(attempt, key))
  if (known !== undefined) return known
  // Bounded: a member has one share for each slot, so there are at most three attempts a member.
  const attempt: Attempt = {
    number: round.attempts.length,
    slot: key.slot,
    reportDigest: key.reportDigest,
    signingSet: key.signingSet,
    expectedNext: key.expectedNext,
    inputsDigest: key.inputsDigest,
    have: NO_MEMBERS,
    combining: 'idle',
  }
  round.attempts = appended(round.attempts, attempt)
  return attempt
}

/** Tries every attempt again, when a candidate has come. */
export function tryCombineAll(turn: Turn, round: RoundState): void {
  for (const attempt of round.attempts) tryCombine(turn, round, attempt)
}

function tryCombine(turn: Turn, round: RoundState, attempt: Attempt): void {
  if (round.certificate !== null || attempt.combining !== 'idle') return
  if (attempt.have !== attempt.signingSet) return
  const candidate = candidateFor(round, attempt)
  if (candidate === undefined) return
  attempt.combining = 'busy'
  turn.out.push({
    type: 'combine',
    round: round.round,
    attempt: attempt.number,
    session: candidate.session,
    shares: listMembers(attempt.signingSet).map((index) => shareIn(round, index, attempt)),
  })
}

function shareIn(round: RoundState, member: MemberIndex, attempt: Attempt): Uint8Array {
  const first = round.shares[member]
  if (first !== undefined && isSameAttempt(first.message, attempt)) return first.message.share
  const found = sharesOf(round, member).find(({ message }) => isSameAttempt(message, attempt))
  invariant(found !== undefined, 'an attempt counts only shares that are kept')
  return found.message.share
}

function candidateFor(round: RoundState, attempt: Attempt): Candidate | undefined {
  return round.candidates.find((candidate) => isSameAttempt(keyOf(candidate), attempt))
}

/** Makes the certificate, and publishes it when it is this node's turn; or names the culprits. */
export function onCombined(turn: Turn, event: Extract<Event, { type: 'combined' }>): void {
  const round = roundStateOf(turn, event.round)
  const attempt = round?.attempts[event.attempt]
  if (round === null || attempt === undefined || attempt.combining !== 'busy') return
  if (event.signature === null) {
    attempt.combining = 'failed'
    // A host that could not combine blames nobody: its signer may be away.
    if (event.culprits === NO_MEMBERS) return
    // A wrong share is no answer: without this its sender is named again and fails every attempt.
    rankLast(turn, event.round, event.culprits)
    note(turn, 'SHARE_INVALID', { round: event.round, members: event.culprits })
    return
  }
  const candidate = candidateFor(round, attempt)
  attempt.combining = 'idle'
  if (candidate === undefined || round.certificate !== null) return
  onCertificate(turn, certificateWith(turn.context, candidate, event.signature))
  const order = orderOf(turn.context, round.round)
  const publishers = firstInTurn(order, attempt.signingSet, PUBLISHERS)
  const isPublisher = publishers.includes(turn.state.self)
  round.publishMs = turn.nowMs + (isPublisher ? 0 : turn.context.committee.params.timing.hopMs)
  turn.state.publishing.push(round)
  publishDue(turn, round)
}

function certificateWith(
  context: Context,
  candidate: Candidate,
  signature: Uint8Array,
): Verified<Certificate> {
  const known = certificateOf(context, candidate, signature)
  if (known !== null) return known
  const { report, slot, signingSet, expectedNext } = candidate
  const message: Certificate = {
    type: 'certificate',
    round: report.round,
    timestampMs: report.timestampMs,
    observers: report.observers,
    words: report.words,
    slot,
    signingSet,
    expectedNext,
    signature,
  }
  const bytes = encodeCertificate(context.committee, message)
  const certificate = sealCertificate(context, { message, bytes })
  rememberCertificate(context, candidate, certificate)
  return certificate
}

/**
 * Publishes the certificate made here when the time has come and nobody else's was heard (§6.8).
 */
export function publishDue(turn: Turn, round: RoundState): void {
  if (round.publishMs === null || round.publishMs > turn.nowMs) return
  endPublishing(turn, round)
  if (round.certificate !== null) turn.out.push({ type: 'publish', message: round.certificate })
}

/**
 * Somebody's certificate of the round is here: the one made here need not be published, unless it
 * is better. Kept back it would leave who has only the other one with another pair (§4.3, §6.8).
 */
export function hearCertificate(turn: Turn, { message }: Verified<Certificate>): void {
  const round = turn.state.rounds.get(message.round)
  if (round === undefined || round.publishMs === null) return
  if (round.certificate !== null && isBetter(round.certificate.message, message)) return
  endPublishing(turn, round)
}

function endPublishing({ state }: Turn, round: RoundState): void {
  round.publishMs = null
  state.publishing = state.publishing.filter((each) => each !== round)
}

/** Takes a sound certificate, whoever made it: the round is over, and it may be the best (§4.3). */
export function onCertificate(turn: Turn, certificate: Verified<Certificate>): void {
  const { state } = turn
  const { message } = certificate
  const round = roundStateOf(turn, message.round)
  const isBest = isBetter(message, state.best === null ? null : state.best.message)
  if (isBest) {
    state.best = certificate
    state.bestSinceMs = turn.nowMs
    turn.out.push({ type: 'keepCertificate', certificate })
  }
  if (state.claims.size > 0) forgetClaims(state, message)
  const isFirst = round === null ? isBest : round.certificate === null
  if (!isFirst) {
    // A member that named it as its basis is asked for it by its round (§4.4).
    const held = round?.certificate?.message
    if (round !== null && held !== undefined && isBetter(message, held)) {
      round.certificate = certificate
    }
    return
  }
  const path = message.slot === 0 ? 'fast' : 'proposed'
  turn.out.push({ type: 'certified', certificate, path })
  const { committee } = turn.context
  const { feeds } = committee.params
  const openedMs = openingOf(committee, message.round)
  rememberWords(state.derived, { feeds, openedMs, words: message.words })
  if (round === null) return
  // A proposal certified: who left a lower slot without an answer is known by now.
  rememberSilent(turn, round, message.slot)
  round.certificate = certificate
  round.isClosed = true
  // A round that has not opened has no nonces here, and the one before may still need its own.
  if (message.round <= state.current) {
    turn.out.push({ type: 'eraseNonces', upTo: message.round })
  }
}

/** At voteMs without a certificate: remembers who did not answer, and ends the round. */
export function endRound(turn: Turn, round: RoundState): void {
  rememberSilent(turn, round, SLOTS)
  closeRound(turn, round)
}

/** Nobody here signs for the round any more (§6.9). */
export function closeRound(turn: Turn, round: RoundState): void {
  if (round.isClosed) return
  round.isClosed = true
  // By a doubted clock nothing was prepared, and the round may be one of tomorrow: a signer that
  // goes on after this process would answer for none until then (§4.6).
  if (turn.state.clock !== 'doubted') turn.out.push({ type: 'eraseNonces', upTo: round.round })
  // A round outside of the term was nobody's here: there was nothing to skip.
  if (!isInTerm(turn.state.term, round.openingMs)) return
  turn.out.push({ type: 'skipped', round: round.round })
}
