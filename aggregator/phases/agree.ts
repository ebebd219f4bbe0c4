import { candidateOfProposal, isSignable, missingInputs } from '../agreement/judge.ts'
import { lateMembersOf } from '../agreement/late.ts'
import { proposalOf } from '../agreement/propose.ts'
import { withReturning } from '../agreement/returning.ts'
import { setPrompt } from '../agreement/silence.ts'
import { type Candidate, candidateOf } from '../candidate/candidate.ts'
import type { Committee } from '../committee/committee.ts'
import { orderOf } from '../context.ts'
import type { Event } from '../events.ts'
import { unsignedOf } from '../messages/codec.ts'
import type { Late, Pair, SignatureShare } from '../messages/messages.ts'
import type { RoundState } from '../state/round-state.ts'
import { mayAct, note, roundStateOf, type Turn } from '../state/turn.ts'
import { equalBytes } from '../values/bytes.ts'
import { countMembers, hasMember, isSubset, membersOf, NO_MEMBERS } from '../values/ids.ts'
import { appended } from '../values/lists.ts'

/** Fast path: signs the report over the pair that all of its members name (protocol §4.4, §6.4). */
export function tryFastPath(turn: Turn, round: RoundState): void {
  if (round.completePair !== null || round.isClosed) return
  const { committee } = turn.context
  const pair = completePairOf(committee, round)
  if (pair === null) return
  const { expected, signing: signingSet } = pair
  round.completePair = pair
  const { includeMs, fastMs } = committee.params.timing
  round.isCompleteInTime = turn.nowMs <= round.openingMs + fastMs
  if (turn.nowMs <= round.openingMs + includeMs) setPrompt(round, 0)
  const candidate = candidateOf(turn.context, round.observations, {
    observers: expected,
    slot: 0,
    signingSet,
    expectedNext: withReturning(turn.context, {
      round: round.round,
      expected,
      observers: expected,
      observations: round.observations,
    }),
  })
  round.candidates = appended(round.candidates, candidate)
  if (round.isCompleteInTime) sign(turn, round, candidate)
}

/** The pair that all of its own members name, if it can be signed for. */
function completePairOf({ signingThreshold }: Committee, round: RoundState): Pair | null {
  for (const { pair, members } of round.namers) {
    if (!isSubset(pair.expected, members)) continue
    if (countMembers(pair.expected) < signingThreshold) continue
    if (countMembers(pair.signing) === signingThreshold) return pair
  }
  return null
}

/** At includeMs: says once who was not there (§6.5). */
export function sendLate(turn: Turn, round: RoundState): void {
  if (round.certificate !== null || !mayAct(turn, round.round)) return
  const { includeMs, hopMs } = turn.context.committee.params.timing
  // A node that stood still at includeMs finds everyone missing: it would add its voice to slander.
  if (turn.nowMs > round.openingMs + includeMs + hopMs) return
  const members = lateMembersOf(turn, round)
  if (members === NO_MEMBERS) return
  const { self } = turn.state
  const late: Late = { type: 'late', round: round.round, sender: self, members }
  const unsigned = unsignedOf(turn.context, late)
  round.ownDigests = appended(round.ownDigests, unsigned.digest)
  const promise = { round: round.round, kind: 'late', digest: unsigned.digest } as const
  turn.out.push({ type: 'persist', promise }, { type: 'broadcast', message: unsigned })
}

/** At cutMs + rank × backupMs: the member of that rank proposes (§6.6). */
export function propose(turn: Turn, round: RoundState, rank: 0 | 1): void {
  if (round.certificate !== null || !mayAct(turn, round.round)) return
  if (orderOf(turn.context, round.round)[rank] !== turn.state.self) return
  const proposal = proposalOf(turn, round, rank)
  if (proposal === null) return
  const unsigned = unsignedOf(turn.context, proposal)
  round.ownDigests = appended(round.ownDigests, unsigned.digest)
  const kind = rank === 0 ? 'proposal0' : 'proposal1'
  const promise = { round: round.round, kind, digest: unsigned.digest } as const
  turn.out.push({ type: 'persist', promise }, { type: 'broadcast', message: unsigned })
}

/**
 * Judges the proposals held whose time has come; signs, refuses, or pulls what is missing (§6.7).
 */
export function judgeProposals(turn: Turn, round: RoundState): void {
  for (const rank of [0, 1] as const) {
    if (round.proposals[rank] === undefined || round.judged[rank] === 'done') continue
    if (turn.nowMs >= judgeFromMs(turn, round, rank)) judge(turn, round, rank)
  }
}

/** Proposals wait until then: one before its time is kept, not signed (§6.7). */
export function judgeFromMs(turn: Turn, round: RoundState, rank: 0 | 1): number {
  const { cutMs, backupMs, clockSkewMsMax } = turn.context.committee.params.timing
  return round.openingMs + cutMs + rank * backupMs - clockSkewMsMax
}

function judge(turn: Turn, round: RoundState, rank: 0 | 1): void {
  const proposal = round.proposals[rank]
  if (proposal === undefined) return
  const { sender } = proposal.message
  const { self } = turn.state
  if (round.certificate !== null) {
    round.judged[rank] = 'done'
    if (sender === self) return
    const message = { type: 'syncAnswer', messages: [round.certificate.bytes] } as const
    turn.out.push({ type: 'send', to: sender, message })
    return
  }
  if (round.isClosed) return
  const judgement = isSignable(turn, round, proposal)
  if (judgement === 'pull') {
    pull(turn, round, rank)
    return
  }
  round.judged[rank] = 'done'
  if (judgement === 'no') {
    note(turn, 'PROPOSAL_REFUSED', { round: round.round, members: membersOf([sender]) })
    return
  }
  const { hopMs, clockSkewMsMax } = turn.context.committee.params.timing
  // One that its sender held back says nothing about who has not answered it.
  const promptMs = judgeFromMs(turn, round, rank) + hopMs + 2 * clockSkewMsMax
  if (turn.nowMs <= promptMs) setPrompt(round, 1 + rank)
  const candidate = candidateOfProposal(turn, round, proposal)
  round.candidates = appended(round.candidates, candidate)
  sign(turn, round, candidate)
}

/** Asks the proposer once for the observations and the certificate that its proposal rests on. */
function pull(turn: Turn, round: RoundState, rank: 0 | 1): void {
  const proposal = round.proposals[rank]
  if (proposal === undefined || round.judged[rank] !== 'open') return
  round.judged[rank] = 'pulled'
  if (proposal.message.sender === turn.state.self) return
  const observers = missingInputs(round, proposal.message)
  const message = { type: 'syncRequest', round: round.round, observers } as const
  turn.out.push({ type: 'send', to: proposal.message.sender, message })
}

/** Asks the signer for a share, after the report digest is promised (§6.7, §10.1). */
function sign(turn: Turn, round: RoundState, candidate: Candidate): void {
  const { self } = turn.state
  const { slot, report } = candidate
  if (!mayAct(turn, round.round) || round.certificate !== null || round.isClosed) return
  if (!hasMember(candidate.signingSet, self) || ((round.slotsUsed >>> slot) & 1) === 1) return
  if (round.signed !== null && !equalBytes(round.signed.report.digest, report.digest)) return
  if (round.signed === null) {
    round.signed = candidate
    const promise = { round: round.round, kind: 'share', digest: report.digest } as const
    turn.out.push({ type: 'persist', promise })
  }
  round.slotsUsed |= 1 << slot
  turn.out.push({
    type: 'signShare',
    round: round.round,
    slot,
    reportDigest: report.digest,
    expectedNext: candidate.expectedNext,
    session: candidate.session,
  })
}

/** Broadcasts the share that the signer made. */
export function onShareSigned(turn: Turn, event: Extract<Event, { type: 'shareSigned' }>): void {
  const round = roundStateOf(turn, event.round)
  // A closed round needs no share: it has its certificate, or nobody may sign for it any more.
  if (round === null || event.share === null || round.signed === null || round.isClosed) return
  const { digest } = round.signed.report
  const candidate = round.candidates.find(
    (each) => each.slot === event.slot && equalBytes(each.report.digest, digest),
  )
  if (candidate === undefined || ((round.slotsUsed >>> event.slot) & 1) === 0) return
  const share: SignatureShare = {
    type: 'share',
    round: event.round,
    sender: turn.state.self,
    slot: candidate.slot,
    reportDigest: candidate.report.digest,
    signingSet: candidate.signingSet,
    expectedNext: candidate.expectedNext,
    inputsDigest: candidate.inputsDigest,
    share: event.share,
  }
  const unsigned = unsignedOf(turn.context, share)
  round.ownDigests = appended(round.ownDigests, unsigned.digest)
  turn.out.push({ type: 'broadcast', message: unsigned })
}
