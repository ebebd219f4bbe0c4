import { faultyMax } from '../../aggregator/committee/quorum.ts'
import type { Violation } from '../checking/checker.ts'
import { chainSchema } from '../scenario/chain-schema.ts'
import { changedAt, type Path, type Raw, valueAt } from '../scenario/paths.ts'
import { pricesSchema } from '../scenario/price-schema.ts'
import type { Scenario } from '../scenario/schema.ts'

/** Makes a scenario smaller; the same scenario where that means nothing. */
export type Change = (scenario: Scenario) => Scenario

/** Rounds that a shorter run keeps after the one in which the rule broke. */
const ROUNDS_SPARE = 2
/** Shorter disturbances tell nobody more. */
const SPAN_MS_MIN = 1_000

/** Large steps first: each that works makes all later ones quicker. */
export function changesOf(scenario: Scenario, violation: Violation): readonly Change[] {
  const rounds = violation.round + ROUNDS_SPARE
  const places = placesOf(scenario)
  const named = places.flatMap((path) =>
    ([valueAt(scenario, path)].flat() as readonly Raw[]).map((entry) => ({ path, entry })),
  )
  return [
    // It breaks no rule, and its times bind the length of a run.
    ({ book: _, ...each }) => each,
    (each) => ({ ...each, rounds: Math.max(1, Math.min(each.rounds, rounds)) }),
    (each) => ({ ...each, faults: [], clocks: [] }),
    emptied([['network', 'cuts']]),
    (each) => ({ ...each, adversaries: [] }),
    withoutChain,
    emptied([['chain', 'faults']]),
    (each) => ({ ...each, prices: pricesSchema.parse({}) }),
    emptied(places.filter(([section]) => section === 'prices')),
    ...[4, 7, 13].map(
      (members): Change =>
        (each) =>
          withMembers(each, members),
    ),
    ...plainer(),
    ...named.map(({ path, entry }) => replaced(path, entry, null)),
    ...named.map(({ path, entry }) => replaced(path, entry, onceOnly(entry))),
    ...named.flatMap(({ path, entry }) =>
      halvesOf(entry).map((half) => replaced(path, entry, half)),
    ),
    (each) => ({ ...each, rounds: Math.max(1, each.rounds >> 1) }),
    (each) => ({ ...each, rounds: Math.max(1, each.rounds - 1) }),
  ]
}

/** Everything that is not a disturbance as it is by default. */
function plainer(): readonly Change[] {
  return [
    (each) => ({ ...each, network: { ...each.network, lossPpm: 0, duplicationPpm: 0 } }),
    (each) => ({ ...each, work: { signMs: 0, combineMs: 0 } }),
    (each) => ({ ...each, committee: { ...each.committee, timing: 'region' } }),
    (each) => ({ ...each, committee: { ...each.committee, probeEvery: 32, feeds: 1 } }),
    withLatency({ type: 'uniform', minMs: 2, maxMs: 12 }),
    withLatency({ type: 'constant', ms: 5 }),
    (each) => changedAt(each, ['chain'], () => chainSchema.parse({ faults: each.chain?.faults })),
  ]
}

function withLatency(latency: Scenario['network']['latency']): Change {
  return (each) => ({ ...each, network: { ...each.network, latency } })
}

function withoutChain({ chain: _, ...scenario }: Scenario): Scenario {
  return scenario
}

/** Where a scenario says what disturbs it: lists, and the falls of coins. */
function placesOf({ chain, prices }: Scenario): readonly Path[] {
  const { venues, conversions } = prices
  const incidents = (path: Path, list: readonly unknown[]): readonly Path[] =>
    list.map((_, at) => [...path, at, 'incidents'])
  const ofCoins = conversions.flatMap(({ venues: own, depeg }, at): readonly Path[] => {
    const coin = ['prices', 'conversions', at]
    const falls = depeg === undefined ? [] : [[...coin, 'depeg']]
    return [...falls, ...incidents([...coin, 'venues'], own)]
  })
  return [
    ['faults'],
    ['clocks'],
    ['adversaries'],
    ['network', 'cuts'],
    ...(chain === undefined ? [] : [['chain', 'faults']]),
    ['prices', 'unreachable'],
    ['prices', 'manipulations'],
    ...incidents(['prices', 'venues'], venues),
    ...ofCoins,
  ]
}

function emptied(places: readonly Path[]): Change {
  return (scenario) =>
    places.reduce(
      (each, path) => changedAt(each, path, (found) => (Array.isArray(found) ? [] : undefined)),
      scenario,
    )
}

/** Something else, or nothing, in the place of an entry that is still there. */
function replaced(path: Path, entry: Raw, other: Raw | null): Change {
  const text = JSON.stringify(entry)
  const isMeant = (each: unknown) => JSON.stringify(each) === text
  const instead = other === null ? [] : [other]
  return (scenario) =>
    changedAt(scenario, path, (found) => {
      if (Array.isArray(found)) return found.flatMap((each) => (isMeant(each) ? instead : [each]))
      return isMeant(found) ? instead[0] : found
    })
}

/** A crash that happens again and again happens once. */
function onceOnly(entry: Raw): Raw {
  const { everyMs: _, ...once } = entry
  return once
}

/** A disturbance that lasts for the first or the second half of its time. */
function halvesOf(entry: Raw): readonly Raw[] {
  const ends = [
    ['fromMs', 'toMs'],
    ['atMs', 'restartMs'],
  ] as const
  return ends.flatMap(([from, to]) => {
    const [fromMs, toMs] = [entry[from], entry[to]]
    if (typeof fromMs !== 'number' || typeof toMs !== 'number') return []
    if (toMs - fromMs <= SPAN_MS_MIN) return []
    const middleMs = Math.round((fromMs + toMs) / 2)
    return [
      { ...entry, [to]: middleMs },
      { ...entry, [from]: middleMs },
    ]
  })
}

/** A smaller committee: faulty members are its last ones, and others that are gone are left out. */
function withMembers(scenario: Scenario, members: number): Scenario {
  if (scenario.committee.members <= members) return scenario
  const named = [...new Set(scenario.adversaries.flatMap((each) => each.members))]
  const { f = faultyMax(scenario.committee.members) } = scenario.committee
  // What needs more than f here may need more than f there.
  const count = faultyMax(members) + Math.max(0, named.length - f)
  const renamed = (list: readonly number[]) =>
    list
      .map((index) => named.indexOf(index))
      .filter((position) => position >= 0 && position < count)
      .map((position) => members - 1 - position)
  const adversaries = scenario.adversaries
    .map((each) => ({ ...each, members: renamed(each.members) }))
    .filter((each) => each.members.length > 0)
  const smaller = { ...scenario, committee: { ...scenario.committee, members }, adversaries }
  return placesOf(scenario)
    .filter(([section]) => section !== 'adversaries')
    .reduce((each, path) => changedAt(each, path, (found) => known(found, members)), smaller)
}

const MEMBER_LISTS = ['members', 'senders', 'receivers'] as const

/** Entries without the members that are gone; those that named no others are left out. */
function known(found: unknown, members: number): unknown {
  if (!Array.isArray(found)) return found
  return found.flatMap((entry: Raw) => {
    const lists = MEMBER_LISTS.filter((key) => key in entry)
    const kept = lists.map((key) => {
      const list = entry[key] as readonly number[]
      return [key, list.filter((index) => index < members)] as const
    })
    const isGone = kept.some(([, list]) => list.length === 0)
    return isGone ? [] : [{ ...entry, ...Object.fromEntries(kept) }]
  })
}
