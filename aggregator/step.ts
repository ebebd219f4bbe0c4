import { hearMember, onAnswered } from './agreement/clock.ts'
import { openingOf, roundAt } from './committee/committee.ts'
import type { Context } from './context.ts'
import type { Effect } from './effects.ts'
import type { Event } from './events.ts'
import type { Certificate, GossipMessage, MemberMessage, Verified } from './messages/messages.ts'
import {
  judgeFromMs,
  judgeProposals,
  onShareSigned,
  propose,
  sendLate,
  tryFastPath,
} from './phases/agree.ts'
import {
  addShare,
  closeRound,
  endRound,
  hearCertificate,
  onCertificate,
  onCombined,
  publishDue,
  tryCombineAll,
} from './phases/certify.ts'
import {
  isForeignOwn,
  onEvidence,
  onLate,
  onObservation,
  onProposal,
  onShare,
  onSyncRequested,
} from './phases/collect.ts'
import {
  nextTurnMs,
  onBestCertificate,
  onChainRead,
  onTransmitted,
  runTurns,
} from './phases/deliver.ts'
import { onSampled, onStarted, openRound, rememberPast } from './phases/observe.ts'
import type { RoundState } from './state/round-state.ts'
import type { State } from './state/state.ts'
import { roundStateOf, type Turn } from './state/turn.ts'
import type { UnixMs } from './values/time.ts'

/**
 * The protocol: takes one event, updates the state in place, and returns what the host must do, in
 * order. Deterministic, synchronous, total: no event of the right type makes it throw unless an
 * invariant of ours is broken. Time that runs backwards is read as time that stands still.
 */
export function step(context: Context, state: State, event: Event): readonly Effect[] {
  if (event.nowMs > state.nowMs) state.nowMs = event.nowMs
  const turn: Turn = { context, state, nowMs: state.nowMs, out: [] }
  const { best } = state
  // Time first: an event that waited behind it must not meet a round whose deadlines have passed.
  if (event.type !== 'started') advance(turn)
  dispatch(turn, event)
  if (state.best !== best) onBestCertificate(turn)
  runTurns(turn)
  setAlarm(turn)
  return turn.out
}

function dispatch(turn: Turn, event: Event): void {
  switch (event.type) {
    case 'started':
      onStarted(turn, event)
      return
    case 'termSet': {
      const { fromMs, untilMs } = event
      turn.state.term = { fromMs: fromMs ?? 'never', untilMs }
      return
    }
    case 'pastLearned':
      rememberPast(turn, event.past)
      return
    case 'alarmFired':
      turn.state.alarmMs = null
      return
    case 'sampled':
      onSampled(turn, event)
      return
    case 'received':
      onReceived(turn, event)
      return
    case 'memberAhead':
    case 'memberBehind':
      // Only who it was and which round are kept; the message itself is gone.
      hearMember(turn, event.member, event.round)
      return
    case 'answered':
      onAnswered(turn, event)
      return
    case 'syncRequested':
      onSyncRequested(turn, event)
      return
    case 'shareSigned':
      onShareSigned(turn, event)
      return
    case 'combined':
      onCombined(turn, event)
      return
    case 'chainRead':
      onChainRead(turn, event)
      return
    case 'transmitted':
      onTransmitted(turn, event)
      return
  }
}

function onReceived(turn: Turn, event: Extract<Event, { type: 'received' }>): void {
  const received: Verified<GossipMessage> = event.message
  const { message } = received
  if (message.type === 'certificate') {
    onCertificateReceived(turn, received as Verified<typeof message>, event.origin)
    return
  }
  if (message.type === 'evidence') {
    onEvidence(turn, received as Verified<typeof message>)
    return
  }
  hearMember(turn, message.sender, message.round)
  const round = roundStateOf(turn, message.round)
  if (round === null) return
  if (isForeignOwn(turn, round, received as Verified<MemberMessage>)) {
    turn.out.push({ type: 'halt', code: 'KEY_RUNS_TWICE' })
    return
  }
  onMemberMessage(turn, round, received as Verified<MemberMessage>)
}

/**
 * A certificate that one member brought alone may be one that it shows to few, so that honest
 * members start from different pairs and accuse each other: all get it before the next opening
 * (§4.3, §6.5).
 */
function onCertificateReceived(
  turn: Turn,
  certificate: Verified<Certificate>,
  origin: 'self' | 'peer' | 'sync',
): void {
  const { best } = turn.state
  hearCertificate(turn, certificate)
  onCertificate(turn, certificate)
  if (turn.state.best === best) return
  if (origin === 'sync') turn.out.push({ type: 'publish', message: certificate })
  // A proposal may have waited for it as its basis.
  const open = turn.state.rounds.get(turn.state.current)
  if (open === undefined) return
  judgeProposals(turn, open)
  tryCombineAll(turn, open)
}

function onMemberMessage(turn: Turn, round: RoundState, received: Verified<MemberMessage>): void {
  const { message } = received
  switch (message.type) {
    case 'observation':
      if (onObservation(turn, round, received as Verified<typeof message>) === 'nothing') return
      tryFastPath(turn, round)
      tryCombineAll(turn, round)
      break
    case 'late':
      onLate(turn, round, received as Verified<typeof message>)
      break
    case 'proposal':
      onProposal(turn, round, received as Verified<typeof message>)
      break
    case 'share':
      if (onShare(turn, round, received as Verified<typeof message>) === 'nothing') return
      addShare(turn, round, received as Verified<typeof message>)
      return
  }
  judgeProposals(turn, round)
  tryCombineAll(turn, round)
}

/** Runs everything whose time has come: stages of the open round, then the next round. */
function advance(turn: Turn): void {
  const { state, context } = turn
  const open = state.rounds.get(state.current)
  if (open !== undefined) runStages(turn, open)
  if (turn.nowMs >= openingOf(context.committee, state.current + 1)) {
    if (open !== undefined) closeRound(turn, open)
    // A node that slept opens the round of now; the ones between were lost to it.
    const now = roundAt(context.committee, turn.nowMs)
    openRound(turn, now)
    const opened = state.rounds.get(now)
    if (opened !== undefined) {
      tryFastPath(turn, opened)
      runStages(turn, opened)
    }
  }
  // A copy: what is published leaves the list.
  if (state.publishing.length > 0)
    for (const round of [...state.publishing]) publishDue(turn, round)
}

type Stage = (turn: Turn, round: RoundState) => void

/** What a round does on its clock, in the order of its deadlines (protocol §6). */
const STAGES: readonly {
  readonly run: Stage
  readonly atMs: (turn: Turn, round: RoundState) => UnixMs
}[] = [
  {
    run: sendLate,
    atMs: (turn, round) => round.openingMs + turn.context.committee.params.timing.includeMs,
  },
  { run: judgeProposals, atMs: (turn, round) => judgeFromMs(turn, round, 0) },
  {
    run: (turn, round) => propose(turn, round, 0),
    atMs: (turn, round) => round.openingMs + turn.context.committee.params.timing.cutMs,
  },
  { run: judgeProposals, atMs: (turn, round) => judgeFromMs(turn, round, 1) },
  {
    run: (turn, round) => propose(turn, round, 1),
    atMs: (turn, round) => {
      const { cutMs, backupMs } = turn.context.committee.params.timing
      return round.openingMs + cutMs + backupMs
    },
  },
  {
    run: endRound,
    atMs: (turn, round) => round.openingMs + turn.context.committee.params.timing.voteMs,
  },
]

function runStages(turn: Turn, round: RoundState): void {
  const { timing } = turn.context.committee.params
  const voteMs = round.openingMs + timing.voteMs
  while (round.stage < STAGES.length && !round.isClosed) {
    const stage = STAGES[round.stage]
    if (stage === undefined) return
    const atMs = stage.atMs(turn, round)
    if (atMs > turn.nowMs) return
    if (turn.nowMs > atMs + timing.hopMs) round.hasStoodStill = true
    round.stage += 1
    const isLast = round.stage === STAGES.length
    // A node that slept past voteMs only closes the round; it signs nothing late.
    if (isLast || turn.nowMs < voteMs) stage.run(turn, round)
  }
}

/** Asks for the next alarm when it differs from the one that is set. */
function setAlarm(turn: Turn): void {
  const { state } = turn
  const atMs = nextAlarmMs(turn)
  if (state.alarmMs === atMs) return
  state.alarmMs = atMs
  turn.out.push({ type: 'setAlarm', atMs })
}

function nextAlarmMs(turn: Turn): UnixMs {
  const { state, context } = turn
  let nextMs = openingOf(context.committee, state.current + 1)
  const open = roundStateOf(turn, state.current)
  if (open !== null && !open.isClosed) {
    const stage = STAGES[open.stage]
    if (stage !== undefined) nextMs = earlier(nextMs, stage.atMs(turn, open))
  }
  for (const { publishMs } of state.publishing) {
    if (publishMs !== null) nextMs = earlier(nextMs, publishMs)
  }
  const turnMs = nextTurnMs(turn)
  return turnMs === null ? nextMs : earlier(nextMs, turnMs)
}

function earlier(a: UnixMs, b: UnixMs): UnixMs {
  return a < b ? a : b
}
