import { prngOf } from '../determinism/prng.ts'
import { checkScenario } from '../scenario/load.ts'
import type { Scenario } from '../scenario/schema.ts'
import { drawSafety } from './draw.ts'

/** Longest time that a signature or a combination takes in these runs. */
const WORK_MS_MAX = 300
/** All that contradictors have to say is said early. */
const ROUNDS_CONTRADICTING = 12
const ROUNDS_SET_BACK = 24

/**
 * Worlds that together reach the phases with every event. Those of the safety campaign leave some
 * cells almost empty: a member is convicted once in a run, so evidence seldom meets a phase that is
 * short, and a share meets a silent member only when it was asked for before the clock was wrong.
 */
export function drawCoverage(seed: number, rounds: number): Scenario {
  if (seed % 4 === 0) return contradictions(seed)
  if (seed % 8 === 1) return setBack(seed)
  if (seed % 16 === 3) return leap(seed)
  // Slow signers and combiners: their answers come late, and meet phases that quick ones never do.
  const work = { signMs: (seed * 37) % WORK_MS_MAX, combineMs: (seed * 53) % WORK_MS_MAX }
  return { ...drawSafety(seed, { rounds }), work }
}

/**
 * Many members to convict, with delays that are too long for the timing more often than not, while
 * the others come back from crashes one after the other.
 */
function contradictions(seed: number): Scenario {
  const prng = prngOf(seed, 'coverage contradictions')
  const strategies = ['equivocate', 'equivocate-proposal', 'many-signing-sets', 'chaos'] as const
  const maxMs = [12, 60, 120, 250][prng.below(4)]
  return checkScenario({
    name: 'coverage-contradictions',
    rounds: ROUNDS_CONTRADICTING,
    committee: { members: 13, probeEvery: 4 },
    network: {
      latency: { type: 'uniform', minMs: 2, maxMs },
      lossPpm: prng.below(100_000),
    },
    faults: [1, 4, 7, 10].map((member) => {
      const atMs = prng.between(500, 3_000)
      return { type: 'crash', members: [member], atMs, restartMs: atMs + prng.between(50, 500) }
    }),
    adversaries: [0, 3, 6, 9].map((member) => ({
      strategy: strategies[prng.below(strategies.length)],
      members: [member],
    })),
    stopAtViolation: false,
  })
}

/** A clock that goes ahead by a day, and is doubted while the others go on. */
function leap(seed: number): Scenario {
  const prng = prngOf(seed, 'coverage leap')
  return checkScenario({
    name: 'coverage-leap',
    rounds: ROUNDS_SET_BACK,
    committee: { members: 4 },
    network: { lossPpm: prng.below(100_000) },
    faults: [
      { type: 'clockShift', members: [3], atMs: 2_000 + prng.below(6_000), byMs: 86_400_000 },
    ],
    stopAtViolation: false,
  })
}

/** Signers that take two to three seconds, and clocks that are set back by more than two rounds. */
function setBack(seed: number): Scenario {
  const prng = prngOf(seed, 'coverage set back')
  return checkScenario({
    name: 'coverage-set-back',
    rounds: ROUNDS_SET_BACK,
    committee: { members: 4 },
    work: { signMs: prng.between(2_000, 3_000), combineMs: 0 },
    faults: [0, 1, 2, 3].map((member) => ({
      type: 'clockShift',
      members: [member],
      atMs: 2_000 + 2_000 * member + prng.below(1_000),
      byMs: -prng.between(1_100, 1_500),
    })),
    stopAtViolation: false,
  })
}
