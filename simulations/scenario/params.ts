import type { FeedParams, Params, TimingParams } from '../../aggregator/committee/params.ts'
import { faultyMax } from '../../aggregator/committee/quorum.ts'
import { type Clock, createClock } from '../world/clock.ts'
import type { Scenario } from './schema.ts'

/** Genesis of every simulated committee: a round number, so that times are easy to read. */
export const GENESIS_MS = 1_800_000_000_000
/** Decimals of every simulated feed. */
export const FEED_DECIMALS = 8

type ScenarioTiming = Omit<TimingParams, 'stageMs'>

/** Start values of protocol §3. */
const TIMINGS: Readonly<Record<'region' | 'worldwide' | 'local', ScenarioTiming>> = {
  region: {
    roundMs: 500,
    hopMs: 20,
    includeMs: 60,
    fastMs: 90,
    cutMs: 120,
    backupMs: 40,
    voteMs: 240,
    clockSkewMsMax: 5,
  },
  worldwide: {
    roundMs: 1_000,
    hopMs: 150,
    includeMs: 200,
    fastMs: 360,
    cutMs: 520,
    backupMs: 160,
    voteMs: 990,
    clockSkewMsMax: 10,
  },
  local: {
    roundMs: 500,
    hopMs: 40,
    includeMs: 120,
    fastMs: 170,
    cutMs: 220,
    backupMs: 50,
    voteMs: 360,
    clockSkewMsMax: 5,
  },
}

/** Committee parameters of a scenario without its members' keys; the seed enters the digest. */
export function paramsOf(scenario: Scenario, seed: number): Omit<Params, 'members'> {
  const { committee, chain } = scenario
  const { timing } = committee
  return {
    protocolVersion: 1,
    network: `simulation-${seed}`,
    f: committee.f ?? faultyMax(committee.members),
    keygenAttempt: 0,
    feeds: Array.from({ length: committee.feeds }, (_, index) => feedOf(index, chain)),
    genesisMs: GENESIS_MS,
    timing: {
      ...(typeof timing === 'string' ? TIMINGS[timing] : timing),
      stageMs: chain?.stageMs ?? 1_000,
    },
    probeEvery: committee.probeEvery,
    limits: { roundsKept: 16, syncBatchMax: 64 },
  }
}

/** Rounds before the first that is counted: every start costs silent ones (protocol §10.3). */
export const ROUNDS_BEFORE = 3
/** The first and the last round that are counted. */
export function countedRounds({ rounds }: Pick<Scenario, 'rounds'>): {
  readonly firstRound: number
  readonly lastRound: number
} {
  return { firstRound: ROUNDS_BEFORE + 1, lastRound: ROUNDS_BEFORE + rounds }
}

/** Rounds after the last, so that it is closed. */
const ROUNDS_AFTER = 3

/** World time at which a run of a scenario ends. */
export function endMsOf({ committee, rounds }: Scenario): number {
  const { timing } = committee
  const { roundMs } = typeof timing === 'string' ? TIMINGS[timing] : timing
  return (ROUNDS_BEFORE + rounds + ROUNDS_AFTER) * roundMs
}

/** The members' own clocks, by member. */
export function clocksOf(scenario: Scenario): readonly Clock[] {
  return Array.from({ length: scenario.committee.members }, (_, member) => {
    const own = scenario.clocks.find(({ members }) => members.includes(member))
    const offsetUs = Math.round((own?.offsetMs ?? 0) * 1_000)
    return createClock({ epochMs: GENESIS_MS, offsetUs, driftPpm: own?.driftPpm ?? 0 })
  })
}

/** The name of a simulated feed by its index. */
export function feedName(index: number): string {
  return `FEED${index}/USD`
}

function feedOf(index: number, chain: Scenario['chain']): FeedParams {
  return {
    name: feedName(index),
    decimals: FEED_DECIMALS,
    kind: 'spot',
    deviationBps: chain?.deviationBps ?? 50,
    heartbeatMs: chain?.heartbeatMs ?? 3_600_000,
    sourcesMin: 3,
    valueMin: 1n,
    valueMax: 2n ** 62n,
  }
}
