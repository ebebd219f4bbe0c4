import type { KeygenContext } from '../../aggregator/keygen/context.ts'
import type { KeygenFailure, KeygenState } from '../../aggregator/keygen/machine.ts'
import { holdersOf, missingOf } from '../../aggregator/keygen/standing.ts'
import type { KeygenPhase } from '../../aggregator/keygen/statements.ts'
import {
  countMembers,
  listMembers,
  type MemberIndex,
  withMember,
} from '../../aggregator/values/ids.ts'

/** How far a key generation has come at this member. */
export interface KeygenProgress {
  readonly phase: KeygenPhase
  /** Number of members, by what of theirs is here. */
  readonly present: number
  readonly packages: number
  readonly echoes: number
  readonly shares: number
  readonly results: number
  /** Who is waited for now. */
  readonly waitingFor: readonly MemberIndex[]
}

export function progressOf(context: KeygenContext, state: KeygenState): KeygenProgress {
  const { phase, self } = state
  return {
    phase,
    present: countMembers(withMember(state.present, self)),
    packages: countMembers(holdersOf(state.packages)),
    echoes: countMembers(holdersOf(state.echoes)),
    shares: countMembers(withMember(state.shares, self)),
    results: countMembers(holdersOf(state.results)),
    waitingFor: listMembers(missingOf(context, state)),
  }
}

const COUNTED = {
  meeting: 'present',
  packages: 'packages',
  echoes: 'echoes',
  shares: 'shares',
  results: 'results',
} as const

/** One line for people, such as `shares 3 of 4, waiting for member 2`. */
export function progressText(progress: KeygenProgress, size: number): string {
  const { phase, waitingFor } = progress
  const count = `${phase} ${progress[COUNTED[phase]]} of ${size}`
  return waitingFor.length === 0 ? count : `${count}, waiting for ${membersText(waitingFor)}`
}

/** `member 2`, or `members 0, 2 and 5`. */
function membersText(members: readonly MemberIndex[]): string {
  const last = members.at(-1)
  if (members.length < 2) return `member ${last ?? 'nobody'}`
  return `members ${members.slice(0, -1).join(', ')} and ${last}`
}

/** Why there is no key, in a sentence. */
export function failureText(outcome: KeygenFailure): string {
  switch (outcome.type) {
    case 'convicted': {
      const { accused, kind } = outcome.evidence
      return `member ${accused} is proven guilty (${kind})`
    }
    case 'late': {
      const missing = membersText(listMembers(outcome.missing))
      return `time ran out in phase ${outcome.phase}, waiting for ${missing}`
    }
    case 'abandoned': {
      const { by, phase, against, missing } = outcome
      const itself = against === 0 ? '' : `, waiting for ${membersText(listMembers(against))}`
      const here = missing === 0 ? '' : `; this one waited for ${membersText(listMembers(missing))}`
      return `member ${by} gave up in phase ${phase}${itself}${here}`
    }
    case 'spent':
      return 'this member has spoken in it before, from another disk or process'
    case 'stopped':
      return 'it was stopped'
  }
}
