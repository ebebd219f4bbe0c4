import type { Dimension, Harm, Place, SeatedCommittee } from './committee.ts'
import { type Coefficient, coefficientsOf } from './nakamoto.ts'

/** What it changes to move one member. */
export interface Move {
  readonly member: string
  readonly from: Place
  readonly to: Place
  readonly changes: readonly {
    readonly dimension: Dimension
    readonly harm: Harm
    readonly before: number | null
    readonly after: number | null
  }[]
}

/**
 * Each move of one member to one of the places, those that gain most first. Of members at equal
 * places with equal operators, the first stands for all.
 */
export function movesOf(committee: SeatedCommittee): readonly Move[] {
  const before = coefficientsOf(committee)
  const seen = new Set<string>()
  const moves: Move[] = []
  for (const [index, member] of committee.members.entries()) {
    const { name, region, jurisdictions, cloud } = member
    const from = { region, jurisdictions, cloud }
    for (const to of committee.places) {
      const key = JSON.stringify([from, to])
      if (samePlace(from, to) || seen.has(key)) continue
      seen.add(key)
      const members = committee.members.with(index, { ...member, ...to })
      const after = coefficientsOf({ ...committee, members })
      moves.push({ member: name, from, to, changes: changesBetween(before, after) })
    }
  }
  return moves.sort((a, b) => gainOf(b) - gainOf(a))
}

/** Sum of the changes of all coefficients: positive when the move spreads the committee. */
function gainOf({ changes }: Move): number {
  // No number of groups being enough is better than any number.
  const value = (groups: number | null) => groups ?? 100
  return changes.reduce((sum, { before, after }) => sum + value(after) - value(before), 0)
}

function changesBetween(
  before: readonly Coefficient[],
  after: readonly Coefficient[],
): Move['changes'] {
  return before.flatMap(({ dimension, harm, groups }, index) => {
    const changed = after[index]?.groups ?? null
    return changed === groups ? [] : [{ dimension, harm, before: groups, after: changed }]
  })
}

function samePlace(a: Place, b: Place): boolean {
  return (
    a.region === b.region &&
    a.cloud === b.cloud &&
    [...a.jurisdictions].sort().join() === [...b.jurisdictions].sort().join()
  )
}
