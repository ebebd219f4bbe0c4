import { ROUNDS_REMEMBERED } from '../../aggregator/agreement/silence.ts'
import type { Observation } from '../../aggregator/messages/messages.ts'
import {
  countMembers,
  difference,
  isSubset,
  listMembers,
  type MemberIndex,
  type Round,
  withMember,
  withoutMember,
} from '../../aggregator/values/ids.ts'
import type { Adversary, Copy, Powers, Strategy } from '../attacking/adversary.ts'
import { carrying, isMemberMessage, messageOf } from '../attacking/attack.ts'

/** A member claims in one round and is away from the next: it costs both. */
const ROUNDS_EACH = 2

/** Withholding first: who has left is no signer any more. */
type Phase =
  | { readonly name: 'saving' }
  | { readonly name: 'withholding'; readonly round: Round; member: MemberIndex | null }
  | { readonly name: 'leaving'; readonly from: Round }

/** Its members spend what they saved: a share, a false claim and an absence each. */
function create(powers: Powers): Adversary {
  const all = listMembers(powers.members)
  const withheldIn = new Map<MemberIndex, Round>()
  let phase: Phase = { name: 'saving' }
  /** Signers among them a probe period ago. */
  let signersBefore = 0

  const isForgiven = (member: MemberIndex, round: Round) =>
    (withheldIn.get(member) ?? -ROUNDS_REMEMBERED) + ROUNDS_REMEMBERED < round
  const hasSaved = (round: Round): boolean => {
    const best = powers.stateOf(all[0] ?? -1)?.best
    if (best == null) return false
    const { signingSet, expectedNext } = best.message
    const signers = countMembers((signingSet & powers.members) >>> 0)
    const isGrowing = signers > signersBefore
    signersBefore = signers
    if (isGrowing || !isSubset(powers.members, expectedNext)) return false
    return all.every((member) => isForgiven(member, round))
  }
  const next = (round: Round): Phase => {
    const { probeEvery } = powers.context.committee.params
    if (phase.name === 'saving') {
      // Early in a period, so that all of it falls in one.
      const isTime = round % probeEvery === 1 && hasSaved(round)
      return isTime ? { name: 'withholding', round, member: null } : phase
    }
    if (phase.name === 'leaving') {
      return round < phase.from + ROUNDS_EACH * all.length ? phase : { name: 'saving' }
    }
    if (phase.member === null) return { name: 'leaving', from: round }
    return { name: 'withholding', round, member: null }
  }
  /** Of a round the first of them that signs and is forgiven. */
  const withholds = (member: MemberIndex, round: Round): boolean => {
    if (phase.name !== 'withholding' || phase.round !== round) return false
    if (phase.member === null && isForgiven(member, round)) {
      phase.member = member
      withheldIn.set(member, round)
    }
    return phase.member === member
  }
  const leave = (planned: readonly Copy[], since: Round): readonly Copy[] => {
    if (since < 0) return planned
    const message = messageOf(planned)
    if (since > 0) return []
    return message?.type === 'observation' ? claimed(powers, planned, message) : planned
  }
  return {
    name: 'spend-in-turn',
    roundOpened: (round) => {
      phase = next(round)
    },
    // The machine of a withholder holds all shares, and could bring what it combined.
    sendDirect: (from, { type }) => type === 'syncRequest' || !isWithholding(phase, from),
    send: (planned) => {
      const message = messageOf(planned)
      const from = planned[0]?.from
      if (message === null || from === undefined) return planned
      if (message.type === 'certificate') {
        return message.slot === 0 && withheldIn.get(from) === message.round ? [] : planned
      }
      if (!isMemberMessage(message)) return planned
      const { round } = message
      if (message.type === 'share' && message.slot === 0 && withholds(from, round)) return []
      if (phase.name !== 'leaving') return planned
      return leave(planned, round - phase.from - ROUNDS_EACH * all.indexOf(from))
    },
  }
}

function isWithholding(phase: Phase, member: MemberIndex): boolean {
  return phase.name === 'withholding' && phase.member === member
}

/** The observation with the pair of a certificate that does not exist. */
function claimed(powers: Powers, planned: readonly Copy[], message: Observation): readonly Copy[] {
  const { expected, signing } = message.pair
  const [spare] = listMembers(difference(expected, signing))
  const [first] = listMembers(signing)
  if (spare === undefined || first === undefined) return []
  const pair = { expected, signing: withMember(withoutMember(signing, first), spare) }
  const basis = { round: message.round - 1, slot: 2 }
  return carrying(planned, powers.sign({ ...message, basis, pair }))
}

export const spendInTurn: Strategy = {
  name: 'spend-in-turn',
  summary:
    'waits until its members are expected, sign and are forgiven; then each in turn withholds a ' +
    'share, claims a certificate that does not exist, and leaves',
  create,
}
