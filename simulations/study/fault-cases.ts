import { faultyMax } from '../../aggregator/committee/quorum.ts'
import { placementOf } from '../input/topology.ts'
import { checkScenario } from '../scenario/load.ts'
import type { Scenario } from '../scenario/schema.ts'
import type { Outcome } from '../threads/job.ts'
import { type OverSeeds, overSeeds } from './seeds.ts'

const ROUND_MS = 1_000

export const PROTOCOLS = ['ours', 'ocr2', 'ocr3', 'raw-quorum', 'single-signer'] as const
export const STATES = ['alive', 'silent', 'crash', 'liars', 'late', 'cut'] as const
export type FaultState = (typeof STATES)[number]

/** What figures and sentences call them. */
export const PROTOCOL_NAMES: Readonly<Record<(typeof PROTOCOLS)[number], string>> = {
  ours: 'ours',
  ocr2: 'OCR2',
  ocr3: 'OCR3',
  'raw-quorum': 'raw quorum',
  'single-signer': 'single signer',
}
export const STATE_NAMES: Readonly<Record<FaultState, string>> = {
  alive: 'all alive',
  silent: 'f silent',
  crash: 'f crash',
  liars: 'f collude',
  late: 'f late',
  cut: 'cut in two',
}

/** Figures of a run, and over the seeds. */
export const FAULT_FIGURES = [
  /** From the observations, and from the opening of the round, to an honest member's result. */
  'meanMs',
  'p99Ms',
  'openMeanMs',
  'openP99Ms',
  /** From the opening to the last honest member's. */
  'lastMeanMs',
  'lastP99Ms',
  /** Of honest members without a result in rounds that have one, from 0 to 1. */
  'withoutResultShare',
  /** Of rounds, from 0 to 1. */
  'lostShare',
  'differingShare',
  'errorMeanBps',
  'errorMaxBps',
  /** Of the rounds that were opened, lost ones too; and what of it gossip repeats and tells. */
  'wireBytesPerRound',
  'wireOverlayBytesPerRound',
] as const
export type FaultFigure = (typeof FAULT_FIGURES)[number]
type RunFigures = Readonly<Record<FaultFigure, number | null>>

/** One protocol in one committee in one state, over its seeds. */
export interface FaultRow extends OverSeeds<FaultFigure> {
  readonly members: number
  readonly state: FaultState
  readonly protocol: (typeof PROTOCOLS)[number]
  readonly bySeed: readonly RunFigures[]
  /** The largest of all runs. */
  readonly mostBps: number | null
  /** Of all runs. */
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

/** What the runs of a case show, by seed. */
export function rowOf(
  { topology, state, protocol }: FaultCase,
  outcomes: readonly Outcome[],
): FaultRow {
  const bySeed = outcomes.map(figuresOf)
  const most = bySeed.flatMap(({ errorMaxBps }) => errorMaxBps ?? [])
  return {
    members: placementOf(topology).length,
    state,
    protocol,
    ...overSeeds(FAULT_FIGURES, bySeed),
    bySeed,
    mostBps: most.length === 0 ? null : Math.max(...most),
    violations: outcomes.reduce((sum, { violationCount }) => sum + violationCount, 0),
  }
}

function figuresOf(outcome: Outcome): RunFigures {
  const { rounds, latencyMs, errorBps, wire, differing, withoutResult } = outcome
  return {
    meanMs: latencyMs.observed.meanMs,
    p99Ms: latencyMs.observed.p99Ms,
    openMeanMs: latencyMs.all.meanMs,
    openP99Ms: latencyMs.all.p99Ms,
    lastMeanMs: latencyMs.last.meanMs,
    lastP99Ms: latencyMs.last.p99Ms,
    withoutResultShare: withoutResult,
    lostShare: rounds.lost / rounds.opened,
    differingShare: differing / rounds.opened,
    errorMeanBps: errorBps.meanBps,
    errorMaxBps: errorBps.maxBps,
    wireBytesPerRound: wire.bytes / rounds.opened,
    wireOverlayBytesPerRound: (wire.repeatedBytes + wire.toldBytes) / rounds.opened,
  }
}
