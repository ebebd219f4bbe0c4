import { performSimulation, type SimulationAnswer, type SimulationTask } from '../threads/job.ts'
import { poolOf } from '../threads/pool.ts'
import { type LatencyCase, latencyOf } from './latency-cases.ts'

/** What a thread of a study can be asked for. */
export type StudyTask =
  | SimulationTask
  | { readonly type: 'latency'; readonly of: LatencyCase; readonly seed: number }

export type StudyAnswer =
  | SimulationAnswer
  | ({ readonly type: 'latency' } & ReturnType<typeof latencyOf>)

/** Tasks of a study on threads. */
export const runTasks = poolOf<StudyTask, StudyAnswer>('./worker', import.meta.url)

/** Performs a task; the same task has the same answer in every thread. */
export function perform(task: StudyTask): StudyAnswer {
  if (task.type === 'latency') return { type: 'latency', ...latencyOf(task.of, task.seed) }
  return performSimulation(task)
}
