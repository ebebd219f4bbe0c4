import { resolve } from 'node:path'
import { z } from 'zod'
import {
  type Dimension,
  groupsOf,
  groupsOfSeat,
  type SeatedCommittee,
} from '../concentration/committee.ts'
import { loadCommittee } from '../input/committee-file.ts'
import { InputError, type Problem } from '../input/problems.ts'
import { REGIONS } from '../world/regions.ts'
import { changedAt, isRecord, type Path, type Raw, valueAt } from './paths.ts'

/** What members share, and fall together with. Venues own no member. */
const SHARED = ['region', 'jurisdiction', 'cloud', 'operator'] as const satisfies Dimension[]

const group = z
  .partialRecord(z.enum(SHARED), z.string().min(1).max(40))
  .refine((given) => Object.keys(given).length === 1, `must name one of ${SHARED.join(', ')}`)

/** Lists of a scenario whose entries may name their members by a group. */
const LISTS = [
  ['clocks'],
  ['faults'],
  ['adversaries'],
  ['chain', 'faults'],
  ['prices', 'unreachable'],
] as const

/** A scenario whose seats were found, or everything that is wrong with them. */
export interface Seated {
  readonly value: unknown
  readonly problems: readonly Problem[]
}

/**
 * The scenario with members in the place of what it says by seats: a file of where members stand
 * (`committee.seats`, the file of `concentration`) gives their number, f and, for latency of type
 * `seats`, their regions; `of: { cloud: aws }` stands for `members` in a fault, one of the chain
 * too, in an adversary, a clock, or where venues are not reached. An `outage` is a crash of a
 * group. What comes out stands for itself, without the file.
 *
 * @param value a scenario that is not checked yet; what is no scenario is given back
 * @param folder where the file of the seats is looked for
 */
export function withSeats(value: unknown, folder: string): Seated {
  if (!isRecord(value)) return { value, problems: [] }
  const { committee } = value
  const file = isRecord(committee) ? committee.seats : undefined
  if (file === undefined) return { value, problems: withoutSeats(value) }
  if (typeof file !== 'string' || file === '' || file.length > 1_000) {
    return refused(value, 'committee.seats', 'must be the path of a committee file')
  }
  try {
    return seatedBy(value, loadCommittee(resolve(folder, file)))
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    const problems = error.problems.map(({ path, message }) => ({
      path: 'committee.seats',
      message: path === '' ? message : `${path} ${message}`,
    }))
    return { value, problems }
  }
}

const NEEDS_SEATS = 'needs committee.seats, the file that says where members stand'

function withoutSeats(value: Raw): readonly Problem[] {
  const problems: Problem[] = []
  for (const path of LISTS) {
    for (const [index, each] of listOf(valueAt(value, path)).entries()) {
      if (!isByGroup(each, path)) continue
      problems.push({ path: `${path.join('.')}.${index}`, message: NEEDS_SEATS })
    }
  }
  if (isOfSeats(latencyIn(value))) problems.push({ path: 'network.latency', message: NEEDS_SEATS })
  return problems
}

function seatedBy(value: Raw, seated: SeatedCommittee): Seated {
  const problems: Problem[] = []
  const { seats: _, ...own } = value.committee as Raw
  const { length } = seated.members
  if (own.members !== undefined && own.members !== length) {
    const message = `must be ${length}, or left out: so many have a seat`
    problems.push({ path: 'committee.members', message })
  }
  const made = {
    ...value,
    committee: { f: seated.f, ...own, members: length },
    ...(isOfSeats(latencyIn(value)) && { network: placed(value.network as Raw, seated, problems) }),
  }
  const named = LISTS.reduce<Raw>(
    (whole, path) => changedAt(whole, path, (list) => listed(list, { path, seated, problems })),
    made,
  )
  return { value: named, problems }
}

/** Entries of a list with members in the place of groups. */
function listed(
  list: unknown,
  of: {
    readonly path: Path
    readonly seated: SeatedCommittee
    readonly problems: Problem[]
  },
): unknown {
  if (!Array.isArray(list)) return list
  return list.map((each: unknown, index) => {
    if (!isByGroup(each, of.path)) return each
    const { of: named, ...rest } = each
    const whole = isOutage(each, of.path) ? { ...rest, type: 'crash' } : rest
    const path = `${of.path.join('.')}.${index}`
    if ('members' in rest) {
      of.problems.push({ path: `${path}.members`, message: 'must be left out beside of' })
    }
    const members = membersOf(named, of.seated, (at, message) =>
      of.problems.push({ path: `${path}.${at}`, message }),
    )
    return { ...whole, members }
  })
}

function membersOf(
  named: unknown,
  seated: SeatedCommittee,
  refuse: (at: string, message: string) => void,
): readonly number[] {
  const parsed = group.safeParse(named)
  const [dimension, name] = parsed.success ? (Object.entries(parsed.data)[0] ?? []) : []
  if (dimension === undefined || name === undefined) {
    refuse('of', `must name one of ${SHARED.join(', ')}, as { cloud: aws }`)
    return []
  }
  const shared = dimension as Dimension
  const members = seated.members.flatMap((seat, member) =>
    groupsOfSeat(seat, shared).includes(name) ? [member] : [],
  )
  if (members.length === 0) {
    refuse(`of.${shared}`, `must be one of ${groupsOf(seated, shared).join(', ')}`)
  }
  return members
}

function placed(network: Raw, seated: SeatedCommittee, problems: Problem[]): Raw {
  const regions = seated.members.map(({ region }) => region)
  const known: readonly string[] = REGIONS
  const unknown = [...new Set(regions.filter((region) => !known.includes(region)))]
  if (unknown.length > 0) {
    const [ours, theirs] = [REGIONS.join(', '), unknown.join(', ')]
    const message = `of seats knows the delays of ${ours}; not of ${theirs}`
    problems.push({ path: 'network.latency', message })
  }
  return { ...network, latency: { type: 'placed', regions } }
}

function refused(value: unknown, path: string, message: string): Seated {
  return { value, problems: [{ path, message }] }
}

function isByGroup(entry: unknown, path: Path): entry is Raw {
  return isRecord(entry) && ('of' in entry || isOutage(entry, path))
}

/** Members have outages; a chain has other words for its own. */
function isOutage({ type }: Raw, [list]: Path): boolean {
  return list === 'faults' && type === 'outage'
}

function latencyIn({ network }: Raw): unknown {
  return isRecord(network) ? network.latency : undefined
}

function isOfSeats(latency: unknown): boolean {
  return isRecord(latency) && latency.type === 'seats'
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
