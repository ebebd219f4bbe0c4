import { faultyMax } from '../../aggregator/committee/quorum.ts'
import { type Prng, prngOf } from '../determinism/prng.ts'
import { readArgs, wholeNumber } from '../input/options.ts'
import { loadProtocol } from '../input/protocol-file.ts'
import { callOf } from '../origin/call.ts'
import { commitOf } from '../origin/commit.ts'
import { estimate, type Latency } from '../reference/estimator.ts'
import { REGIONS, type Region, roundTripOf } from '../world/regions.ts'

const OTHERS = ['ocr2', 'ocr3'] as const
/** Committees that a node runs in. */
const MEMBERS = { min: 4, max: 31 } as const
const COUNT_MAX = 10_000

/** In how many of the drawn committees ours is ahead. */
export interface PlacementsRow {
  readonly members: number
  readonly other: (typeof OTHERS)[number]
  readonly placements: number
  readonly aheadInMean: number
  readonly aheadInP99: number
}

export interface Placements {
  readonly rows: readonly PlacementsRow[]
  readonly seed: number
  readonly trials: number
  readonly listed: 'near' | 'drawn'
  readonly commit: string
  readonly command: string
}

/**
 * Ours beside OCR2 and OCR3 where nobody chose the committee: the region of each member is drawn
 * evenly from all. Members are listed with those first that are near to the rest, as a committee
 * should list them, or as they were drawn.
 *
 * @throws {RangeError} for a wrong command line
 */
export function placementsOf(args: readonly string[]): {
  readonly result: Placements
  readonly isJson: boolean
} {
  const { values } = readArgs({
    args: [...args],
    options: {
      members: { type: 'string', default: '4,7,16' },
      count: { type: 'string', default: '80' },
      trials: { type: 'string', default: '40' },
      seed: { type: 'string', default: '1' },
      listed: { type: 'string', default: 'near' },
      json: { type: 'boolean', default: false },
    },
  })
  const { listed } = values
  if (listed !== 'near' && listed !== 'drawn') throw new RangeError('--listed is near or drawn')
  const count = wholeNumber('--count', values.count, { min: 1, max: COUNT_MAX }) ?? 0
  const trials = wholeNumber('--trials', values.trials, { min: 1, max: COUNT_MAX }) ?? 0
  const seed = wholeNumber('--seed', values.seed) ?? 0
  const sizes = values.members.split(',').map((each) => wholeNumber('--members', each, MEMBERS))
  const rows = sizes.flatMap((size) =>
    rowsOf({ members: size ?? MEMBERS.min, count, trials, seed, listed }),
  )
  const again = { commit: commitOf(), command: callOf(['placements', ...args]) }
  return { result: { rows, seed, trials, listed, ...again }, isJson: values.json }
}

function rowsOf(of: {
  readonly members: number
  readonly count: number
  readonly trials: number
  readonly seed: number
  readonly listed: Placements['listed']
}): readonly PlacementsRow[] {
  const { members, count, trials, seed, listed } = of
  const prng = prngOf(seed, `placements ${members}`)
  const f = faultyMax(members)
  const protocols = ['ours', ...OTHERS].map((name) => loadProtocol(name))
  const measured = Array.from({ length: count }, () => {
    const drawn = Array.from({ length: members }, () => drawRegion(prng))
    const placement = listed === 'near' ? nearFirst(drawn) : drawn
    return protocols.map((protocol) => estimate({ protocol, placement, f, seed, trials }))
  })
  return OTHERS.map((other, at) => {
    const ahead = (key: keyof Latency) =>
      measured.filter((row) => (row[0]?.[key] ?? 0) < (row[at + 1]?.[key] ?? 0)).length
    const wins = { aheadInMean: ahead('meanMs'), aheadInP99: ahead('p99Ms') }
    return { members, other, placements: count, ...wins }
  })
}

function drawRegion(prng: Prng): Region {
  return REGIONS[prng.below(REGIONS.length)] as Region
}

/** By their mean round trip to all. */
function nearFirst(placement: readonly Region[]): readonly Region[] {
  const sumMs = (from: Region) =>
    placement.reduce((sum, to) => sum + roundTripOf(from, to).p50Ms, 0)
  return placement.toSorted((a, b) => sumMs(a) - sumMs(b))
}
