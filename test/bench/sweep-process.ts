import { checkScenario } from '../../simulations/scenario/load.ts'
import { runSimulations } from '../../simulations/threads/job.ts'
import { placeObjectsYoung } from '../../simulations/threads/placement.ts'
import type { SweepCost, SweepSize } from './sweep.ts'

// A sweep in a process of its own, as the command line makes it: what it takes is this process's.
const { members, runs, rounds, workers } = JSON.parse(process.argv[2] ?? '{}') as SweepSize
placeObjectsYoung()
const scenario = checkScenario({ name: 'bench', rounds, committee: { members } })
const tasks = Array.from({ length: runs }, (_, at) => ({
  type: 'run' as const,
  job: { scenario, seed: 1 + at },
}))
let answers = 0
const usedBefore = process.cpuUsage()
const startedMs = performance.now()
await runSimulations(tasks, {
  workers,
  onAnswer: (_, answer) => {
    const { violationCount, rounds: had } = answer.type === 'run' ? answer.outcome : {}
    if (violationCount !== 0 || had?.opened !== rounds) {
      throw new Error('the honest steady state is not what it should be')
    }
    answers += 1
  },
})
if (answers !== runs) throw new Error('a run has no answer')
const { user, system } = process.cpuUsage(usedBefore)
const cost: SweepCost = {
  seconds: (performance.now() - startedMs) / 1_000,
  processorSeconds: (user + system) / 1_000_000,
}
process.stdout.write(JSON.stringify(cost))
