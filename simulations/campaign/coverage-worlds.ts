import { prngOf } from '../prng.ts'
import { checkScenario } from '../scenario/load.ts'
import type { Scenario } from '../scenario/schema.ts'
import { drawSafety } from './draw.ts'

/** Longest time that a signature or a combination takes in these runs. */
const WORK_MS_MAX = 300
/** Of so many seeds one is a world of contradictions. */
const KINDS = 4
/** All that contradictors have to say is said early. */
const ROUNDS_CONTRADICTING = 12

/**
 * Worlds that together reach the phases with every event. Those of the safety campaign leave the
 * cells of evidence almost empty: a member is convicted once in a run, so evidence seldom meets a
 * phase that is short.
 */
export function drawCoverage(seed: number, rounds: number): Scenario {
  // Slow signers and combiners: their answers come late, and meet phases that quick ones never do.
  const work = { signMs: (seed * 37) % WORK_MS_MAX, combineMs: (seed * 53) % WORK_MS_MAX }
  if (seed % KINDS === 0) return contradictions(seed)
  return { ...drawSafety(seed, { rounds }), work }
}

/** Many members to convict, with delays that are too long for the timing more often than not. */
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
    adversaries: [0, 3, 6, 9].map((member) => ({
      strategy: strategies[prng.below(strategies.length)],
      members: [member],
    })),
    stopAtViolation: false,
  })
}
