import { parentPort } from 'node:worker_threads'
import { performSimulation } from './job.ts'
import type { Answered, Asked } from './pool.ts'
import type { Answer, Task } from './tasks.ts'

// One thread of the pool: a task in, its answer out, until the pool ends the thread.
parentPort?.on('message', async ({ index, task }: Asked) => {
  const answered: Answered = { index, answer: await answerTo(task) }
  parentPort?.postMessage(answered)
})

/** Threads of a sweep load runs alone, and what campaigns and estimates need where it is wanted. */
async function answerTo(task: Task): Promise<Answer> {
  switch (task.type) {
    case 'run':
    case 'whole':
    case 'influence':
      return performSimulation(task)
    default:
      return (await import('./tasks.ts')).perform(task)
  }
}
