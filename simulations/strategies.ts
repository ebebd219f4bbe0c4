import { badShare } from './adversary/bad-share.ts'
import { bias } from './adversary/bias.ts'
import { chaos } from './adversary/chaos.ts'
import { clockLiar } from './adversary/clock-liar.ts'
import { collude } from './adversary/collude.ts'
import { crashProposer } from './adversary/crash-proposer.ts'
import { crashSigner } from './adversary/crash-signer.ts'
import { delayProposal, starveRound } from './adversary/delay-proposal.ts'
import { dropMembers } from './adversary/drop-members.ts'
import { earlyProposal } from './adversary/early-proposal.ts'
import { edgeLate } from './adversary/edge-late.ts'
import { equivocate } from './adversary/equivocate.ts'
import { equivocateProposal } from './adversary/equivocate-proposal.ts'
import { falseBasis } from './adversary/false-basis.ts'
import { flapAtProbes } from './adversary/flap-at-probes.ts'
import { forgeCertificate } from './adversary/forge-certificate.ts'
import { impersonate } from './adversary/impersonate.ts'
import { keepOut } from './adversary/keep-out.ts'
import { late } from './adversary/late.ts'
import { lateForVictims } from './adversary/late-for-victims.ts'
import { leaveInTurn } from './adversary/leave-in-turn.ts'
import { lie } from './adversary/lie.ts'
import { manySigningSets } from './adversary/many-signing-sets.ts'
import { mirror } from './adversary/mirror.ts'
import { mute } from './adversary/mute.ts'
import { releaseLate } from './adversary/release-late.ts'
import { replay } from './adversary/replay.ts'
import { rotateAbsence } from './adversary/rotate-absence.ts'
import { selective } from './adversary/selective.ts'
import { spam } from './adversary/spam.ts'
import { spendInTurn } from './adversary/spend-in-turn.ts'
import { twoReports } from './adversary/two-reports.ts'
import { vouchFalsely } from './adversary/vouch-falsely.ts'
import { withholdFastShare } from './adversary/withhold-fast-share.ts'
import { withholdShare } from './adversary/withhold-share.ts'
import { wrongPair } from './adversary/wrong-pair.ts'
import { wrongPairEveryOther } from './adversary/wrong-pair-every-other.ts'
import type { Strategy } from './attacking/adversary.ts'

/** Every attack that a scenario can name. */
export const STRATEGIES: readonly Strategy[] = [
  mute,
  late,
  selective,
  rotateAbsence,
  flapAtProbes,
  leaveInTurn,
  spendInTurn,
  lateForVictims,
  edgeLate,
  withholdShare,
  withholdFastShare,
  badShare,
  releaseLate,
  wrongPair,
  wrongPairEveryOther,
  falseBasis,
  lie,
  bias,
  collude,
  mirror,
  clockLiar,
  equivocate,
  equivocateProposal,
  manySigningSets,
  dropMembers,
  delayProposal,
  starveRound,
  earlyProposal,
  twoReports,
  impersonate,
  replay,
  spam,
  crashProposer,
  crashSigner,
  keepOut,
  vouchFalsely,
  forgeCertificate,
  chaos,
]

/** Those that say something of any protocol: what is said of ours alone is not among them. */
export const REFERENCE_STRATEGIES = ['mute', 'late', 'lie', 'collude'] as const

export function strategyOf(name: string): Strategy {
  const found = STRATEGIES.find((strategy) => strategy.name === name)
  if (found === undefined) throw new RangeError(`no strategy is called ${name}`)
  return found
}
