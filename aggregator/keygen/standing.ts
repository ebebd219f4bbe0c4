import { equalBytes } from '../values/bytes.ts'
import {
  difference,
  hasMember,
  type MemberIndex,
  type Members,
  membersOf,
  NO_MEMBERS,
  withMember,
} from '../values/ids.ts'
import type { KeygenContext } from './context.ts'
import type { Inventory } from './exchange.ts'
import type { KeygenOutcome, KeygenState, SignedResult } from './machine.ts'
import type { Signed } from './statements.ts'

/** Members of whom something is held. */
export function holdersOf(held: readonly (Signed | null)[]): Members {
  return membersOf(held.flatMap((each, index) => (each === null ? [] : [index])))
}

/** Members whose echo names other packages than this one holds. */
export function dissentersOf(state: KeygenState): Members {
  let dissenters = NO_MEMBERS
  state.echoes.forEach((echo, index) => {
    const agrees = echo?.statement.packages.every((digest, position) =>
      equalBytes(digest, state.packages[position]?.digest ?? digest),
    )
    if (agrees === false) dissenters = withMember(dissenters, index)
  })
  return dissenters
}

/** Members who signed another result than this one, or the same under another transcript. */
function deviatorsOf(state: KeygenState): Members {
  const own = state.results[state.self]
  if (own === null || own === undefined) return NO_MEMBERS
  return membersOf(
    state.results.flatMap((each, index) => (each === null || agrees(each, own) ? [] : [index])),
  )
}

/** Whether two members signed one result. */
export function agrees({ statement: a }: SignedResult, { statement: b }: SignedResult): boolean {
  return equalBytes(a.result, b.result) && equalBytes(a.transcript, b.transcript)
}

/** Whom this member waits for in its phase, for progress and for a time-out. */
export function missingOf(context: KeygenContext, state: KeygenState): Members {
  switch (state.phase) {
    case 'meeting':
      return difference(context.all, state.present)
    case 'packages':
      return difference(context.all, holdersOf(state.packages))
    case 'echoes':
      return (difference(context.all, holdersOf(state.echoes)) | dissentersOf(state)) >>> 0
    case 'shares':
      // What makes a member's shares is in its memory alone: before it promises a result, after
      // which it may stop and come back, everybody has taken the one it needs. Whoever signed the
      // result has, and may have stopped before it could say so.
      return difference(
        context.all,
        withMember(state.shares & (state.served | holdersOf(state.results)), state.self),
      )
    case 'results':
      return (difference(context.all, holdersOf(state.results)) | deviatorsOf(state)) >>> 0
  }
}

/** What this member holds, as it asks others for the rest. */
export function inventoryOf(state: KeygenState): Inventory {
  return {
    packages: state.packages.map((each) => each?.digest ?? null),
    echoes: holdersOf(state.echoes),
    results: holdersOf(state.results),
    shares: withMember(state.shares, state.self),
  }
}

/**
 * Statements that whoever holds this inventory lacks. A package that differs from the one it holds
 * is among them: together they are evidence.
 */
export function lackingOf(state: KeygenState, inventory: Inventory): readonly Signed[] {
  const packages = state.packages.filter((each, index) => {
    const held = inventory.packages[index] ?? null
    return each !== null && (held === null || !equalBytes(held, each.digest))
  })
  const without = (held: readonly (Signed | null)[], members: Members) =>
    held.filter((_, index) => difference(membersOf([index]), members) !== NO_MEMBERS)
  const lacking = [
    ...packages,
    ...without(state.echoes, inventory.echoes),
    ...without(state.results, inventory.results),
    ...state.accusations,
  ]
  return lacking.filter((each) => each !== null)
}

/** Whether shares may leave for a member: the packages are agreed on, and it is not this one. */
export function mayShare(state: KeygenState, recipient: MemberIndex): boolean {
  const isAgreed = state.phase === 'shares' || state.phase === 'results'
  return isAgreed && recipient !== state.self && hasMember(holdersOf(state.packages), recipient)
}

/** Everybody that the outcome names, for messages to operators. */
export function namedBy(outcome: KeygenOutcome): Members {
  switch (outcome.type) {
    case 'convicted':
      return membersOf([outcome.evidence.accused])
    case 'late':
      return outcome.missing
    case 'abandoned':
      return membersOf([outcome.by])
    default:
      return NO_MEMBERS
  }
}
