import { faultyMax } from '../../aggregator/committee/quorum.ts'
import type { Rule } from '../checking/checker.ts'
import type { Influence } from '../statistics/influence.ts'
import { influenceOf, type Outcome, performJob } from '../threads/job.ts'
import { poolOf } from '../threads/pool.ts'
import { type Blame, blameOf } from './blame.ts'
import { CANARIES } from './canaries.ts'
import { type Coverage, coverageOf } from './coverage.ts'
import { drawBias, drawBlame, drawLiveness, drawSafety } from './draw.ts'
import { type Failing, type Shrunk, shrink } from './shrink.ts'

/** Campaigns whose runs are drawn from their seed. */
export type DrawnCampaign = 'safety' | 'liveness'

/** What a thread of a campaign can be asked for. */
export type CampaignTask =
  /** A run that is drawn from its seed in the thread. */
  | {
      readonly type: 'drawn'
      readonly campaign: DrawnCampaign
      readonly seed: number
      readonly rounds: number
      readonly rules: readonly Rule[]
    }
  /** Seeds from 1 until one breaks the rule of a canary. */
  | { readonly type: 'search'; readonly canary: number; readonly seedsMax: number }
  | { readonly type: 'shrink'; readonly failing: Failing }
  | { readonly type: 'coverage'; readonly seed: number; readonly rounds: number }
  /** Runs of these campaigns that are drawn from their seed in the thread. */
  | { readonly type: 'bias'; readonly seed: number; readonly rounds: number }
  | {
      readonly type: 'blame'
      readonly seed: number
      readonly rounds: number
      readonly beyond: number
    }

export type CampaignAnswer =
  | { readonly type: 'drawn'; readonly outcome: Outcome }
  | { readonly type: 'search'; readonly seed: number | null }
  | { readonly type: 'shrink'; readonly shrunk: Shrunk | null }
  | { readonly type: 'coverage'; readonly coverage: Coverage }
  | { readonly type: 'bias'; readonly f: number; readonly influence: Influence }
  | { readonly type: 'blame'; readonly f: number; readonly blame: Blame }

/** Tasks of a campaign on threads. */
export const runTasks = poolOf<CampaignTask, CampaignAnswer>('./worker', import.meta.url)

/** Performs a task; the same task has the same answer in every thread. */
export function perform(task: CampaignTask): CampaignAnswer {
  switch (task.type) {
    case 'drawn': {
      const { campaign, seed, rounds, rules } = task
      const draw = campaign === 'safety' ? drawSafety : drawLiveness
      return {
        type: 'drawn',
        outcome: performJob({ scenario: draw(seed, { rounds }), seed, rules }),
      }
    }
    case 'search':
      return { type: 'search', seed: searched(task.canary, task.seedsMax) }
    case 'shrink':
      return { type: 'shrink', shrunk: shrink(task.failing) }
    case 'coverage':
      return { type: 'coverage', coverage: coverageOf(task.seed, task.rounds) }
    case 'bias': {
      const scenario = drawBias(task.seed, { rounds: task.rounds })
      const f = faultyMax(scenario.committee.members)
      return { type: 'bias', f, influence: influenceOf({ scenario, seed: task.seed }) }
    }
    case 'blame': {
      const { seed, rounds, beyond } = task
      const scenario = drawBlame(seed, { rounds, beyond })
      const f = faultyMax(scenario.committee.members)
      return { type: 'blame', f, blame: blameOf(scenario, seed) }
    }
  }
}

function searched(index: number, seedsMax: number): number | null {
  const canary = CANARIES[index]
  if (canary === undefined) throw new RangeError(`there is no canary ${index}`)
  const rules = [canary.rule]
  for (let seed = 1; seed <= seedsMax; seed++) {
    // Only the rule that must break is watched, so that the run ends there.
    const scenario = { ...canary.scenario(seed), stopAtViolation: true }
    if (performJob({ scenario, seed, rules }).violationCount > 0) return seed
  }
  return null
}
