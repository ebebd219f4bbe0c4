import { createProgress } from '../report/progress.ts'
import { runPool } from '../sweep/pool.ts'
import type { Answer, Task } from '../sweep/tasks.ts'

/** Performs tasks on threads and shows progress; false when the signal came first. */
export async function answersOf(
  label: string,
  tasks: { readonly length: number; readonly at: (index: number) => Task | undefined },
  given: {
    readonly workers: number
    readonly signal: AbortSignal
    readonly onAnswer: (index: number, answer: Answer) => void
  },
): Promise<boolean> {
  const progress = createProgress(label)
  let done = 0
  const onAnswer = (index: number, answer: Answer) => {
    given.onAnswer(index, answer)
    done += 1
    progress.show(done / tasks.length)
  }
  try {
    await runPool(tasks, { workers: given.workers, signal: given.signal, onAnswer })
  } finally {
    progress.end()
  }
  return done === tasks.length
}
