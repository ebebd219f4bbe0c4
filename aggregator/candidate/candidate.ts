import { invariant } from '../assert.ts'
import type { Certificate, Digest, Observation, Verified } from '../messages/messages.ts'
import { signedMessageOf } from '../report/digests.ts'
import type { SigningSession } from '../signing/threshold.ts'
import { equalBytes } from '../values/bytes.ts'
import { isSubset, listMembers, type Members } from '../values/ids.ts'
import { RecentMap } from '../values/recent-map.ts'
import { inputsDigestOf, type Report, type ReportContext, reportOf } from './report.ts'

/** A report that this node can recompute, with everything that one attempt to sign it needs. */
export interface Candidate {
  readonly report: Report
  readonly slot: number
  readonly signingSet: Members
  readonly expectedNext: Members
  readonly inputsDigest: Digest
  readonly session: SigningSession
}

/** A candidate that was built, and the certificate that came of it, if one did. */
interface Built {
  readonly candidate: Candidate
  certificate: Verified<Certificate> | null
}

/** Candidates by the very report they are of. */
export type CandidateMemo = RecentMap<Report, Built[]>

/**
 * Reports whose candidates are remembered; the oldest goes first. A weak map would keep each of
 * them until the next full collection, because its values lead back to its keys.
 */
const MEMO_REPORTS_MAX = 32
/** Candidates remembered of one report: more differ in sets that only a faulty proposer names. */
const MEMO_CANDIDATES_MAX = 16

/** What it takes to make candidates of one committee. */
export interface CandidateContext extends ReportContext {
  readonly candidates: CandidateMemo
}

export function candidateMemo(): CandidateMemo {
  return new RecentMap(MEMO_REPORTS_MAX)
}

export interface CandidateChoice {
  readonly observers: Members
  readonly slot: number
  readonly signingSet: Members
  readonly expectedNext: Members
}

/**
 * Builds the report over the chosen observers and the signing session (protocol §5.4, §6.4, §7).
 * The observations of observers and signing set must be held.
 */
export function candidateOf(
  context: CandidateContext,
  observations: readonly (Verified<Observation> | undefined)[],
  choice: CandidateChoice,
): Candidate {
  const report = reportOf(context, held(observations, choice.observers))
  // The report is remembered by its observations; a signer outside of it has another one here.
  if (!isSubset(choice.signingSet, choice.observers)) return build(context, observations, choice)
  const known = context.candidates.get(report)
  const hit = known?.find(({ candidate }) => isOfChoice(candidate, choice))
  if (hit !== undefined) return hit.candidate
  const candidate = build(context, observations, choice)
  remember(context.candidates, candidate)
  return candidate
}

function remember(memo: CandidateMemo, candidate: Candidate): void {
  const known = memo.get(candidate.report)
  if (known !== undefined) {
    if (known.length < MEMO_CANDIDATES_MAX) known.push({ candidate, certificate: null })
    return
  }
  memo.set(candidate.report, [{ candidate, certificate: null }])
}

function isOfChoice(candidate: Candidate, choice: CandidateChoice): boolean {
  return (
    candidate.slot === choice.slot &&
    candidate.signingSet === choice.signingSet &&
    candidate.expectedNext === choice.expectedNext
  )
}

/** The certificate that another machine of this context made of the very same candidate. */
export function certificateOf(
  context: CandidateContext,
  candidate: Candidate,
  signature: Uint8Array,
): Verified<Certificate> | null {
  const built = context.candidates.get(candidate.report)
  const known = built?.find((each) => each.candidate === candidate)?.certificate ?? null
  return known !== null && equalBytes(known.message.signature, signature) ? known : null
}

/** Keeps a certificate for `certificateOf`. */
export function rememberCertificate(
  context: CandidateContext,
  candidate: Candidate,
  certificate: Verified<Certificate>,
): void {
  const built = context.candidates.get(candidate.report)
  const entry = built?.find((each) => each.candidate === candidate)
  if (entry !== undefined) entry.certificate = certificate
}

function build(
  context: CandidateContext,
  observations: readonly (Verified<Observation> | undefined)[],
  choice: CandidateChoice,
): Candidate {
  const report = reportOf(context, held(observations, choice.observers))
  const signers = held(observations, choice.signingSet)
  const named = held(observations, (choice.observers | choice.signingSet) >>> 0)
  const { keccak256 } = context.crypto
  return {
    report,
    slot: choice.slot,
    signingSet: choice.signingSet,
    expectedNext: choice.expectedNext,
    inputsDigest: inputsDigestOf(
      context,
      named.map((each) => each.digest),
    ),
    session: {
      message: signedMessageOf(keccak256, { ...choice, reportDigest: report.digest }),
      signingSet: choice.signingSet,
      commitments: signers.map(({ message }) => {
        const commitment = message.commitments[choice.slot]
        invariant(commitment !== undefined, 'an observation commits to nonces for every slot')
        return commitment
      }),
    },
  }
}

/** Whether two attempts to sign are one: their shares combine with each other. */
export function isSameAttempt(a: AttemptKey, b: AttemptKey): boolean {
  return (
    a.slot === b.slot &&
    a.signingSet === b.signingSet &&
    a.expectedNext === b.expectedNext &&
    equalBytes(a.reportDigest, b.reportDigest) &&
    equalBytes(a.inputsDigest, b.inputsDigest)
  )
}

export interface AttemptKey {
  readonly slot: number
  readonly reportDigest: Digest
  readonly signingSet: Members
  readonly expectedNext: Members
  readonly inputsDigest: Digest
}

export function keyOf(candidate: Candidate): AttemptKey {
  return { ...candidate, reportDigest: candidate.report.digest }
}

function held(
  observations: readonly (Verified<Observation> | undefined)[],
  members: Members,
): Verified<Observation>[] {
  return listMembers(members).map((index) => {
    const observation = observations[index]
    invariant(observation !== undefined, 'only held observations enter a report')
    return observation
  })
}
