import { invariant } from '../assert.ts'
import { countMembers, NO_MEMBERS, withMember } from '../values/ids.ts'
import type { KeygenContext } from './context.ts'
import type { KeygenEffect, KeygenEvent, KeygenState, SignedPackage } from './machine.ts'
import { groupKeyOf } from './polynomial.ts'
import { judgeResults, receive, refuseShare } from './receive.ts'
import { resultOf, transcriptOf } from './result.ts'
import { agrees, dissentersOf, holdersOf, missingOf } from './standing.ts'
import { digestOfStatement } from './statements.ts'
import { accuse, broadcast, convict, end, enter, type Step } from './transition.ts'

/**
 * One event of a key generation (protocol §11.1). Deterministic; holds no secret. Each phase
 * begins only when the one before is complete at this member: all there, all packages, all echoes
 * equal, all shares good and taken, all results equal. Whatever else happens ends it without a key.
 */
export function stepKeygen(
  context: KeygenContext,
  state: KeygenState,
  event: KeygenEvent,
): readonly KeygenEffect[] {
  if (state.outcome !== null) return []
  const step: Step = { context, state, nowMs: event.nowMs, effects: [] }
  take(step, event)
  if (state.outcome === null) advance(step)
  if (state.outcome === null) checkDeadline(step)
  return step.effects
}

function take(step: Step, event: KeygenEvent): void {
  const { state } = step
  switch (event.type) {
    case 'started':
      start(step, event.promised)
      break
    case 'ticked':
      break
    case 'met':
      state.present = withMember(event.present, state.self)
      break
    case 'packageMade':
      announcePackage(step, event)
      break
    case 'received':
      receive(step, event.signed)
      break
    case 'evidenceReceived':
      convict(step, event.evidence)
      break
    case 'shareOpened':
      state.shares = withMember(state.shares, event.from)
      break
    case 'shareTaken':
      state.served = withMember(state.served, event.by)
      break
    case 'shareRefused':
      refuseShare(step, event.signed)
      break
    case 'shareKept':
      announceResult(step)
      break
    case 'stopped':
      stop(step)
      break
  }
}

/** Begins anew, or with the result that an earlier run of this attempt has promised. */
function start(step: Step, promised: KeygenState['promised']): void {
  step.state.enteredMs = step.nowMs
  if (promised === null) return
  // Copied: what a host keeps beside it, such as its share, is no business of the machine.
  step.state.promised = { transcript: promised.transcript, groupKey: promised.groupKey }
  step.state.hasSpoken = true
  announceResult(step)
}

function announcePackage(
  step: Step,
  made: { readonly commitment: readonly Uint8Array[]; readonly proof: Uint8Array },
): void {
  const { commitment, proof } = made
  step.state.hasSpoken = true
  const statement = { type: 'package', sender: step.state.self, commitment, proof } as const
  step.effects.push({ type: 'promisePackage', digest: digestOfStatement(step.context, statement) })
  broadcast(step, statement)
}

function announceResult(step: Step): void {
  const { context, state } = step
  const { promised, self } = state
  invariant(promised !== null, 'a result is promised before it is announced')
  enter(step, 'results')
  const { transcript } = promised
  const result = resultOf(context, promised)
  broadcast(step, { type: 'result', sender: self, transcript, result })
}

function stop(step: Step): void {
  if (isCountedOn(step.state)) accuse(step, NO_MEMBERS)
  end(step, { type: 'stopped' })
}

/**
 * Before it has spoken nobody counts on this member, whatever packages have come by then: what it
 * gave up for good could be shown to the others when it begins this attempt again. After its result
 * nobody needs more.
 */
function isCountedOn({ phase, hasSpoken }: KeygenState): boolean {
  return hasSpoken && phase !== 'results'
}

/** Goes on when this member's phase is complete. */
function advance(step: Step): void {
  const { context, state } = step
  if (missingOf(context, state) !== NO_MEMBERS && !isLed(step)) return
  switch (state.phase) {
    case 'meeting':
      enter(step, 'packages')
      step.effects.push({ type: 'makePackage' })
      break
    case 'packages':
      announceEcho(step)
      break
    case 'echoes':
      exchangeShares(step)
      break
    case 'shares':
      keepShare(step)
      break
    case 'results':
      finish(step)
      break
  }
}

/** In the meeting f+1 others have gone on: one of them, being honest, saw everybody. */
function isLed({ context, state }: Step): boolean {
  return state.phase === 'meeting' && countMembers(holdersOf(state.packages)) > context.f
}

function announceEcho(step: Step): void {
  enter(step, 'echoes')
  const packages = packagesOf(step.state).map(({ digest }) => digest)
  broadcast(step, { type: 'echo', sender: step.state.self, packages })
}

function exchangeShares(step: Step): void {
  invariant(dissentersOf(step.state) === NO_MEMBERS, 'all members hold the same packages')
  enter(step, 'shares')
  step.effects.push({ type: 'exchangeShares', packages: packagesOf(step.state) })
}

function packagesOf(state: KeygenState): readonly SignedPackage[] {
  const packages = state.packages.filter((each) => each !== null)
  invariant(packages.length === state.packages.length, 'every package is here')
  return packages
}

function keepShare(step: Step): void {
  const { context, state, effects } = step
  if (state.promised !== null) return
  const packages = packagesOf(state)
  const transcript = transcriptOf(
    context,
    packages.map(({ digest }) => digest),
  )
  const commitments = packages.map(({ statement }) => statement.commitment)
  const groupKey = groupKeyOf(commitments, context.threshold)
  // The coefficients are independent of each other, so that chance makes a zero once in 2^256.
  invariant(groupKey !== null, 'the group key is a point other than zero')
  state.promised = { transcript, groupKey }
  judgeResults(step)
  if (state.outcome !== null) return
  const result = resultOf(context, state.promised)
  effects.push({ type: 'keepShare', promised: state.promised, result })
}

function finish(step: Step): void {
  const { promised, results, self } = step.state
  const own = results[self]
  invariant(promised !== null && own !== null && own !== undefined, 'the own result is among them')
  const signatures = results.flatMap((each) =>
    each === null ? [] : [each.bytes.slice(each.bytes.length - 64)],
  )
  const isOne = results.every((each) => each !== null && agrees(each, own))
  invariant(isOne && signatures.length === results.length, 'all n results are equal')
  end(step, { type: 'generated', key: { ...promised, signatures } })
}

function checkDeadline(step: Step): void {
  const { context, state, nowMs } = step
  const { phase, timing, enteredMs } = state
  // The host is keeping the share: nobody owes anything.
  if (phase === 'shares' && state.promised !== null) return
  if (nowMs - enteredMs < (phase === 'meeting' ? timing.meetMs : timing.phaseMs)) return
  const missing = missingOf(context, state)
  if (isCountedOn(state)) accuse(step, missing)
  end(step, { type: 'late', phase, missing })
}
