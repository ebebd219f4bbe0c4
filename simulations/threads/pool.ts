import { availableParallelism } from 'node:os'
import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'

export interface Asked<Task> {
  readonly index: number
  readonly task: Task
}

export interface Answered<Answer> {
  readonly index: number
  readonly answer: Answer
}

/** Most threads of a pool. */
export const WORKERS_MAX = 256

export interface PoolOptions<Answer> {
  /** Threads from 1 to `WORKERS_MAX`; never more than there are tasks. */
  readonly workers: number
  /** Ends the pool; tasks under way are given up. */
  readonly signal?: AbortSignal
  /** Called once for each answer, in the order in which they come. */
  readonly onAnswer: (index: number, answer: Answer) => void
}

/** As many threads as this machine runs at once. */
export function workersOfMachine(): number {
  return Math.min(WORKERS_MAX, availableParallelism())
}

/** Tasks by their number, made when their turn comes: there may be millions. */
export interface TaskList<Task> {
  readonly length: number
  readonly at: (index: number) => Task | undefined
}

/**
 * Performs tasks on threads, and ends when all are answered or the signal is given. Each answer
 * depends on its task alone, so neither the number of threads nor the order shows in it.
 *
 * @throws {Error} what a task or `onAnswer` threw; no thread is left then
 */
export type RunPool<Task, Answer> = (
  tasks: TaskList<Task>,
  options: PoolOptions<Answer>,
) => Promise<void>

/**
 * A pool whose threads run one module.
 *
 * @param name of the module without its ending, which calls `serve` with what answers a task
 * @param from where the name is looked up: the url of the module that knows it
 */
export function poolOf<Task, Answer>(name: string, from: string): RunPool<Task, Answer> {
  const module = new URL(`${name}${extname(from)}`, from)
  return (tasks, options) => runPool(module, tasks, options)
}

async function runPool<Task, Answer>(
  module: URL,
  tasks: TaskList<Task>,
  options: PoolOptions<Answer>,
): Promise<void> {
  const { signal, onAnswer } = options
  const count = Math.min(options.workers, tasks.length)
  if (count === 0 || signal?.aborted === true) return
  const workers = Array.from({ length: count }, () => new Worker(module))
  try {
    await new Promise<void>((resolve, reject) => {
      const deal = dealer(tasks, { onAnswer, onEnd: resolve })
      for (const worker of workers) {
        worker.on('error', reject)
        worker.on('exit', () => reject(new Error('a thread of the pool ended before its task')))
        worker.on('message', (answer: Answered<Answer>) => {
          try {
            deal.take(worker, answer)
          } catch (error) {
            reject(error instanceof Error ? error : new Error(String(error)))
          }
        })
      }
      // One at a time: a task given ahead would wait for its thread while another has none left.
      workers.forEach(deal.give)
      signal?.addEventListener('abort', () => resolve(), { once: true })
    })
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()))
  }
}

/** Hands out the tasks in their order, and takes the answers in theirs. */
function dealer<Task, Answer>(
  tasks: TaskList<Task>,
  use: Pick<PoolOptions<Answer>, 'onAnswer'> & { readonly onEnd: () => void },
) {
  let next = 0
  let answered = 0
  const give = (worker: Worker): void => {
    const task = next < tasks.length ? tasks.at(next) : undefined
    if (task === undefined) return
    worker.postMessage({ index: next, task } satisfies Asked<Task>)
    next += 1
  }
  const take = (worker: Worker, { index, answer }: Answered<Answer>): void => {
    use.onAnswer(index, answer)
    answered += 1
    if (answered === tasks.length) use.onEnd()
    give(worker)
  }
  return { give, take }
}
