import { faultyMax } from '../../aggregator/quorum.ts'
import { placementOf } from '../input/topology.ts'
import type { SimulationResult } from '../run/result.ts'
import { checkScenario } from '../scenario/load.ts'
import type { Scenario } from '../scenario/schema.ts'

const ROUND_MS = 1_000

export const PROTOCOLS = ['ours', 'ocr2', 'ocr3', 'raw-quorum', 'single-signer'] as const
export const STATES = ['alive', 'silent', 'crash', 'liars', 'late', 'cut'] as const
export type FaultState = (typeof STATES)[number]

/** One protocol in one committee in one state. */
export interface FaultRow {
  readonly members: number
  readonly state: FaultState
  readonly protocol: (typeof PROTOCOLS)[number]
  /** From the observations, and from the opening of the round, to an honest member's result. */
  readonly meanMs: number | null
  readonly p99Ms: number | null
  readonly openMeanMs: number | null
  readonly openP99Ms: number | null
  /** From the opening to the last honest member's. */
  readonly lastMeanMs: number | null
  readonly lastP99Ms: number | null
  /** Share of honest members without a result in rounds that have one, from 0 to 1. */
  readonly withoutResult: number | null
  /** Shares of rounds, from 0 to 1. */
  readonly lost: number
  readonly differing: number
  readonly errorMeanBps: number | null
  readonly errorMaxBps: number | null
  readonly bytesPerRound: number
  readonly violations: number
}

/** Which run of the study one is. */
export interface FaultCase {
  readonly topology: string
  readonly state: FaultState
  readonly protocol: (typeof PROTOCOLS)[number]
}

/** Members 1, 4, 7 and so on fail, f of them. */
export function scenarioOf(
  { topology, state, protocol }: FaultCase,
  { roundsMax, epochRounds }: { readonly roundsMax: number; readonly epochRounds: number },
): Scenario {
  const regions = placementOf(topology)
  const turn = regions.length * epochRounds
  // A leader more or less would weigh where it stands.
  const rounds = Math.max(1, Math.floor(roundsMax / turn)) * turn
  const order = [...new Set(regions)]
  const counted = order.map((each) => [each, regions.filter((one) => one === each).length])
  const size = regions.length
  const failing = Array.from({ length: faultyMax(size) }, (_, index) => 3 * index + 1)
  const half = Math.floor(size / 2)
  const members = Array.from({ length: size }, (_, index) => index)
  const span = { fromMs: (rounds / 2) * ROUND_MS, toMs: ((rounds * 5) / 8) * ROUND_MS }
  const strategy = { silent: 'mute', liars: 'collude', late: 'late' }[state as string]
  const latency = { type: 'regions', placement: Object.fromEntries(counted), order }
  const cut = { ...span, senders: members.slice(0, half), receivers: members.slice(half) }
  const crash = { type: 'crash', members: failing, atMs: (rounds / 4) * ROUND_MS }
  return checkScenario({
    name: 'beside-others',
    rounds,
    protocol,
    reference: { epochRounds },
    committee: { members: size, timing: 'worldwide' },
    network: { latency, cuts: state === 'cut' ? [cut] : [] },
    adversaries: strategy === undefined ? [] : [{ strategy, members: failing }],
    faults: state === 'crash' ? [crash] : [],
    stopAtViolation: false,
  })
}

/** What a run shows. */
export function rowOf({ state, protocol }: FaultCase, result: SimulationResult): FaultRow {
  const { rounds, latencyMs, errorBps, wire, differing, committee, withoutResult } = result
  return {
    members: committee.members,
    state,
    protocol,
    meanMs: latencyMs.observed.meanMs,
    p99Ms: latencyMs.observed.p99Ms,
    openMeanMs: latencyMs.all.meanMs,
    openP99Ms: latencyMs.all.p99Ms,
    lastMeanMs: latencyMs.last.meanMs,
    lastP99Ms: latencyMs.last.p99Ms,
    withoutResult,
    lost: rounds.lost / rounds.opened,
    differing: differing / rounds.opened,
    errorMeanBps: errorBps.meanBps,
    errorMaxBps: errorBps.maxBps,
    // Those before and after the counted rounds are on the wire too.
    bytesPerRound: Math.round(wire.bytes / (result.virtualMs / ROUND_MS)),
    violations: result.violationCount,
  }
}
