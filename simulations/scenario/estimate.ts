import { parseArgs } from 'node:util'
import { faultyMax } from '../../aggregator/quorum.ts'
import { type Estimate, estimate } from '../reference/estimator.ts'
import { REFERENCE_PROTOCOLS } from '../reference/protocols.ts'
import { REGIONS, type Region } from '../world/regions.ts'

/** Most members of an estimate. */
const MEMBERS_MAX = 1_000
const TRIALS_MAX = 1_000_000

/**
 * The estimate that a command line asks for.
 *
 * @throws {RangeError} when it asks for a region, protocol or number that there is not
 */
export function estimateOf(args: readonly string[]): {
  readonly result: Estimate
  readonly isJson: boolean
} {
  const { values } = parseArgs({
    args: [...args],
    options: {
      topology: { type: 'string' },
      protocol: { type: 'string' },
      seed: { type: 'string', default: '1' },
      trials: { type: 'string', default: '200' },
      json: { type: 'boolean', default: false },
    },
  })
  const placement = placementOf(values.topology ?? '')
  const protocol = REFERENCE_PROTOCOLS.find(({ name }) => name === values.protocol)
  if (protocol === undefined) {
    const known = REFERENCE_PROTOCOLS.map(({ name }) => name).join(', ')
    throw new RangeError(`--protocol must be one of ${known}`)
  }
  const f = faultyMax(placement.length)
  const seed = countIn('--seed', values.seed, 0xffffffff)
  const trials = countIn('--trials', values.trials, TRIALS_MAX)
  return { result: estimate({ protocol, placement, f, seed, trials }), isJson: values.json }
}

/** `us-east-1:3,eu-west-1:2` as one region for each member. */
export function placementOf(topology: string): readonly Region[] {
  const placement = topology.split(',').flatMap((entry) => {
    const [name, count = '1'] = entry.split(':')
    const region = REGIONS.find((each) => each === name)
    if (region === undefined) {
      throw new RangeError(`--topology must name regions of ${REGIONS.join(', ')}`)
    }
    return Array.from({ length: countIn('--topology', count, MEMBERS_MAX) }, () => region)
  })
  if (placement.length < 4 || placement.length > MEMBERS_MAX) {
    throw new RangeError(`--topology must place 4 to ${MEMBERS_MAX} members`)
  }
  return placement
}

function countIn(option: string, text: string, max: number): number {
  const count = Number(text)
  if (!/^\d{1,10}$/.test(text) || count > max) {
    throw new RangeError(`${option} must hold whole numbers up to ${max}`)
  }
  return count
}
