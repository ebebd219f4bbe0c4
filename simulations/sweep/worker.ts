import { parentPort } from 'node:worker_threads'
import type { Answered, Asked } from './pool.ts'
import { perform } from './tasks.ts'

// One thread of the pool: a task in, its answer out, until the pool ends the thread.
parentPort?.on('message', ({ index, task }: Asked) => {
  const answered: Answered = { index, answer: perform(task) }
  parentPort?.postMessage(answered)
})
