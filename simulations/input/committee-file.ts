import { z } from 'zod'
import { faultyMax } from '../../aggregator/committee/quorum.ts'
import type { Place, SeatedCommittee } from '../concentration/committee.ts'
import { parseFile } from './files.ts'
import { InputError, type Problem } from './problems.ts'

const name = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9 ._-]{0,39}$/, 'must be 1 to 40 letters, digits, spaces and . _ -')
const place = {
  region: name,
  jurisdiction: z.union([name.transform((one) => [one]), z.array(name).min(1).max(5)], {
    error: 'must be a name or a list of 1 to 5 names',
  }),
  cloud: name,
}
const VENUES_MAX = 31
const committeeSchema = z.strictObject({
  name,
  f: z.int().min(0).max(10).optional(),
  sourcesMin: z.int().min(1).max(VENUES_MAX).default(3),
  members: z
    .array(
      z.strictObject({
        name,
        operator: name,
        ...place,
        venues: z.array(name).min(1).max(VENUES_MAX),
      }),
    )
    .min(4)
    .max(31),
  /** Where members could go; where members are already when left out. */
  places: z.array(z.strictObject(place)).max(31).default([]),
})

/** @throws {InputError} COMMITTEE_FILE_INVALID with every problem found */
export function loadCommittee(path: string): SeatedCommittee {
  const refuse = (problems: readonly Problem[]): never => {
    throw new InputError('COMMITTEE_FILE_INVALID', 'the committee file', problems)
  }
  const parsed = parseFile(path, committeeSchema)
  if (!parsed.ok) return refuse(parsed.problems)
  const problems = crossProblems(parsed.value)
  if (problems.length > 0) return refuse(problems)
  const { name, sourcesMin } = parsed.value
  const members = parsed.value.members.map(({ jurisdiction, ...member }) => ({
    ...member,
    jurisdictions: jurisdiction,
  }))
  const given = parsed.value.places.map(placeOf)
  const places = given.length > 0 ? given : distinct(parsed.value.members.map(placeOf))
  return { name, f: parsed.value.f ?? faultyMax(members.length), sourcesMin, members, places }
}

function crossProblems({ f, members, sourcesMin }: z.output<typeof committeeSchema>): Problem[] {
  const problems: Problem[] = []
  const fMax = faultyMax(members.length)
  if (f !== undefined && f > fMax) problems.push({ path: 'f', message: `must not exceed ${fMax}` })
  const names = new Set<string>()
  for (const [index, member] of members.entries()) {
    const path = `members.${index}`
    if (names.has(member.name)) problems.push({ path: `${path}.name`, message: 'is taken' })
    names.add(member.name)
    if (new Set(member.venues).size < member.venues.length) {
      problems.push({ path: `${path}.venues`, message: 'must not name a venue twice' })
    }
    if (member.venues.length < sourcesMin) {
      problems.push({
        path: `${path}.venues`,
        message: `must be at least sourcesMin, ${sourcesMin}`,
      })
    }
  }
  return problems
}

function placeOf(given: {
  readonly region: string
  readonly jurisdiction: readonly string[]
  readonly cloud: string
}): Place {
  const { region, jurisdiction, cloud } = given
  return { region, jurisdictions: jurisdiction, cloud }
}

function distinct(places: readonly Place[]): readonly Place[] {
  return [...new Map(places.map((each) => [JSON.stringify(each), each])).values()]
}
