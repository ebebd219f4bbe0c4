import type { Context } from '../context.ts'
import { equalBytes } from '../values/bytes.ts'
import { listMembers, type MemberIndex, membersOf } from '../values/ids.ts'
import type { UnixMs } from '../values/time.ts'
import { type Handover, handoverMessageOf, hasLapsed, type SignedHandover } from './handover.ts'
import {
  ATTEMPT_MS,
  attemptAt,
  coordinatorOf,
  type HandoverEffect,
  type HandoverEvent,
  type HandoverState,
  newAttempt,
  SESSION_AFTER_MS,
} from './machine.ts'
import { rankLast, signersAmong, silentIn } from './ranking.ts'
import {
  type HandoverShare,
  type Offer,
  type Session,
  type Signed,
  signingSessionOf,
} from './statements.ts'

interface Turn {
  readonly context: Context
  readonly state: HandoverState
  readonly nowMs: UnixMs
  readonly out: HandoverEffect[]
}

/**
 * One event of the agreement on a hand-over (protocol §11.2). Deterministic; holds no secret. In
 * each window of time those whose operators approve offer to sign, the window's coordinator names
 * t of them, and these answer with shares; whoever holds all of a session combines them.
 */
export function stepHandover(
  context: Context,
  state: HandoverState,
  event: HandoverEvent,
): readonly HandoverEffect[] {
  const turn: Turn = { context, state, nowMs: event.nowMs, out: [] }
  enterAttempt(turn)
  take(turn, event)
  if (state.signed === null) lapse(turn)
  if (state.signed === null && state.approved !== null) advance(turn)
  return turn.out
}

/**
 * Lets go of an approval whose time is long over, or the member that approves last could have it
 * signed any time later. What is locked stands: whoever holds all shares may have signed it.
 */
function lapse({ state, nowMs, out }: Turn): void {
  const { approved, locks } = state
  if (approved === null || locks.has(approved.handover.epoch)) return
  if (!hasLapsed(approved.handover, nowMs)) return
  state.approved = null
  out.push({ type: 'lapse', handover: approved.handover })
}

function take(turn: Turn, event: HandoverEvent): void {
  const { state } = turn
  switch (event.type) {
    case 'started':
      for (const { epoch, message } of event.locks) state.locks.set(epoch, message)
      state.signed = event.signed
      return
    case 'ticked':
      return
    case 'approved':
      approve(turn, event.handover)
      return
    case 'committed':
      offer(turn, event)
      return
    case 'received':
      receive(turn, event.signed)
      return
    case 'unlocked':
      state.locks.delete(event.epoch)
      return
    case 'shareMade':
      answer(turn, event)
      return
    case 'combined':
      onCombined(turn, event)
      return
    case 'signedReceived':
      keep(turn, event.signed)
      return
  }
}

/** Opens the window of now; who was named in the last one and gave no answer ranks last. */
function enterAttempt({ context, state, nowMs }: Turn): void {
  const number = attemptAt(nowMs)
  const { attempt, early } = state
  // A clock that is set back keeps the attempt it is in: an attempt is entered once.
  if (number <= attempt.number) return
  for (const silent of silentIn(attempt)) rankLast(state, silent)
  state.attempt = newAttempt(number, context.committee.size)
  state.early = new Array(context.committee.size)
  if (number === attempt.number + 1) {
    early.forEach((each, sender) => {
      state.attempt.offers[sender] = each
    })
  }
}

/** Takes the operator's will, unless another hand-over of the epoch is locked (§11.2). */
function approve(turn: Turn, handover: Handover | null): void {
  const { state, context } = turn
  state.approved = null
  if (handover === null) return
  const message = handoverMessageOf(context.crypto.keccak256, handover)
  const locked = lockedMessage(turn, handover.epoch)
  if (locked !== undefined && !equalBytes(locked, message)) {
    turn.out.push({ type: 'refuse', epoch: handover.epoch, locked })
    return
  }
  state.approved = { handover, message }
}

/** What stands for an epoch: this member's lock, or what the committee has signed without it. */
function lockedMessage({ context, state }: Turn, epoch: number): Uint8Array | undefined {
  const { locks, signed } = state
  if (signed?.handover.epoch !== epoch) return locks.get(epoch)
  return handoverMessageOf(context.crypto.keccak256, signed.handover)
}

function offer(turn: Turn, event: Extract<HandoverEvent, { type: 'committed' }>): void {
  const { attempt, approved, self } = turn.state
  if (event.attempt !== attempt.number || attempt.own !== 'committing' || approved === null) return
  attempt.own = 'offered'
  const { message } = approved
  const head = { sender: self, attempt: attempt.number, message }
  const { commitment } = event
  turn.out.push({ type: 'broadcast', statement: { type: 'offer', ...head, commitment } })
}

/** Keeps a statement of this attempt, and offers of the next; the first of its kind counts. */
function receive(turn: Turn, { statement, ...rest }: Signed): void {
  const { attempt, early } = turn.state
  const { sender } = statement
  const isNext = statement.attempt === attempt.number + 1
  if (statement.attempt !== attempt.number && !isNext) return
  const signed = { statement, ...rest }
  if (statement.type === 'offer') {
    const offers = isNext ? early : attempt.offers
    offers[sender] ??= signed as Signed<Offer>
  } else if (isNext) {
    return
  } else if (statement.type === 'share') {
    attempt.shares[sender] ??= signed as Signed<HandoverShare>
  } else if (isCoordinator(turn, sender) && attempt.session === null) {
    attempt.session = signed as Signed<Session>
    attempt.sessionMs = turn.nowMs
  } else if (isCoordinator(turn, sender) && attempt.session !== null) {
    attempt.isContradicted ||= !equalBytes(attempt.session.digest, signed.digest)
  }
}

function isCoordinator({ context, state }: Turn, member: MemberIndex): boolean {
  return member === coordinatorOf(state.attempt.number, context.committee.size)
}

function advance(turn: Turn): void {
  const { attempt, self } = turn.state
  if (attempt.own === 'none') {
    attempt.own = 'committing'
    turn.out.push({ type: 'commit', attempt: attempt.number })
  }
  const isTime = turn.nowMs % ATTEMPT_MS >= SESSION_AFTER_MS
  if (isCoordinator(turn, self) && isTime && !attempt.isNamed) nameSigners(turn)
  signSession(turn)
  tryCombine(turn)
}

/** Names t of those who offer. */
function nameSigners(turn: Turn): void {
  const { state, context } = turn
  const { attempt, approved, self } = state
  if (approved === null) return
  const { message } = approved
  const willing = attempt.offers.filter(
    (each) => each !== undefined && equalBytes(each.statement.message, message),
  ) as Signed<Offer>[]
  const offers = signersAmong(state, willing, context.committee.signingThreshold)
  if (offers === null) return
  attempt.isNamed = true
  const head = { sender: self, attempt: attempt.number, message }
  turn.out.push({ type: 'broadcast', statement: { type: 'session', ...head, offers } })
}

/** Answers a session that names this member for what its operator approved; locks before that. */
function signSession(turn: Turn): void {
  const { state } = turn
  const { attempt, approved, self, locks } = state
  const session = attempt.session?.statement
  if (approved === null || session === undefined || attempt.isAnswered) return
  if (!equalBytes(session.message, approved.message)) return
  const own = session.offers.find(({ statement }) => statement.sender === self)
  const offered = attempt.offers[self]
  // The nonce of another offer is not here, such as that of a process which has ended.
  if (own === undefined || offered === undefined || !equalBytes(own.digest, offered.digest)) return
  attempt.isAnswered = true
  const { handover, message } = approved
  if (!locks.has(handover.epoch)) {
    locks.set(handover.epoch, message)
    turn.out.push({ type: 'lock', lock: { epoch: handover.epoch, message } })
  }
  const { number } = attempt
  turn.out.push({
    type: 'signShare',
    attempt: number,
    handover,
    session: signingSessionOf(session),
  })
}

function answer(turn: Turn, event: Extract<HandoverEvent, { type: 'shareMade' }>): void {
  const { attempt, self } = turn.state
  const { session } = attempt
  if (event.attempt !== attempt.number || event.share === null || session === null) return
  const { message } = session.statement
  const head = { sender: self, attempt: attempt.number, message }
  const { share } = event
  turn.out.push({
    type: 'broadcast',
    statement: { type: 'share', ...head, session: session.digest, share },
  })
}

function tryCombine(turn: Turn): void {
  const { attempt, approved } = turn.state
  const { session } = attempt
  if (session === null || approved === null || attempt.combining !== 'idle') return
  if (!equalBytes(session.statement.message, approved.message)) return
  const shares: Uint8Array[] = []
  for (const { statement } of session.statement.offers) {
    const given = attempt.shares[statement.sender]?.statement
    if (given === undefined || !equalBytes(given.session, session.digest)) return
    shares.push(given.share)
  }
  attempt.combining = 'busy'
  const signingSession = signingSessionOf(session.statement)
  turn.out.push({ type: 'combine', attempt: attempt.number, session: signingSession, shares })
}

function onCombined(turn: Turn, event: Extract<HandoverEvent, { type: 'combined' }>): void {
  const { state } = turn
  const { approved, attempt } = state
  if (event.signature === null) {
    // A wrong share is no answer: without this its sender is named again and fails every attempt.
    for (const culprit of listMembers(event.culprits)) rankLast(state, culprit)
    if (event.attempt === attempt.number) attempt.combining = 'failed'
    return
  }
  if (approved === null || state.signed !== null) return
  const signed: SignedHandover = { handover: approved.handover, signature: event.signature }
  // The operator may have changed its mind while the shares were combined.
  if (!isOf(turn, signed)) return
  keep(turn, signed)
  turn.out.push({ type: 'publishSigned', signed })
}

function isOf({ context }: Turn, { handover, signature }: SignedHandover): boolean {
  const { crypto, committee } = context
  const message = handoverMessageOf(crypto.keccak256, handover)
  return crypto.threshold.verify(committee.groupKey.publicKey, message, signature)
}

function keep({ state, out }: Turn, signed: SignedHandover): void {
  if (state.signed !== null) return
  state.signed = signed
  out.push({ type: 'keepSigned', signed })
}

/** Who offers in this attempt to sign the hand-over that is approved here, for the operator. */
export function approversOf({ attempt, approved }: HandoverState): readonly MemberIndex[] {
  if (approved === null) return []
  return listMembers(
    membersOf(
      attempt.offers.flatMap((each) =>
        each !== undefined && equalBytes(each.statement.message, approved.message)
          ? [each.statement.sender]
          : [],
      ),
    ),
  )
}
