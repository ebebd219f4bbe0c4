import { parseArgs } from 'node:util'
import { runModel } from './quint.ts'
import { replay } from './replay.ts'

const USAGE = `npm run model -- [--samples 1000] [--traces 200] [--seed 1] [--json]

  --samples N   random traces of the model on which S1 to S4 are checked
  --traces N    how many of them are replayed against the machine`

/** More traces of the model than the gate has time for. Exit code 1: something was found. */
async function main(): Promise<number> {
  const { values } = parseArgs({
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
