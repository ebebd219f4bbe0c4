import { orderOf } from '../context.ts'
import { dueFeedsOf } from '../delivery/due.ts'
import type { Event } from '../events.ts'
import { isInTerm, type TargetState } from '../state/state.ts'
import type { Turn } from '../state/turn.ts'
import type { FeedIndex } from '../values/ids.ts'
import type { UnixMs } from '../values/time.ts'

/** How often a target is looked at in the shortest heartbeat of a feed, when nothing is due. */
export const LOOKS_PER_HEARTBEAT = 4

/** A new best certificate: on each target, plans this node's turn if it should look there. */
export function onBestCertificate(turn: Turn): void {
  for (const target of turn.state.targets.values()) plan(turn, target)
}

function dueNow(turn: Turn, target: TargetState): readonly FeedIndex[] {
  const { best, current, term } = turn.state
  // Another committee delivers before and after: the contract knows one key at a time (§11.2).
  if (!isInTerm(term, turn.nowMs)) return []
  const { roundsKept } = turn.context.committee.params.limits
  // What the last process left is history by now; a newer certificate is on its way (§4.2).
  if (best === null || best.message.round < current - roundsKept) return []
  return dueFeedsOf(turn.context.committee.params.feeds, best.message, target.feeds)
}

/**
 * Whether what is known of a target is so old that it may be wrong: a reorganisation took it back,
 * or endpoints lied. Whoever believed a round of the future for good would never deliver again.
 */
function isOutdated(turn: Turn, target: TargetState): boolean {
  const { feeds } = turn.context.committee.params
  const looks = (turn.nowMs - target.readMs) * LOOKS_PER_HEARTBEAT
  return feeds.some(({ heartbeatMs }) => looks >= heartbeatMs)
}

function plan(turn: Turn, target: TargetState): void {
  if (target.activity !== 'idle') return
  const isDue = dueNow(turn, target).length > 0
  // A turn stays also when nothing is due any more: a value around its threshold would call up
  // another first transmitter in every other round, beside those whose delivery is on its way.
  if (target.turnMs !== null && (target.turnTo === 'deliver' || !isDue)) return
  if (!isDue && !isOutdated(turn, target)) return
  const round = turn.state.best === null ? 0 : turn.state.best.message.round
  const stage = orderOf(turn.context, round).indexOf(turn.state.self)
  target.turnTo = isDue ? 'deliver' : 'look'
  target.turnMs = turn.nowMs + stage * turn.context.committee.params.timing.stageMs
}

/** Looks at the chain again when this node's turn has come (§8.2). */
export function runTurns(turn: Turn): void {
  if (turn.state.targets.size === 0) return
  const { size, params } = turn.context.committee
  for (const target of turn.state.targets.values()) {
    if (target.turnMs === null || target.turnMs > turn.nowMs) continue
    // An endpoint that gives no answer is asked again, after all others have had a turn.
    target.turnMs = turn.nowMs + size * params.timing.stageMs
    target.activity = 'reading'
    turn.out.push({ type: 'readChain', target: target.name })
  }
}

/**
 * What the chain holds: news, or the answer before sending; then sends what is still due. Where a
 * look finds something due, a turn to deliver it is planned.
 */
export function onChainRead(turn: Turn, event: Extract<Event, { type: 'chainRead' }>): void {
  const target = targetOf(turn, event.target)
  target.feeds = event.feeds
  target.readMs = turn.nowMs
  if (target.activity === 'sending') return
  const wasReading = target.activity === 'reading'
  target.activity = 'idle'
  if (wasReading) target.turnMs = null
  if (!wasReading || target.turnTo === 'look') {
    plan(turn, target)
    return
  }
  const feeds = dueNow(turn, target)
  const { best } = turn.state
  if (feeds.length === 0 || best === null) return
  target.activity = 'sending'
  turn.out.push({ type: 'transmit', target: target.name, certificate: best, feeds })
}

/**
 * A transmission ended: looks at the chain at once, one stage later when another was first, or
 * after a failure when all others had a turn.
 */
export function onTransmitted(turn: Turn, event: Extract<Event, { type: 'transmitted' }>): void {
  const target = targetOf(turn, event.target)
  target.activity = 'idle'
  const { size, params } = turn.context.committee
  // Overtaken by a delivery that may still wait for its block: looking again at once finds nothing.
  const stages = { landed: 0, superseded: 1, failed: size }[event.outcome]
  target.turnTo = 'deliver'
  target.turnMs = turn.nowMs + stages * params.timing.stageMs
}

function targetOf(turn: Turn, name: string): TargetState {
  const known = turn.state.targets.get(name)
  if (known !== undefined) return known
  const made: TargetState = {
    name,
    feeds: [],
    readMs: turn.nowMs,
    turnMs: null,
    turnTo: 'look',
    activity: 'idle',
  }
  turn.state.targets.set(name, made)
  return made
}

/** The earliest turn planned on any target; null when none is. */
export function nextTurnMs(turn: Turn): UnixMs | null {
  let earliest: UnixMs | null = null
  if (turn.state.targets.size === 0) return earliest
  for (const { turnMs } of turn.state.targets.values()) {
    if (turnMs !== null && (earliest === null || turnMs < earliest)) earliest = turnMs
  }
  return earliest
}
