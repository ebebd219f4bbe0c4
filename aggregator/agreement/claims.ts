import type { Basis, Certificate, Observation } from '../messages/messages.ts'
import type { Claim, State } from '../state/state.ts'
import { hasMember, type MemberIndex, type Round } from '../values/ids.ts'
import { ROUNDS_REMEMBERED } from './silence.ts'

/**
 * Keeps what a member is asked for; of several the first, which it still owes (§6.5).
 *
 * @returns what it owes now
 */
export function rememberClaim({ claims }: State, observation: Observation): Basis {
  const { sender, basis, round } = observation
  const first = claims.get(sender)
  if (first !== undefined && !isForgotten(first, round)) return first.basis
  claims.set(sender, { basis, round })
  return basis
}

/**
 * Forgets claims that a certificate bears out, whoever brought it, and those of members that the
 * best one no longer expects: they paid for it with their place (§6.5).
 */
export function forgetClaims({ claims, best }: State, { round, slot }: Certificate): void {
  for (const [member, { basis }] of claims) {
    const isBorneOut = basis.round === round && basis.slot <= slot
    const isExpected = best === null || hasMember(best.message.expectedNext, member)
    if (isBorneOut || !isExpected) claims.delete(member)
  }
}

/** Whether a member still owes what it claimed in an earlier round (§6.5). */
export function owesClaim({ claims }: State, member: MemberIndex, round: Round): boolean {
  const claim = claims.get(member)
  return claim !== undefined && claim.round < round && !isForgotten(claim, round)
}

function isForgotten(claim: Claim, round: Round): boolean {
  return round > claim.round + ROUNDS_REMEMBERED
}
