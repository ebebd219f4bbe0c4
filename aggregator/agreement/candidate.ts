import { invariant } from '../assert.ts'
import type { Context } from '../context.ts'
import type { Digest, Observation, Verified } from '../messages/messages.ts'
import { signedMessageOf } from '../report/digests.ts'
import { inputsDigestOf, type Report, reportOf } from '../report/report.ts'
import type { SigningSession } from '../signing/threshold.ts'
import { equalBytes } from '../values/bytes.ts'
import { listMembers, type Members } from '../values/ids.ts'

/** A report that this node can recompute, with everything that one attempt to sign it needs. */
export interface Candidate {
  readonly report: Report
  readonly slot: number
  readonly signingSet: Members
  readonly expectedNext: Members
  readonly inputsDigest: Digest
  readonly session: SigningSession
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
  context: Context,
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
