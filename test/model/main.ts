import { runScript, scriptCommand } from '../../scripts/command-line.ts'
import { type Explored, explore } from './explore.ts'
import { runModel } from './quint.ts'
import { replay } from './replay.ts'
import { SCENE_NAMES, sceneOf } from './scenes.ts'

const USAGE = `npm run model -- [--samples 1000] [--traces 200] [--seed 1] [--json]
       npm run model -- explore [--states 1000000] [--json]

  --samples N   random traces of the model on which S1 to S4 are checked
  --traces N    how many of them are replayed against the machine

explore:
      every order of a few messages, deadlines and answers at one real machine, scene by scene;
      a scene with more states than that is left unfinished, and said to be`

/** More than the gate has time for. Exit code 1: something was found. */
const exploring = scriptCommand({
  options: {
    states: { type: 'number', default: 1_000_000, min: 1, max: 1_000_000_000 },
    json: { type: 'flag' },
  },
  run: ({ states: statesMax, json }) => {
    const scenes = SCENE_NAMES.map((scene) => {
      const explored = explore(sceneOf(scene, { statesMax }))
      if (!json) process.stdout.write(`${exploredText(scene, explored)}\n`)
      return { scene, ...explored }
    })
    if (json) process.stdout.write(`${JSON.stringify({ statesMax, scenes })}\n`)
    return scenes.every(({ broken }) => broken === null) ? 0 : 1
  },
})

function exploredText(scene: string, { states, steps, isComplete, broken }: Explored): string {
  const size = `${states} states, ${steps} steps, ${isComplete ? 'all of them' : 'UNFINISHED'}`
  const end = broken === null ? 'held' : `BROKEN: ${broken.rule}; ${broken.path.join(', ')}`
  return `${scene.padEnd(16)} ${size}, ${end}`
}

const checkingTraces = scriptCommand({
  options: {
    samples: { type: 'number', default: 1_000, min: 1, max: 100_000_000 },
    traces: { type: 'number', default: 200, min: 1, max: 1_000_000 },
    seed: { type: 'number', default: 1, min: 1, max: Number.MAX_SAFE_INTEGER },
    json: { type: 'flag' },
  },
  run: async ({ json, ...run }) => {
    const verdict = await runModel({ variant: 'correct', invariant: 'safe', ...run })
    const divergences = verdict.traces.map(replay).filter((each) => each !== null)
    const result = { ...run, invariants: verdict.outcome, replayed: verdict.traces.length }
    const replayed = `${divergences.length} of ${result.replayed} replayed traces differ`
    const held = `S1 to S4 ${verdict.outcome} in ${run.samples} traces`
    const text = `${held}; ${replayed} from the machine`
    process.stdout.write(`${json ? JSON.stringify({ ...result, divergences }) : text}\n`)
    return verdict.outcome === 'held' && divergences.length === 0 ? 0 : 1
  },
})

await runScript({
  call: 'npm run model',
  usage: USAGE,
  commands: { '': checkingTraces, explore: exploring },
})
