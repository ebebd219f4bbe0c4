import { type Prng, prngOf } from '../determinism/prng.ts'
import { type CumulativePoint, createHistogram } from '../statistics/histogram.ts'
import { type DrawDelay, delaysOf } from '../world/latency.ts'
import type { Region } from '../world/regions.ts'
import { countOf, type ReferenceProtocol, type Role, type Step, type Wait } from './protocol.ts'

export interface EstimateOptions {
  readonly protocol: ReferenceProtocol
  /** One region for each member. */
  readonly placement: readonly Region[]
  readonly f: number
  readonly seed: number
  /** For each member as leader; chosen by how much there is to draw when left out. */
  readonly trials?: number
  /** Members that send nothing, which the others know, drawn in each trial; never the leader. */
  readonly silent?: number
  /** Members that send nothing since this moment: still expected. Never the leader. */
  readonly crashed?: number
  /** Lognormal delays around the same medians; see `LatencyModel`. */
  readonly sigma?: number
  /** Delays and results are cut to whole multiples; 1 µs when left out. */
  readonly resolutionUs?: number
}

export interface Latency {
  /** Null when no member ever had the result. */
  readonly meanMs: number | null
  readonly p99Ms: number | null
}

export interface Estimate extends Latency {
  readonly protocol: string
  readonly members: number
  readonly f: number
  readonly trials: number
  /** The step from whose sending the time counts; null: the start of the round. */
  readonly measuredFrom: string | null
  /** The same from the start of the round. */
  readonly fromStart: Latency
  /** Share of members that never had the result, from 0 to 1. */
  readonly withoutResult: number
}

/** What one trial knows. */
interface Trial {
  readonly options: EstimateOptions
  readonly sets: ReadonlyMap<string, readonly number[]>
  readonly alive: ReadonlySet<number>
  /** By step: times of arrival by receiver, ascending, in microseconds; how many would send. */
  readonly arrivals: Map<string, { readonly at: readonly Float64Array[]; readonly senders: number }>
  /** By step: when each of its senders sent. */
  readonly leftUs: Map<string, readonly number[]>
  readonly draw: DrawDelay
  readonly prng: Prng
}

/** Points of a curve. */
const CURVE_POINTS = 200
/** So many delays are drawn when the number of trials is left open. */
const DRAWS = 1_000_000
/** With more members than this, so many of them lead, evenly spread. */
const LEADERS_MAX = 100

/**
 * Time to the result, over all living members and with each as leader in turn: one-way delays
 * Normal(p50 / 2, (p90 − p50) / 2) of the round trips, from 0, or lognormal with `sigma`; no loss,
 * no bandwidth, a message to oneself at once.
 */
export function estimate(options: EstimateOptions): Estimate {
  return estimateWithCurve(options).estimate
}

/** The same, with the share of members that had the result by a time. */
export function estimateWithCurve(options: EstimateOptions): {
  readonly estimate: Estimate
  readonly curve: readonly CumulativePoint[]
} {
  const { protocol, placement, f, seed } = options
  const prng = prngOf(seed, `estimate ${protocol.name}`)
  const draw = drawOf(options)
  const measured = createHistogram()
  const whole = createHistogram()
  const resolutionUs = options.resolutionUs ?? 1
  const n = placement.length
  const leaders = Math.min(n, LEADERS_MAX)
  const trials = leaders * (options.trials ?? trialsOf(options, leaders))
  let without = 0
  let asked = 0
  for (let trial = 0; trial < trials; trial++) {
    const leader = Math.floor(((trial % leaders) * n) / leaders)
    const state = trialOf(options, { leader, draw, prng })
    for (const step of protocol.steps) send(state, step)
    const fromUs = protocol.measuredFrom === null ? 0 : meanLeft(state, protocol.measuredFrom)
    asked += state.alive.size
    for (const member of state.alive) {
      const doneUs = earliest(state, protocol.done, member)
      if (!Number.isFinite(doneUs)) {
        without += 1
        continue
      }
      measured.add(cut(Math.round(doneUs - fromUs), resolutionUs))
      whole.add(cut(Math.round(doneUs), resolutionUs))
    }
  }
  const latency = ({ summary }: typeof whole): Latency => {
    const { meanMs, p99Ms } = summary()
    return { meanMs, p99Ms }
  }
  const figures = {
    protocol: protocol.name,
    members: n,
    f,
    trials,
    ...latency(measured),
    measuredFrom: protocol.measuredFrom,
    fromStart: latency(whole),
    withoutResult: without / asked,
  }
  return { estimate: figures, curve: measured.cumulative(CURVE_POINTS) }
}

function drawOf({ placement, sigma, resolutionUs = 1 }: EstimateOptions): DrawDelay {
  const tails = sigma === undefined ? {} : { sigma }
  const draw = delaysOf({ type: 'regions', placement, ...tails })
  return (link, prng) => cut(draw(link, prng), resolutionUs)
}

function cut(us: number, resolutionUs: number): number {
  return us - (us % resolutionUs)
}

function trialsOf({ protocol, placement }: EstimateOptions, leaders: number): number {
  const n = placement.length
  const size = (set: string): number => (set === 'leader' || set === 'one' ? 1 : n)
  const draws = protocol.steps.reduce((sum, { from, to }) => sum + size(from) * size(to), 0)
  return Math.max(1, Math.ceil(DRAWS / (draws * leaders)))
}

function trialOf(
  options: EstimateOptions,
  { leader, draw, prng }: { readonly leader: number; draw: DrawDelay; readonly prng: Prng },
): Trial {
  const { protocol, placement, f, silent = 0, crashed = 0 } = options
  const n = placement.length
  const all = placement.map((_, index) => index)
  const others = all.filter((member) => member !== leader)
  const absent = drawn(others, silent + crashed, prng)
  const isSilent = new Set(absent.slice(0, silent))
  const isAbsent = new Set(absent)
  const alive = all.filter((member) => !isAbsent.has(member))
  const sets = new Map<string, readonly number[]>([
    ['all', all],
    ['leader', [leader]],
    ['one', drawn(all, 1, prng)],
    ['expected', all.filter((member) => !isSilent.has(member))],
    ['alive', alive],
  ])
  for (const role of protocol.roles) sets.set(role.name, roleIn(sets, role, { n, f, prng }))
  const isAlive = new Set(alive)
  return { options, sets, alive: isAlive, arrivals: new Map(), leftUs: new Map(), draw, prng }
}

function roleIn(
  sets: ReadonlyMap<string, readonly number[]>,
  { of, count, pick }: Role,
  { n, f, prng }: { readonly n: number; readonly f: number; readonly prng: Prng },
): readonly number[] {
  const from = sets.get(of) ?? []
  const size = countOf(count, { n, f, size: from.length })
  return pick === 'first' ? from.slice(0, size) : drawn(from, size, prng)
}

function drawn(from: readonly number[], count: number, prng: Prng): readonly number[] {
  const left = [...from]
  return Array.from({ length: Math.min(count, from.length) }, () => {
    const [chosen] = left.splice(prng.below(left.length), 1)
    return chosen as number
  })
}

function send(trial: Trial, step: Step): void {
  const at: number[][] = trial.options.placement.map(() => [])
  const receivers = trial.sets.get(step.to) ?? []
  const senders = trial.sets.get(step.from) ?? []
  const left: number[] = []
  for (const from of senders) {
    if (!trial.alive.has(from)) continue
    const readyUs = step.after.length === 0 ? 0 : earliest(trial, step.after, from)
    if (!Number.isFinite(readyUs)) continue
    const leavesUs = readyUs + step.workMs * 1_000
    left.push(leavesUs)
    for (const to of receivers) {
      const delayUs = to === from ? 0 : trial.draw({ from, to }, trial.prng)
      at[to]?.push(leavesUs + delayUs)
    }
  }
  // Sorted as plain floats: far quicker than an array with a function that compares.
  const sorted = at.map((arrived) => Float64Array.from(arrived).sort())
  trial.arrivals.set(step.name, { at: sorted, senders: senders.length })
  trial.leftUs.set(step.name, left)
}

function meanLeft({ leftUs }: Trial, step: string): number {
  const left = leftUs.get(step) ?? []
  return left.length === 0 ? 0 : left.reduce((sum, us) => sum + us, 0) / left.length
}

/** When the first of several waits of a member ends; Infinity when none ever does. */
function earliest(trial: Trial, waits: readonly Wait[], member: number): number {
  let firstUs = Number.POSITIVE_INFINITY
  for (const wait of waits) firstUs = Math.min(firstUs, endOf(trial, wait, member))
  return firstUs
}

function endOf(trial: Trial, { elapsedMs, counts }: Wait, member: number): number {
  const { placement, f } = trial.options
  let endUs = elapsedMs * 1_000
  for (const { step, count } of counts) {
    const arrived = trial.arrivals.get(step)
    const size = arrived?.senders ?? 0
    const needed = countOf(count, { n: placement.length, f, size })
    endUs = Math.max(endUs, arrived?.at[member]?.[needed - 1] ?? Number.POSITIVE_INFINITY)
  }
  return endUs
}
