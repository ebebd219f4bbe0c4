import { REGIONS, type Region } from '../world/regions.ts'
import { InputError, type Problem } from './problems.ts'

/** Fewest and most members of an estimate. */
const MEMBERS_MIN = 2
export const MEMBERS_MAX = 1_000

/**
 * `us-east-1:3,eu-west-1:2` as one region for each member.
 *
 * @throws {InputError} ESTIMATE_INVALID with every problem of it
 */
export function placementOf(topology: string): readonly Region[] {
  const problems: Problem[] = []
  const report = (message: string) => problems.push({ path: '--topology', message })
  const placement: Region[] = []
  for (const entry of topology.split(',')) {
    const [name = '', count = '1', ...more] = entry.trim().split(':')
    const region = REGIONS.find((each) => each === name)
    if (region === undefined) report(`"${name}" is none of ${REGIONS.join(', ')}`)
    const isCount = /^\d{1,4}$/.test(count) && Number(count) >= 1 && more.length === 0
    if (!isCount) report(`"${entry.trim()}" must be region:members`)
    if (region === undefined || !isCount) continue
    for (let made = 0; made < Number(count); made++) placement.push(region)
  }
  const isSize = placement.length >= MEMBERS_MIN && placement.length <= MEMBERS_MAX
  if (problems.length === 0 && !isSize)
    report(`must place ${MEMBERS_MIN} to ${MEMBERS_MAX} members`)
  if (problems.length > 0) throw new InputError('ESTIMATE_INVALID', 'the topology', problems)
  return placement
}
