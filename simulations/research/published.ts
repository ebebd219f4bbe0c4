import { faultyMax } from '../../aggregator/committee/quorum.ts'
import { readArgs } from '../input/options.ts'
import { loadProtocol } from '../input/protocol-file.ts'
import { placementOf } from '../input/topology.ts'
import { estimate } from '../reference/estimator.ts'

/** A mean that others published, and what our estimator gives for the same committee. */
export interface PublishedRow {
  readonly topology: string
  readonly protocol: string
  readonly publishedMs: number
  readonly meanMs: number
  readonly differenceMs: number
  readonly differencePercent: number
  readonly isReproduced: boolean
}

/** Ten regions of the published estimator's own example: Sydney is in it, Singapore is not. */
const TEN_REGIONS = [
  'us-west-1',
  'us-east-1',
  'eu-west-1',
  'ap-northeast-1',
  'eu-north-1',
  'ap-south-1',
  'sa-east-1',
  'eu-central-1',
  'ap-northeast-2',
  'ap-southeast-2',
]
  .map((region) => `${region}:3`)
  .join(',')

const PUBLISHED = [
  { topology: 'us-east-1:5', simplex: 8.8, hotstuff: 18.6 },
  { topology: 'us-east-1:3,eu-west-1:2', simplex: 86.2, hotstuff: 156.1 },
  { topology: TEN_REGIONS, simplex: 289.3, hotstuff: 482.9 },
] as const

/** Two in a hundred count as reproduced; in one region the noise of a published run is larger. */
const PERCENT_MAX = 2
const ONE_REGION_MS_MAX = 0.6

/**
 * The published means beside ours. With `--whole-ms`, delays and times are cut to whole
 * milliseconds, as the published estimator does.
 */
export function publishedOf(args: readonly string[]): {
  readonly rows: readonly PublishedRow[]
  readonly isJson: boolean
} {
  const { values } = readArgs({
    args: [...args],
    options: {
      json: { type: 'boolean', default: false },
      'whole-ms': { type: 'boolean', default: false },
    },
  })
  const resolutionUs = values['whole-ms'] ? 1_000 : 1
  const rows = PUBLISHED.flatMap(({ topology, ...means }) =>
    (['simplex', 'hotstuff'] as const).map((name) => {
      const placement = placementOf(topology)
      const f = faultyMax(placement.length)
      const protocol = loadProtocol(name)
      const { meanMs } = estimate({ protocol, placement, f, seed: 1, resolutionUs })
      return rowOf({ topology, protocol: name, publishedMs: means[name], meanMs: meanMs ?? 0 })
    }),
  )
  return { rows, isJson: values.json }
}

function rowOf(
  row: Pick<PublishedRow, 'topology' | 'protocol' | 'publishedMs' | 'meanMs'>,
): PublishedRow {
  const { topology, publishedMs, meanMs } = row
  const differenceMs = Math.round((meanMs - publishedMs) * 1_000) / 1_000
  const differencePercent = Math.round((10_000 * (meanMs - publishedMs)) / publishedMs) / 100
  const isReproduced = topology.includes(',')
    ? Math.abs(differencePercent) <= PERCENT_MAX
    : Math.abs(differenceMs) <= ONE_REGION_MS_MAX
  return { ...row, differenceMs, differencePercent, isReproduced }
}
