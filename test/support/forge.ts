import { type CandidateChoice, candidateOf } from '../../aggregator/candidate/candidate.ts'
import type { Context } from '../../aggregator/context.ts'
import { encodeCertificate, unsignedOf } from '../../aggregator/messages/codec.ts'
import type {
  Certificate,
  Evidence,
  Late,
  MemberMessage,
  Observation,
  Proposal,
  SignatureShare,
  Verified,
} from '../../aggregator/messages/messages.ts'
import { namedMembers } from '../../aggregator/messages/proposal.ts'
import { evidenceFrom, sealCertificate, sealOwn } from '../../aggregator/messages/validate.ts'
import type { NonceCommitment, NonceSecret } from '../../aggregator/signing/threshold.ts'
import { listMembers, type Members } from '../../aggregator/values/ids.ts'
import { seededBytes } from '../../contracts/testing/committee-box.ts'
import { signDigest, type TestCommittee } from './committee.ts'

/** Every member's observation of a round that a forged message rests on, by sender. */
export type Observations = readonly (Verified<Observation> | undefined)[]

export interface ForgedCertificate {
  readonly round: number
  readonly slot?: number
  readonly signingSet: Members
  readonly expectedNext: Members
}

/** The nonce pair of one member for one slot; the same for every bench of one committee. */
export function nonceOf(
  test: TestCommittee,
  context: Context,
  of: {
    readonly member: number
    readonly round: number
    readonly slot: number
    /** Tells two processes of one key apart. */
    readonly place?: number
  },
): { readonly secret: NonceSecret; readonly commitment: NonceCommitment } {
  const share = test.shares[of.member]
  if (share === undefined) throw new Error('not a member')
  const chance = seededBytes(`nonce/${of.place ?? of.member}/${of.round}/${of.slot}`)(64)
  return context.crypto.threshold.commit(share, chance)
}

/** Commitments of one member for the three slots of a round. */
export function commitmentsOf(
  test: TestCommittee,
  context: Context,
  of: { readonly member: number; readonly round: number },
): Observation['commitments'] {
  const commitment = (slot: number) => nonceOf(test, context, { ...of, slot }).commitment
  return [commitment(0), commitment(1), commitment(2)]
}

/**
 * Makes validly signed messages of any member: the others of a scripted story, and all that a
 * Byzantine member could make, which is anything under its own key.
 */
export class Forge {
  readonly test: TestCommittee
  readonly context: Context

  constructor(test: TestCommittee, context: Context) {
    this.test = test
    this.context = context
  }

  /** Signs any message with the key of its sender. */
  seal<M extends MemberMessage>(message: M): Verified<M> {
    const unsigned = unsignedOf(this.context, message)
    const key = this.test.identityKeys[message.sender]
    if (key === undefined) throw new Error('not a member')
    return sealOwn(unsigned, signDigest(key, unsigned.digest))
  }

  /** An honest observation at the opening of its round unless the test says otherwise. */
  observation(
    given: Partial<Observation> & Pick<Observation, 'round' | 'sender' | 'pair'>,
  ): Verified<Observation> {
    const { params } = this.test.committee
    const of = { member: given.sender, round: given.round }
    return this.seal({
      type: 'observation',
      timestampMs: params.genesisMs + given.round * params.timing.roundMs,
      basis: { round: 0, slot: 0 },
      vouched: 0,
      values: params.feeds.map(() => 6_000_000_000_000n + BigInt(given.sender)),
      sourceCommitment: new Uint8Array(32),
      commitments: given.commitments ?? commitmentsOf(this.test, this.context, of),
      ...given,
    })
  }

  late(given: Omit<Late, 'type'>): Verified<Late> {
    return this.seal({ type: 'late', ...given })
  }

  /** A proposal that recomputes from the observations given, unless the test says otherwise. */
  proposal(
    observations: Observations,
    given: Partial<Proposal> &
      Pick<Proposal, 'round' | 'sender' | 'rank' | 'observers' | 'signingSet' | 'expectedNext'>,
  ): Verified<Proposal> {
    const choice = { ...given, slot: 1 + given.rank }
    const { report } = candidateOf(this.context, observations, choice)
    return this.seal({
      type: 'proposal',
      basis: { round: 0, slot: 0 },
      observationDigests: listMembers(namedMembers(given)).map(
        (index) => observations[index]?.digest ?? new Uint8Array(32),
      ),
      lates: [],
      reportDigest: report.digest,
      evidence: [],
      ...given,
    })
  }

  /** The share that an honest member makes for an attempt. */
  share(
    observations: Observations,
    given: CandidateChoice & Partial<SignatureShare> & Pick<SignatureShare, 'round' | 'sender'>,
  ): Verified<SignatureShare> {
    const candidate = candidateOf(this.context, observations, given)
    const { round, sender, slot, signingSet, expectedNext } = given
    return this.seal({
      type: 'share',
      round,
      sender,
      slot,
      signingSet,
      expectedNext,
      reportDigest: given.reportDigest ?? candidate.report.digest,
      inputsDigest: given.inputsDigest ?? candidate.inputsDigest,
      share: given.share ?? this.#sign(given, candidate.session),
    })
  }

  #sign(
    of: { readonly sender: number; readonly round: number; readonly slot: number },
    session: Parameters<Context['crypto']['threshold']['sign']>[3],
  ): Uint8Array {
    const share = this.test.shares[of.sender]
    if (share === undefined) throw new Error('not a member')
    const { secret } = nonceOf(this.test, this.context, { member: of.sender, ...of })
    const { threshold } = this.context.crypto
    return threshold.sign(this.test.committee.groupKey, share, secret, session)
  }

  /** A sound certificate over the observations of all members, signed by the given set. */
  certificate(given: ForgedCertificate): Verified<Certificate> {
    const { committee } = this.test
    const { round, slot = 0, signingSet, expectedNext } = given
    const pair = { expected: committee.all, signing: signingSet }
    const observations = Array.from({ length: committee.size }, (_, sender) =>
      this.observation({ round, sender, pair }),
    )
    const choice = { observers: committee.all, slot, signingSet, expectedNext }
    const { report, session } = candidateOf(this.context, observations, choice)
    const shares = listMembers(signingSet).map((sender) =>
      this.#sign({ sender, round, slot }, session),
    )
    const { threshold } = this.context.crypto
    const outcome = threshold.combine(committee.groupKey, session, shares)
    if (outcome.type !== 'combined') throw new Error('a forged certificate must be sound')
    const message: Certificate = {
      type: 'certificate',
      round,
      timestampMs: report.timestampMs,
      observers: report.observers,
      words: report.words,
      slot,
      signingSet,
      expectedNext,
      signature: outcome.signature,
    }
    const bytes = encodeCertificate(committee, message)
    return sealCertificate(this.context, { message, bytes })
  }

  /** Evidence against a member that signed two different observations of a round. */
  evidence(accused: number, round: number): Verified<Evidence> {
    const pair = { expected: 0, signing: 0 }
    const { feeds } = this.test.committee.params
    const made = [0n, 1n].map((more) => {
      const values = feeds.map(() => 6_000_000_000_000n + more)
      return this.observation({ round, sender: accused, pair, values })
    })
    const [first, second] = made
    if (first === undefined || second === undefined) throw new Error('two were made')
    const evidence = evidenceFrom(this.context, [first, second])
    if (evidence === null) throw new Error('two different observations are a conflict')
    return evidence
  }
}
