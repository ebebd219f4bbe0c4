import { parentPort } from 'node:worker_threads'
import type { Answered, Asked } from './pool.ts'

/** What a thread of a pool is: a task in, its answer out, until the pool ends the thread. */
export function serve<Task, Answer>(perform: (task: Task) => Answer): void {
  parentPort?.on('message', ({ index, task }: Asked<Task>) => {
    const answered: Answered<Answer> = { index, answer: perform(task) }
    parentPort?.postMessage(answered)
  })
}
