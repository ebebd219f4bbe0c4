import { faultyMax } from '../../aggregator/committee/quorum.ts'
import { checkScenario } from '../scenario/load.ts'
import type { Scenario } from '../scenario/schema.ts'
import type { Influence } from '../statistics/influence.ts'
import { NO_VARIANT } from '../variants.ts'
import { type OverSeeds, overSeeds } from './seeds.ts'

/** Strategies that say something about a price, some beside others that hide honest values. */
export const STRATEGIES = [
  'none',
  'lie',
  'collude',
  'bias',
  'mirror',
  'drop-members',
  'lie+drop-members',
  'collude+late-for-victims',
  'collude+edge-late',
] as const
export const SIZES = [4, 7, 13, 31] as const
/** The committee in which the number of colluders is raised beyond f. */
export const CROWD = 13
/** Which run of the study one is. */
export interface Case {
  readonly members: number
  readonly strategy: string
  readonly liars: number
}

/** One case over its seeds: means with intervals, and the worst of all runs. */
export interface InfluenceRow extends Case, OverSeeds<FigureName> {
  readonly rounds: number
  /** Largest distances, in basis points. */
  readonly most: Readonly<Record<Defence, number>>
  readonly ranksMax: number
  readonly outsideRounds: number
}

/** What a report could be made of; the first is the protocol. */
export const DEFENCES = [
  { key: 'certified', name: 'the protocol' },
  { key: 'mean', name: 'mean instead of median' },
  { key: 'chosen', name: 'a proposer chooses 2f+1' },
] as const
export type Defence = (typeof DEFENCES)[number]['key']

/** Figures over the seeds; the last is the honest members' own. */
export const FIGURES = [
  'certifiedMeanBps',
  'meanMeanBps',
  'chosenMeanBps',
  'honestDeviationBps',
] as const
type FigureName = (typeof FIGURES)[number]

/** Every case of the study. */
export function casesOf(): readonly Case[] {
  const bySize = SIZES.flatMap((members) =>
    STRATEGIES.map((strategy) => ({ members, strategy, liars: faultyMax(members) })),
  )
  const crowd = Array.from({ length: CROWD - 3 }, (_, liars) => ({
    members: CROWD,
    strategy: 'collude',
    liars,
  })).filter(({ liars }) => liars !== faultyMax(CROWD))
  return [...bySize, ...crowd]
}

/** The run of a case; honest members err by up to one basis point. */
export function scenarioOf({ members, strategy, liars }: Case, rounds: number): Scenario {
  const faulty = Array.from({ length: liars }, (_, index) => members - 1 - index)
  const isHonest = strategy === 'none' || liars === 0
  return checkScenario({
    name: 'influence',
    rounds,
    committee: { members },
    prices: { noisePpm: 100 },
    adversaries: isHonest
      ? []
      : strategy.split('+').map((each) => ({ strategy: each, members: faulty })),
    variant: NO_VARIANT,
    stopAtViolation: false,
  })
}

/** What a case came to. @param runs what each seed gave */
export function rowOf(of: Case, runs: readonly Influence[]): InfluenceRow {
  const meanOf = (sum: number, rounds: number) => (rounds === 0 ? null : sum / rounds)
  const values = runs.map(({ rounds, certified, mean, chosen, honestBpsSum }) => ({
    certifiedMeanBps: meanOf(certified.bpsSum, rounds),
    meanMeanBps: meanOf(mean.bpsSum, rounds),
    chosenMeanBps: meanOf(chosen.bpsSum, rounds),
    honestDeviationBps: meanOf(honestBpsSum, rounds),
  }))
  const largest = (read: (run: Influence) => number) => Math.max(0, ...runs.map(read))
  return {
    ...of,
    ...overSeeds(FIGURES, values),
    rounds: runs.reduce((sum, each) => sum + each.rounds, 0),
    most: {
      certified: largest(({ certified }) => certified.bpsMax),
      mean: largest(({ mean }) => mean.bpsMax),
      chosen: largest(({ chosen }) => chosen.bpsMax),
    },
    ranksMax: largest(({ ranksMax }) => ranksMax),
    outsideRounds: runs.reduce((sum, { outside }) => sum + outside, 0),
  }
}

/** Basis points with as many digits as their size asks for. */
export function shownBps(bps: number): string {
  return bps >= 100 ? bps.toFixed(0) : bps >= 10 ? bps.toFixed(1) : bps.toFixed(2)
}
