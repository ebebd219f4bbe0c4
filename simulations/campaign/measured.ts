import type { Distances } from '../statistics/influence.ts'
import { answersOf } from './answers.ts'
import type { CampaignOptions, CampaignReport } from './report.ts'
import type { CampaignTask } from './tasks.ts'

/** Seeds that are listed; a wrong rule breaks very many. */
const LISTED_MAX = 20

/**
 * Values within the honest ones of their round, at most f of them away from their median, whatever
 * f liars and an adversarial proposer do (threats G20).
 */
export async function runBias(
  { from, seeds, rounds, workers }: CampaignOptions,
  signal: AbortSignal,
): Promise<CampaignReport> {
  const failed: number[] = []
  const sums = { rounds: 0, outside: 0, honestBps: 0 }
  const certified = { bpsSum: 0, bpsMax: 0 }
  const chosen = { bpsSum: 0, bpsMax: 0 }
  const taskAt = (index: number): CampaignTask => ({ type: 'bias', seed: from + index, rounds })
  const isComplete = await answersOf(
    `bias ${seeds} seeds`,
    { length: seeds, at: taskAt },
    {
      workers,
      signal,
      onAnswer: (index, answer) => {
        if (answer.type !== 'bias') return
        const { f, influence } = answer
        sums.rounds += influence.rounds
        sums.outside += influence.outside
        sums.honestBps += influence.honestBpsSum
        addTo(certified, influence.certified)
        addTo(chosen, influence.chosen)
        if (influence.outside > 0 || influence.ranksMax > f) failed.push(from + index)
      },
    },
  )
  failed.sort((a, b) => a - b)
  const mean = (sum: number) => (sums.rounds === 0 ? 0 : sum / sums.rounds)
  const figures = {
    rounds: sums.rounds,
    outside: sums.outside,
    failed,
    meanBps: mean(certified.bpsSum),
    worstBps: certified.bpsMax,
    chosenMeanBps: mean(chosen.bpsSum),
    chosenWorstBps: chosen.bpsMax,
    honestDeviationBps: mean(sums.honestBps),
  }
  const shown = (bps: number) => bps.toFixed(2)
  const broken = `outside of the honest values in ${sums.outside}, more than f of them away in`
  const lines = [
    `bias: ${sums.rounds} rounds, ${broken} ${failed.length} seeds`,
    `  distance from the honest median: mean ${shown(figures.meanBps)} bps, ` +
      `worst ${shown(figures.worstBps)} bps; one honest member deviates by ` +
      shown(figures.honestDeviationBps),
    `  could a proposer choose: mean ${shown(figures.chosenMeanBps)} bps, ` +
      `worst ${shown(figures.chosenWorstBps)} bps`,
    ...failed.slice(0, LISTED_MAX).map((seed) => `  seed ${seed}`),
  ]
  return { campaign: 'bias', isHeld: failed.length === 0, isComplete, lines, figures }
}

type Sum = { -readonly [K in keyof Distances]: Distances[K] }

function addTo(sum: Sum, { bpsSum, bpsMax }: Distances): void {
  sum.bpsSum += bpsSum
  sum.bpsMax = Math.max(sum.bpsMax, bpsMax)
}

/**
 * Contradictions that reach an honest member convict there, by evidence that verifies from its
 * bytes, and nobody honest is accused (threats G21). One seed in ten has f + 1 members that work
 * together; when agreement breaks, at least as many are named.
 */
export async function runBlame(
  { from, seeds, rounds, workers }: CampaignOptions,
  signal: AbortSignal,
): Promise<CampaignReport> {
  const failed: number[] = []
  const sums = { seeds: 0, seen: 0, convicted: 0, unsound: 0, honestAccused: 0 }
  const beyond = { seeds: 0, broken: 0, named: 0, tooFew: 0 }
  const beyondAt = (index: number) => ((from + index) % BEYOND_EVERY === 0 ? 1 : 0)
  const taskAt = (index: number): CampaignTask => {
    return { type: 'blame', seed: from + index, rounds, beyond: beyondAt(index) }
  }
  const isComplete = await answersOf(
    `blame ${seeds} seeds`,
    { length: seeds, at: taskAt },
    {
      workers,
      signal,
      onAnswer: (index, answer) => {
        if (answer.type !== 'blame') return
        const { f, blame } = answer
        const { seen, convicted, unsound, honestAccused, isBroken, named } = blame
        sums.seeds += 1
        sums.seen += seen
        sums.convicted += convicted
        sums.unsound += unsound
        sums.honestAccused += honestAccused
        const isTooFew = isBroken && named <= f
        const isWrong = seen > convicted || unsound > 0 || honestAccused > 0 || isTooFew
        if (isWrong) failed.push(from + index)
        if (beyondAt(index) === 0) return
        beyond.seeds += 1
        if (!isBroken) return
        beyond.broken += 1
        beyond.named += named
        if (isTooFew) beyond.tooFew += 1
      },
    },
  )
  failed.sort((a, b) => a - b)
  const lines = [
    `blame: ${sums.seeds} seeds, ${sums.seen} contradictions reached an honest member, ` +
      `${sums.convicted} convicted there; ${sums.unsound} with evidence that does not verify; ` +
      `${sums.honestAccused} honest members accused`,
    `  f + 1 together: agreement broke in ${beyond.broken} of ${beyond.seeds} seeds; ` +
      `${beyond.named} members named, fewer than f + 1 in ${beyond.tooFew}`,
    ...failed.slice(0, LISTED_MAX).map((seed) => `  seed ${seed}`),
  ]
  const figures = { ...sums, beyond, failed }
  return { campaign: 'blame', isHeld: failed.length === 0, isComplete, lines, figures }
}

/** One seed in so many has more than f members under control. */
const BEYOND_EVERY = 10
