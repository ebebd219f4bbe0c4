import { describe, expect, test } from 'vitest'
import type { Observation } from '../../aggregator/messages/messages.ts'
import type { PeerFigures, Share } from '../../aggregator/statistics/figures.ts'
import type { Strategy } from '../../simulations/attacking/adversary.ts'
import { watched } from './watched.ts'

/** All that docs/adr/0108-statistics-of-peers.md has figures of, which takes minutes. */
const isForFigures = process.env.PARALLAX_FIGURES !== undefined
const ROUNDS = 400
const SEEDS = isForFigures ? [1, 2, 3] : [1]

const venues = (count: number, each: Readonly<Record<string, unknown>> = {}) =>
  Array.from({ length: count }, (_, at) => ({ name: `v${at}`, lagMs: 50 + 60 * at, ...each }))
/** Prices in whole units, of few venues that never err: members agree as often as they can. */
const coarse = { venues: venues(3, { tick: 1, noisePpm: 0 }), weightBpsMax: 4_000 }

/** How members come by their prices, from independent of each other to the very same. */
const WORLDS = [
  { world: 'an error of their own each', prices: {} },
  { world: 'five venues, asked each 500 ms', prices: { venues: venues(5), pollMs: 500 } },
  { world: 'five venues, asked each 1,000 ms', prices: { venues: venues(5), pollMs: 1_000 } },
  { world: 'three exact venues, asked each 1,000 ms', prices: { ...coarse, pollMs: 1_000 } },
  { world: 'three exact venues, asked each 2,000 ms', prices: { ...coarse, pollMs: 2_000 } },
  { world: 'the same at every moment', prices: { ...coarse, pollMs: 100 } },
] as const

const FEW = { members: 4, feeds: 1 }
const MANY = { members: 7, feeds: 8 }
const BETWEEN = [
  { members: 4, feeds: 8 },
  { members: 7, feeds: 1 },
]
const SIZES = isForFigures ? [FEW, MANY, ...BETWEEN] : [FEW, MANY]

const shareOf = ({ count, of }: Share) => (of === 0 ? 0 : count / of)

/**
 * Copies what it hears of the round that is open, as soon as it has heard it. In place of a
 * strategy that a scenario can name.
 */
const followerOf = (leader: number): Strategy => ({
  name: 'mirror',
  summary: 'waits for another member and says the same in the same round',
  create: (powers) => {
    let held: Observation | null = null
    return {
      name: 'mirror',
      send: (planned) => {
        const message = planned[0]?.message.message
        if (message?.type !== 'observation') return planned
        held = message
        return []
      },
      see: ({ message }) => {
        if (message.type !== 'observation' || message.sender !== leader) return
        powers.later(8_000, () => {
          if (held?.round !== message.round) return
          const from = held.sender
          const copied = powers.sign({ ...held, values: message.values })
          for (let to = 0; to < powers.context.committee.size; to++) {
            if (to !== from) powers.dispatch({ message: copied, from, to, heldUs: 0 })
          }
        })
      },
    }
  },
})

interface Outcome {
  readonly honest: readonly PeerFigures[]
  readonly copiers: readonly PeerFigures[]
}

/** Runs with and without one member that copies, the last one. */
function outcomeOf(
  strategy: string,
  prices: Readonly<Record<string, unknown>>,
  strategies: readonly Strategy[] = [],
): Outcome {
  const honest: PeerFigures[] = []
  const copiers: PeerFigures[] = []
  for (const committee of SIZES) {
    const scenario = { committee, rounds: ROUNDS, prices }
    const last = committee.members - 1
    const adversaries = [{ strategy, members: [last] }]
    for (const seed of SEEDS) {
      honest.push(...watched(scenario, { seed }))
      const figures = watched({ ...scenario, adversaries }, { seed, strategies })
      honest.push(...figures.slice(0, last))
      copiers.push(...figures.slice(last))
    }
  }
  return { honest, copiers }
}

function say(world: string, { honest, copiers }: Outcome): void {
  if (!isForFigures) return
  const percent = (shares: readonly number[], pick: (...all: number[]) => number) =>
    `${(100 * pick(...shares)).toFixed(1)} %`
  const suspects = (all: readonly PeerFigures[]) => all.filter((each) => each.isSuspected).length
  process.stdout.write(
    `${world}: suspected ${suspects(copiers)} of ${copiers.length} copiers, ` +
      `${suspects(honest)} of ${honest.length} honest; echoes at least ` +
      `${percent(
        copiers.map(({ echo }) => shareOf(echo)),
        Math.min,
      )} and at most ` +
      `${percent(
        honest.map(({ echo }) => shareOf(echo)),
        Math.max,
      )}; follows at least ` +
      `${percent(
        copiers.map(({ follow }) => shareOf(follow)),
        Math.min,
      )} and at most ` +
      `${percent(
        honest.map(({ follow }) => shareOf(follow)),
        Math.max,
      )}\n`,
  )
}

describe('suspicion of copying (protocol §9.2), at n = 4 and 7 with one feed and eight', () => {
  test.each(WORLDS)('mirror is suspected and nobody else: $world', ({ world, prices }) => {
    const outcome = outcomeOf('mirror', prices)
    say(world, outcome)
    for (const { echo, isSuspected } of outcome.copiers) {
      expect(isSuspected).toBe(true)
      expect(shareOf(echo)).toBeGreaterThan(0.95)
    }
    for (const { echo, isSuspected } of outcome.honest) {
      expect(isSuspected).toBe(false)
      expect(shareOf(echo)).toBeLessThan(0.3)
    }
  })

  test('who copies within the round follows in all, and shows where others do not', () => {
    const outcome = outcomeOf('mirror', WORLDS[0].prices, [followerOf(1)])
    say('copied within the round', outcome)
    for (const { follow, isSuspected } of outcome.copiers) {
      expect(shareOf(follow)).toBeGreaterThan(0.9)
      expect(follow.mostly).toBe(1)
      expect(isSuspected).toBe(false)
    }
    for (const { follow } of outcome.honest) expect(shareOf(follow)).toBeLessThan(0.05)
  })
})

describe('other figures tell who is not like the rest', () => {
  const figuresWith = (strategy: string) =>
    watched({ rounds: 100, adversaries: [{ strategy, members: [3] }] })

  test.each([
    { strategy: 'lie', shows: 'outliers', of: ({ outliers }: PeerFigures) => shareOf(outliers) },
    { strategy: 'mute', shows: 'absence', of: ({ absent }: PeerFigures) => shareOf(absent) },
    {
      strategy: 'late',
      shows: 'lateness',
      of: ({ latenessMs }: PeerFigures) => ((latenessMs?.p50 ?? 0) >= 90 ? 1 : 0),
    },
    {
      strategy: 'clock-liar',
      shows: 'a clock that is ahead',
      of: ({ clockLeadMs }: PeerFigures) => ((clockLeadMs?.p50 ?? 0) > 0 ? 1 : 0),
    },
  ])('$strategy: $shows', ({ strategy, of }) => {
    const [zero, one, two, liar] = figuresWith(strategy).map(of)
    expect([zero, one, two]).toEqual([0, 0, 0])
    expect(liar).toBeGreaterThan(0.95)
  })

  test('bias stays among the honest values, so it is no outlier: nothing here shows it', () => {
    expect(shareOf(figuresWith('bias')[3]?.outliers ?? { count: 1, of: 1 })).toBe(0)
  })
})
