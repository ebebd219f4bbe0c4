import {
  DIMENSIONS,
  type Dimension,
  groupsOf,
  HARMS,
  type Harm,
  membersFor,
  membersLost,
  type SeatedCommittee,
} from './committee.ts'

/** The smallest number of groups that together can do a harm. */
export interface Coefficient {
  readonly dimension: Dimension
  readonly harm: Harm
  /** Null when all groups together cannot. */
  readonly groups: number | null
  /** One such choice of groups. */
  readonly example: readonly string[]
  /** False when there were too many choices to try all: fewer groups might do. */
  readonly isExact: boolean
}

/** What one group alone takes with it. */
export interface Failure {
  readonly dimension: Dimension
  readonly group: string
  readonly members: number
  readonly remaining: number
  /** Whether certificates go on without it. */
  readonly continues: boolean
  /** Whether it alone can move a price. */
  readonly moves: boolean
}

/** Choices of groups that are tried for one coefficient. */
const CHOICES_MAX = 200_000

/** One coefficient for each dimension and harm. */
export function coefficientsOf(committee: SeatedCommittee): readonly Coefficient[] {
  return DIMENSIONS.flatMap((dimension) =>
    HARMS.map((harm) => coefficientOf(committee, dimension, harm)),
  )
}

/** Each group of each dimension failing alone, the largest first. */
export function failuresOf(committee: SeatedCommittee): readonly Failure[] {
  const n = committee.members.length
  const size = { n, f: committee.f }
  return DIMENSIONS.flatMap((dimension) =>
    groupsOf(committee, dimension)
      .map((group) => {
        const lost = (harm: Harm) =>
          membersLost(committee, { dimension, groups: new Set([group]), harm })
        const members = lost('stops')
        return {
          dimension,
          group,
          members,
          remaining: n - members,
          continues: members < membersFor('stops', size),
          moves: lost('moves') >= membersFor('moves', size),
        }
      })
      .sort((a, b) => b.members - a.members),
  )
}

function coefficientOf(committee: SeatedCommittee, dimension: Dimension, harm: Harm): Coefficient {
  const names = groupsOf(committee, dimension)
  const needed = membersFor(harm, { n: committee.members.length, f: committee.f })
  const does = (groups: readonly string[]): boolean =>
    membersLost(committee, { dimension, groups: new Set(groups), harm }) >= needed
  const base = { dimension, harm }
  if (!does(names)) return { ...base, groups: null, example: [], isExact: true }
  const greedy = greedyOf(committee, { dimension, harm, needed, names })
  // Groups that share no member: taking the largest first is already the least.
  const isDisjoint = dimension !== 'venue' && dimension !== 'jurisdiction'
  if (isDisjoint) return { ...base, groups: greedy.length, example: greedy, isExact: true }
  let choices = 0
  for (let size = 1; size < greedy.length; size++) {
    for (const groups of chosen(names, size)) {
      if (does(groups)) return { ...base, groups: size, example: groups, isExact: true }
      choices += 1
      if (choices > CHOICES_MAX) {
        return { ...base, groups: greedy.length, example: greedy, isExact: false }
      }
    }
  }
  return { ...base, groups: greedy.length, example: greedy, isExact: true }
}

/** Adds the group that takes most, until it is enough; one that takes nothing yet may be first. */
function greedyOf(
  committee: SeatedCommittee,
  {
    dimension,
    harm,
    needed,
    names,
  }: {
    readonly dimension: Dimension
    readonly harm: Harm
    readonly needed: number
    readonly names: readonly string[]
  },
): readonly string[] {
  const groups: string[] = []
  const lostWith = (more: string) =>
    membersLost(committee, { dimension, groups: new Set([...groups, more]), harm })
  let lost = 0
  while (lost < needed) {
    const left = names.filter((name) => !groups.includes(name))
    const best = left.reduce((a, b) => (lostWith(b) > lostWith(a) ? b : a))
    lost = lostWith(best)
    groups.push(best)
  }
  return groups
}

/** Every choice of so many of the names, in their order. */
function* chosen(names: readonly string[], size: number): Generator<readonly string[]> {
  if (size === 0) {
    yield []
    return
  }
  for (const [index, name] of names.entries()) {
    for (const rest of chosen(names.slice(index + 1), size - 1)) yield [name, ...rest]
  }
}
