import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Simulation } from '../../simulations/run/simulation.ts'
import { checkScenario } from '../../simulations/scenario/load.ts'
import type { Bench, BenchOptions } from './bench.ts'
import type { Figure } from './figure.ts'

/** Rounds of the run; the whole claim, 1,000,000, takes ten minutes at n = 4. */
const ROUNDS = 20_000
/** Share of the run after which its memory is what it will be: all caches and limits are full. */
const WARM = 0.1
/** Things that happen between two looks at the progress. */
const SLICE = 20_000

export const memoryBench: Bench = {
  name: 'memory',
  about: 'memory of a simulation at its end beside a tenth of its way (--rounds 1000000)',
  run: benchMemory,
}

async function benchMemory({ nodes, rounds, signal, say }: BenchOptions) {
  const figures: Figure[] = []
  const collect = collector()
  for (const size of nodes.length === 0 ? [4] : nodes) {
    const scenario = checkScenario({
      name: 'bench',
      rounds: rounds ?? ROUNDS,
      committee: { members: size },
    })
    say(`n = ${size}, ${scenario.rounds} rounds`)
    const bytes = await heldBy(new Simulation({ scenario, seed: 1 }), collect, signal)
    if (bytes === null) break
    figures.push({
      name: `simulator.n${size}.heapBytes`,
      value: bytes.end,
      unit: `bytes that live after ${scenario.rounds} rounds; floor: after a tenth of them`,
      floor: bytes.warm,
      ratio: Math.round((bytes.end / bytes.warm) * 1_000) / 1_000,
    })
  }
  return figures
}

/** Bytes that nothing can collect, early and at the end of a run; null when it was stopped. */
async function heldBy(
  simulation: Simulation,
  collect: () => void,
  signal: AbortSignal,
): Promise<{ readonly warm: number; readonly end: number } | null> {
  const live = (): number => {
    collect()
    return process.memoryUsage().heapUsed
  }
  let warm = 0
  let isOver = false
  while (!isOver) {
    isOver = simulation.advance(SLICE)
    if (warm === 0 && simulation.progress >= WARM) warm = live()
    // An interrupt is seen only when the process comes to rest.
    await new Promise((resolve) => setImmediate(resolve))
    if (signal.aborted) return null
  }
  const end = live()
  // Read after the measurement, so that the run and all that it keeps is still there.
  if (simulation.result().violationCount > 0) throw new Error('an honest run broke an invariant')
  return { warm, end }
}

/** Collects all garbage at once; the engine must be asked for it by a flag. */
function collector(): () => void {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('gc')
  if (typeof collect !== 'function') throw new Error('the engine has no collector to call')
  return () => {
    collect()
  }
}
