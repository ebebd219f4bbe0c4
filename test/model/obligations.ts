import type { Context } from '../../aggregator/context.ts'
import type { Effect } from '../../aggregator/effects.ts'
import type { Event } from '../../aggregator/events.ts'
import type { State } from '../../aggregator/state/state.ts'
import { countMembers, hasMember, withMember } from '../../aggregator/values/ids.ts'

/** What the world remembers of one member, over all its processes. Mutated while judging. */
export interface Ghost {
  /** Digest by round and kind: what is durable. */
  readonly promised: Record<string, string>
  /** Report digest by round, and the life by round and slot, of every share asked for. */
  readonly signed: Record<string, string>
  readonly life: number
  /** No message of this process in rounds up to this one (§10.3). */
  readonly silentUpTo: number
  /** Members whose observation of the round arrived by includeMs. */
  inTime: number
}

interface Given {
  readonly ghost: Ghost
  readonly effects: readonly Effect[]
  readonly event: Event
  readonly round: number
  readonly self: number
  /** Whom anyone may name and convict. */
  readonly faulty: number
}

/**
 * Judges what one step did: the rules that a member keeps whatever the network and f others do
 * (protocol §6.7, §10.1 to §10.3). With them S1 and S2 follow from counting: two certificates of a
 * round need 2f+1 signers each, share an honest one, and that one signs a single report.
 *
 * @returns the rule that is broken, in words; null when all are kept
 */
export function judgeEffects(context: Context, given: Given): string | null {
  noteArrival(context, given)
  for (const effect of given.effects) {
    const rule = judge(context, given, effect)
    if (rule !== null) return rule
  }
  return null
}

/** S3: nobody honest is ever convicted. */
export function judgeState(state: State, faulty: number): string | null {
  return (state.convicted & ~faulty) === 0 ? null : 'an honest member is convicted'
}

function noteArrival(context: Context, { ghost, event, round }: Given): void {
  if (event.type !== 'received' || event.message.message.type !== 'observation') return
  const { genesisMs, timing } = context.committee.params
  const includeMs = genesisMs + round * timing.roundMs + timing.includeMs
  const { message } = event.message
  if (message.round === round && event.nowMs < includeMs) {
    ghost.inTime = withMember(ghost.inTime, message.sender)
  }
}

function judge(context: Context, given: Given, effect: Effect): string | null {
  const { ghost } = given
  switch (effect.type) {
    case 'persist': {
      const { round, kind, digest } = effect.promise
      const key = kind === 'share' ? `share ${round}` : `${kind} ${round}`
      const before = ghost.promised[key]
      if (before !== undefined && before !== hex(digest)) return `two promises of ${key}`
      ghost.promised[key] = hex(digest)
      return null
    }
    case 'broadcast':
      return judgeBroadcast(given, effect)
    case 'signShare':
      return judgeShare(context, given, effect)
    case 'halt':
      return 'an honest member halts'
    default:
      return null
  }
}

function judgeBroadcast(
  { ghost, round, faulty }: Given,
  effect: Extract<Effect, { type: 'broadcast' }>,
) {
  const { message, digest } = effect.message
  if (message.round <= ghost.silentUpTo) return 'a message in a silent round'
  if (message.type === 'late' && message.round === round) {
    // The machine that was started anew never heard what the one before it did.
    const accused = message.members & ghost.inTime & ~faulty
    if (ghost.life === 0 && accused !== 0)
      return 'a late notice names an honest one that was in time'
  }
  if (message.type === 'share') return null
  const kind = message.type === 'proposal' ? `proposal${message.rank}` : message.type
  const promised = ghost.promised[`${kind} ${message.round}`]
  return promised === hex(digest) ? null : `a ${kind} without its promise`
}

function judgeShare(
  context: Context,
  given: Given,
  effect: Extract<Effect, { type: 'signShare' }>,
) {
  const { ghost, self } = given
  const { round, slot, reportDigest, session } = effect
  const digest = hex(reportDigest)
  if (round <= ghost.silentUpTo) return 'a share in a silent round'
  if (ghost.promised[`share ${round}`] !== digest) return 'a share without its promise'
  const before = ghost.signed[`${round}`]
  if (before !== undefined && before !== digest) return 'two reports of a round are signed'
  ghost.signed[`${round}`] = digest
  const place = `${round}/${slot}`
  if (ghost.signed[place] !== undefined) return 'a slot is used twice'
  ghost.signed[place] = `${ghost.life}`
  if (!hasMember(session.signingSet, self)) return 'a share for a set that it is not in'
  if (countMembers(session.signingSet) !== context.committee.signingThreshold) {
    return 'a share for a set of another size'
  }
  return null
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
