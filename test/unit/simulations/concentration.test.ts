import { readdirSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { faultyMax } from '../../../aggregator/committee/quorum.ts'
import {
  type DIMENSIONS,
  groupsOf,
  HARMS,
  membersFor,
  membersLost,
  type Seat,
  type SeatedCommittee,
} from '../../../simulations/concentration/committee.ts'
import { movesOf } from '../../../simulations/concentration/moves.ts'
import { coefficientsOf, failuresOf } from '../../../simulations/concentration/nakamoto.ts'
import { concentrationOf } from '../../../simulations/research/concentration.ts'
import { concentrationText } from '../../../simulations/research/concentration-text.ts'

const COMMITTEES = new URL('../../../simulations/committees/', import.meta.url)

const seat = (index: number, more: Partial<Seat> = {}): Seat => ({
  name: `m${index}`,
  operator: `o${index}`,
  region: `r${index}`,
  jurisdictions: [`j${index}`],
  cloud: `c${index}`,
  venues: ['a', 'b', 'c'],
  ...more,
})
const committee = (members: readonly Seat[], more: Partial<SeatedCommittee> = {}) => ({
  name: 'test',
  f: faultyMax(members.length),
  sourcesMin: 2,
  members,
  places: [],
  ...more,
})
const coefficient = (of: SeatedCommittee, dimension: string, harm: string) =>
  coefficientsOf(of).find((each) => each.dimension === dimension && each.harm === harm)?.groups

describe('the concentration of a committee', () => {
  test('of seven apart, three stop, three move, five forge', () => {
    const apart = committee([0, 1, 2, 3, 4, 5, 6].map((index) => seat(index)))
    for (const dimension of ['region', 'jurisdiction', 'cloud', 'operator']) {
      expect(HARMS.map((harm) => coefficient(apart, dimension, harm))).toEqual([3, 3, 5])
    }
  })

  test('a venue stops whom it leaves too few, and moves where more than half lie', () => {
    const same = committee([0, 1, 2, 3].map((index) => seat(index)))
    expect(coefficient(same, 'venue', 'stops')).toBe(2)
    expect(coefficient(same, 'venue', 'moves')).toBe(2)
    expect(coefficient(same, 'venue', 'forges')).toBe(null)
  })

  test('a region that holds too many stops the feed alone, and a move mends it', () => {
    const members = [0, 1, 2, 3].map((index) => seat(index, index < 2 ? { region: 'x' } : {}))
    const places = [{ region: 'y', jurisdictions: ['j0'], cloud: 'c0' }]
    const crowded = committee(members, { places })
    expect(failuresOf(crowded)[0]).toMatchObject({
      group: 'x',
      members: 2,
      remaining: 2,
      continues: false,
      moves: true,
    })
    expect(movesOf(crowded)[0]).toMatchObject({
      member: 'm0',
      changes: [
        { dimension: 'region', harm: 'stops', before: 1, after: 2 },
        { dimension: 'region', harm: 'moves', before: 1, after: 2 },
        { dimension: 'region', harm: 'forges', before: 2, after: 3 },
      ],
    })
  })

  test('no choice of fewer groups does what a coefficient says', () => {
    const names = fc.constantFrom('a', 'b', 'c', 'd', 'e')
    const some = (max: number) => fc.uniqueArray(names, { minLength: 2, maxLength: max })
    const seats = fc.record({
      operator: names,
      region: names,
      cloud: names,
      jurisdictions: some(3),
      venues: some(5),
    })
    const property = fc.property(fc.array(seats, { minLength: 4, maxLength: 13 }), (drawn) => {
      const of = committee(drawn.map((each, index) => ({ ...seat(index), ...each })))
      for (const { dimension, harm, groups, isExact } of coefficientsOf(of)) {
        expect(isExact).toBe(true)
        expect(groups).toBe(leastByTrying(of, dimension, harm))
      }
    })
    fc.assert(property, { numRuns: 60 })
  })
})

/** Tries every set of groups. */
function leastByTrying(
  of: SeatedCommittee,
  dimension: (typeof DIMENSIONS)[number],
  harm: (typeof HARMS)[number],
): number | null {
  const names = groupsOf(of, dimension)
  let least: number | null = null
  for (let bits = 1; bits < 2 ** names.length; bits++) {
    const groups = new Set(names.filter((_, index) => (bits >> index) % 2 === 1))
    const needed = membersFor(harm, { n: of.members.length, f: of.f })
    if (membersLost(of, { dimension, groups, harm }) < needed) continue
    if (least === null || groups.size < least) least = groups.size
  }
  return least
}

test.each(readdirSync(COMMITTEES))('what is told of %s has at most 100 columns', (file) => {
  const { result } = concentrationOf([new URL(file, COMMITTEES).pathname])
  const lines = concentrationText(result).split('\n')
  expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(100)
})

test('a move has a line for each change of a harm, and two for its places', () => {
  const { result } = concentrationOf([new URL('looks-spread.yaml', COMMITTEES).pathname])
  expect(concentrationText(result)).toContain(
    `
move                              to stop it    to move a price  to forge
north: us-east-1 (aws, US)        region 2 → 3  region 2 → 3     region 4 → 5
  → eu-north-1 (own-se, SE)                                      cloud 1 → 2
`,
  )
})
