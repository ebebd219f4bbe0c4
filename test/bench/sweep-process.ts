import { performJob } from '../../simulations/sweep/job.ts'
import { placeObjectsYoung } from '../../simulations/sweep/placement.ts'
import { jobsOf, requireHonest } from './sweep.ts'

// Runs of a grid in a process of their own: what two processes reach that share nothing.
const { size, rounds, from, count } = JSON.parse(process.argv[2] ?? '{}') as {
  readonly size: number
  readonly rounds: number
  readonly from: number
  readonly count: number
}
placeObjectsYoung()
for (const job of jobsOf({ size, rounds }).slice(from, from + count)) {
  requireHonest(performJob(job), rounds)
}
