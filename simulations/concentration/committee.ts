import { signingThresholdOf } from '../../aggregator/committee/quorum.ts'

/** Where a member stands and on whom it depends. */
export interface Place {
  readonly region: string
  /** Whose order can stop it: where it runs, where its operator and its cloud are at home. */
  readonly jurisdictions: readonly string[]
  readonly cloud: string
}

export interface Seat extends Place {
  readonly name: string
  readonly operator: string
  readonly venues: readonly string[]
}

export interface SeatedCommittee {
  readonly name: string
  readonly f: number
  /** Fewer venues than this, and a member has no price. */
  readonly sourcesMin: number
  readonly members: readonly Seat[]
  /** Where members could be moved to. */
  readonly places: readonly Place[]
}

export const DIMENSIONS = ['region', 'jurisdiction', 'cloud', 'operator', 'venue'] as const
export type Dimension = (typeof DIMENSIONS)[number]

/** What groups that fail, or are in one hand, can do. */
export const HARMS = ['stops', 'moves', 'forges'] as const
export type Harm = (typeof HARMS)[number]

/**
 * So many members must be under control for a harm: fewer than t remain to sign (it stops), more
 * than f lie (it moves, protocol §12 S1), t sign what was never observed (it forges, S3).
 */
export function membersFor(
  harm: Harm,
  { n, f }: { readonly n: number; readonly f: number },
): number {
  const threshold = signingThresholdOf(n, f)
  switch (harm) {
    case 'stops':
      return n - threshold + 1
    case 'moves':
      return f + 1
    case 'forges':
      return threshold
  }
}

/** Names of the groups of a dimension, sorted. */
export function groupsOf({ members }: SeatedCommittee, dimension: Dimension): readonly string[] {
  return [...new Set(members.flatMap((member) => groupsOfSeat(member, dimension)))].sort()
}

/**
 * Members that are lost for a harm when these groups fail or lie together. A venue does not own a
 * member: it is stopped when fewer than `sourcesMin` of its venues remain, and moved when more than
 * half of them lie. No venue signs anything, so none can forge.
 */
export function membersLost(
  committee: SeatedCommittee,
  {
    dimension,
    groups,
    harm,
  }: {
    readonly dimension: Dimension
    readonly groups: ReadonlySet<string>
    readonly harm: Harm
  },
): number {
  let lost = 0
  for (const member of committee.members) {
    const own = groupsOfSeat(member, dimension)
    let hit = 0
    for (const group of own) if (groups.has(group)) hit += 1
    if (dimension !== 'venue') lost += hit > 0 ? 1 : 0
    else if (harm === 'stops') lost += own.length - hit < committee.sourcesMin ? 1 : 0
    else if (harm === 'moves') lost += 2 * hit > own.length ? 1 : 0
  }
  return lost
}

/** The groups that a seat belongs to; more than one of jurisdictions and of venues. */
export function groupsOfSeat(member: Seat, dimension: Dimension): readonly string[] {
  switch (dimension) {
    case 'region':
      return [member.region]
    case 'jurisdiction':
      return member.jurisdictions
    case 'cloud':
      return [member.cloud]
    case 'operator':
      return [member.operator]
    case 'venue':
      return member.venues
  }
}
