import { stringify } from 'yaml'
import { checkScenario } from './load.ts'
import type { Scenario } from './schema.ts'

/** The scenario as a file that a person reads: only what differs from the defaults. */
export function scenarioText(scenario: Scenario): string {
  const { name, about, seed, rounds, committee } = scenario
  const chain = scenario.chain === undefined ? {} : { chain: {} }
  const head = { name, about, seed, rounds, committee: { members: committee.members }, ...chain }
  const bare = checkScenario({ name, rounds, committee: head.committee, ...chain })
  const differing = differenceOf(scenario, { ...bare, about, seed }) as Differing | undefined
  return stringify({
    ...head,
    ...differing,
    committee: { ...head.committee, ...differing?.committee },
  })
}

type Differing = Record<string, unknown> & { readonly committee?: Record<string, unknown> }

/** What of a value is not as in another; undefined when nothing is. */
function differenceOf(value: unknown, base: unknown): unknown {
  if (JSON.stringify(value) === JSON.stringify(base)) return undefined
  if (!isRecord(value) || !isRecord(base)) return value
  // What has a type is read by it, so it stands whole.
  if ('type' in value) return value
  const entries = Object.entries(value)
    .map(([key, each]) => [key, differenceOf(each, base[key])] as const)
    .filter(([, each]) => each !== undefined)
  return Object.fromEntries(entries)
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
