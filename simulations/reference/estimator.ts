import { createHistogram } from '../histogram.ts'
import { type Prng, prngOf } from '../prng.ts'
import { type DrawDelay, delaysOf } from '../world/latency.ts'
import type { Region } from '../world/regions.ts'
import { countOf, type Message, type ReferenceProtocol, type Wait } from './protocol.ts'

export interface EstimateOptions {
  readonly protocol: ReferenceProtocol
  /** One region for each member. */
  readonly placement: readonly Region[]
  readonly f: number
  readonly seed: number
  /** For each member as leader. */
  readonly trials: number
}

export interface Estimate {
  readonly protocol: string
  readonly members: number
  readonly trials: number
  readonly meanMs: number
  readonly p99Ms: number
}

/** What one trial knows: when each member got each message from each sender. */
interface Trial {
  readonly options: EstimateOptions
  readonly members: readonly number[]
  readonly roles: ReadonlyMap<string, readonly number[]>
  /** By message, then receiver: times of arrival in microseconds, one for each sender. */
  readonly arrivals: Map<string, readonly number[][]>
  readonly draw: DrawDelay
  readonly prng: Prng
}

/**
 * Time from the start to the result, over all members and with each as leader in turn: one-way
 * delays Normal(p50 / 2, (p90 − p50) / 2) of the round trips, from 0; no loss, no bandwidth, a
 * message to oneself at once.
 */
export function estimate(options: EstimateOptions): Estimate {
  const { protocol, placement, seed, trials } = options
  const prng = prngOf(seed, `estimate ${protocol.name}`)
  const draw = delaysOf({ type: 'regions', placement })
  const histogram = createHistogram()
  const members = placement.map((_, index) => index)
  for (let trial = 0; trial < trials * members.length; trial++) {
    const roles = rolesOf(options, trial % members.length, prng)
    const state: Trial = { options, members, roles, arrivals: new Map(), draw, prng }
    for (const message of protocol.messages) state.arrivals.set(message.name, sent(state, message))
    for (const member of members) {
      const doneUs = earliest(state, protocol.done, member)
      if (Number.isFinite(doneUs)) histogram.add(Math.round(doneUs))
    }
  }
  const { meanMs, p99Ms } = histogram.summary()
  const count = trials * members.length
  return {
    protocol: protocol.name,
    members: members.length,
    trials: count,
    meanMs: meanMs ?? Number.NaN,
    p99Ms: p99Ms ?? Number.NaN,
  }
}

function rolesOf(
  { protocol, placement, f }: EstimateOptions,
  leader: number,
  prng: Prng,
): ReadonlyMap<string, readonly number[]> {
  const n = placement.length
  const roles = new Map<string, readonly number[]>([
    ['all', placement.map((_, index) => index)],
    ['leader', [leader]],
  ])
  for (const [name, role] of Object.entries(protocol.roles)) {
    const from = roles.get(role.of)
    if (from === undefined) throw new RangeError(`role ${name} is of an unknown role ${role.of}`)
    roles.set(name, drawn(from, countOf(role.count, { n, f }), prng))
  }
  return roles
}

function drawn(from: readonly number[], count: number, prng: Prng): readonly number[] {
  const left = [...from]
  return Array.from({ length: Math.min(count, from.length) }, () => {
    const [chosen] = left.splice(prng.below(left.length), 1)
    return chosen as number
  })
}

function sent(trial: Trial, message: Message): readonly number[][] {
  const arrivals: number[][] = trial.members.map(() => [])
  const receivers = trial.roles.get(message.to)
  const senders = trial.roles.get(message.from)
  if (receivers === undefined || senders === undefined) {
    throw new RangeError(`message ${message.name} is between unknown roles`)
  }
  for (const from of senders) {
    const readyUs = message.after.length === 0 ? 0 : earliest(trial, message.after, from)
    const leavesUs = readyUs + message.workMs * 1_000
    for (const to of receivers) {
      const delayUs = to === from ? 0 : trial.draw({ from, to }, trial.prng)
      arrivals[to]?.push(leavesUs + delayUs)
    }
  }
  return arrivals
}

/** When the first of several waits of a member ends; Infinity when none ever does. */
function earliest(trial: Trial, waits: readonly Wait[], member: number): number {
  let firstUs = Number.POSITIVE_INFINITY
  for (const wait of waits) firstUs = Math.min(firstUs, endOf(trial, wait, member))
  return firstUs
}

function endOf(trial: Trial, wait: Wait, member: number): number {
  const committee = { n: trial.members.length, f: trial.options.f }
  let endUs = 0
  for (const [name, count] of Object.entries(wait)) {
    const arrivals = trial.arrivals.get(name)?.[member]
    if (arrivals === undefined) throw new RangeError(`a wait is for an unknown message ${name}`)
    const sorted = [...arrivals].sort((a, b) => a - b)
    const reached = sorted[countOf(count, committee) - 1] ?? Number.POSITIVE_INFINITY
    endUs = Math.max(endUs, reached)
  }
  return endUs
}
