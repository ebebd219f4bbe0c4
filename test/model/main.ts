import { parseArgs } from 'node:util'
import { type Explored, explore } from './explore.ts'
import { runModel } from './quint.ts'
import { replay } from './replay.ts'
import { SCENE_NAMES, sceneOf } from './scenes.ts'

const USAGE = `npm run model -- [--samples 1000] [--traces 200] [--seed 1] [--json]

  --samples N   random traces of the model on which S1 to S4 are checked
  --traces N    how many of them are replayed against the machine

npm run model -- explore [--states 1000000] [--json]
      every order of a few messages, deadlines and answers at one real machine, scene by scene;
      a scene with more states than that is left unfinished, and said to be`

/** More than the gate has time for. Exit code 1: something was found. */
async function main(): Promise<number> {
  const [command, ...rest] = process.argv.slice(2)
  return command === 'explore' ? exploreAll(rest) : await checkTraces(process.argv.slice(2))
}

function exploreAll(args: readonly string[]): number {
  const { values } = parseArgs({
    args: [...args],
    options: {
      states: { type: 'string', default: '1000000' },
      json: { type: 'boolean', default: false },
    },
  })
  const statesMax = Number(values.states)
  if (!Number.isInteger(statesMax) || statesMax < 1) {
    process.stderr.write(`${USAGE}\n`)
    return 2
  }
  const scenes = SCENE_NAMES.map((scene) => {
    const explored = explore(sceneOf(scene, { statesMax }))
    if (!values.json) process.stdout.write(`${exploredText(scene, explored)}\n`)
    return { scene, ...explored }
  })
  if (values.json) process.stdout.write(`${JSON.stringify({ statesMax, scenes })}\n`)
  return scenes.every(({ broken }) => broken === null) ? 0 : 1
}

function exploredText(scene: string, { states, steps, isComplete, broken }: Explored): string {
  const size = `${states} states, ${steps} steps, ${isComplete ? 'all of them' : 'UNFINISHED'}`
  const end = broken === null ? 'held' : `BROKEN: ${broken.rule}; ${broken.path.join(', ')}`
  return `${scene.padEnd(16)} ${size}, ${end}`
}

async function checkTraces(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      samples: { type: 'string', default: '1000' },
      traces: { type: 'string', default: '200' },
      seed: { type: 'string', default: '1' },
      json: { type: 'boolean', default: false },
    },
  })
  const [samples, traces, seed] = [values.samples, values.traces, values.seed].map(Number)
  if (![samples, traces, seed].every((each) => Number.isInteger(each) && Number(each) > 0)) {
    process.stderr.write(`${USAGE}\n`)
    return 2
  }
  const run = { samples: samples ?? 0, traces: traces ?? 0, seed: seed ?? 0 }
  const verdict = await runModel({ variant: 'correct', invariant: 'safe', ...run })
  const divergences = verdict.traces.map(replay).filter((each) => each !== null)
  const result = { ...run, invariants: verdict.outcome, replayed: verdict.traces.length }
  const replayed = `${divergences.length} of ${result.replayed} replayed traces differ`
  const text = `S1 to S4 ${verdict.outcome} in ${samples} traces; ${replayed} from the machine`
  process.stdout.write(`${values.json ? JSON.stringify({ ...result, divergences }) : text}\n`)
  return verdict.outcome === 'held' && divergences.length === 0 ? 0 : 1
}

process.exitCode = await main()
