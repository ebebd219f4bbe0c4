import { faultyMax } from '../../aggregator/committee/quorum.ts'
import { loadProtocol } from '../input/protocol-file.ts'
import { placementOf } from '../input/topology.ts'
import { type Estimate, estimateWithCurve } from '../reference/estimator.ts'
import type { CumulativePoint } from '../statistics/histogram.ts'

/** One estimate of one protocol in one committee, all alive, f silent, or f just crashed. */
export interface LatencyRow extends Pick<Estimate, 'meanMs' | 'p99Ms' | 'measuredFrom'> {
  readonly members: number
  readonly state: 'alive' | 'silent' | 'crashed'
  readonly protocol: string
  /** From the start of the round, where time counts from the observations. */
  readonly fromStartMeanMs: number | null
  readonly fromStartP99Ms: number | null
}

const PROTOCOLS = ['ours', 'ocr2', 'ocr3', 'simplex'] as const

/** Members as their committee lists them: those first that are near to the rest. */
export const STUDY_TOPOLOGIES = [
  'us-east-1:2,eu-west-1:1,eu-central-1:1',
  'us-east-1:2,us-east-2:2,us-west-1:2,us-west-2:2,ca-central-1:2,eu-west-1:2,ap-southeast-1:2,' +
    'ap-northeast-1:2',
  'us-east-1:4,us-west-1:3,eu-west-1:3,eu-central-1:3,eu-north-1:3,ap-northeast-1:3,' +
    'ap-northeast-2:3,ap-southeast-1:3,ap-south-1:3,sa-east-1:3',
] as const

export const LATENCY_STATES = ['alive', 'silent', 'crashed'] as const

/** Which estimate of the study one is. */
export interface LatencyCase {
  readonly topology: string
  readonly state: LatencyRow['state']
  readonly protocol: (typeof PROTOCOLS)[number]
}

/** Every committee, with every state of its members, by every protocol. */
export function latencyCases(): readonly LatencyCase[] {
  return STUDY_TOPOLOGIES.flatMap((topology) =>
    LATENCY_STATES.flatMap((state) => PROTOCOLS.map((protocol) => ({ topology, state, protocol }))),
  )
}

/** Observation to certificate, over all members. */
export function latencyOf(
  { topology, state, protocol: name }: LatencyCase,
  seed: number,
): {
  readonly row: LatencyRow
  readonly curve: readonly CumulativePoint[]
} {
  const placement = placementOf(topology)
  const f = faultyMax(placement.length)
  const absent = state === 'alive' ? {} : { [state]: f }
  const protocol = loadProtocol(name)
  const { estimate, curve } = estimateWithCurve({ protocol, placement, f, seed, ...absent })
  const { meanMs, p99Ms, measuredFrom, fromStart } = estimate
  const row = {
    members: placement.length,
    state,
    protocol: name,
    meanMs,
    p99Ms,
    measuredFrom,
    fromStartMeanMs: fromStart.meanMs,
    fromStartP99Ms: fromStart.p99Ms,
  }
  return { row, curve }
}
