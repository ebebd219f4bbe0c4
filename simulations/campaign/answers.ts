import { createProgress } from '../report/progress.ts'
import { type CampaignAnswer, type CampaignTask, runTasks } from './tasks.ts'

/** Performs tasks on threads and shows progress; false when the signal came first. */
export async function answersOf(
  label: string,
  tasks: { readonly length: number; readonly at: (index: number) => CampaignTask | undefined },
  given: {
    readonly workers: number
    readonly signal: AbortSignal
    readonly onAnswer: (index: number, answer: CampaignAnswer) => void
  },
): Promise<boolean> {
  const progress = createProgress(label)
  let done = 0
  const onAnswer = (index: number, answer: CampaignAnswer) => {
    given.onAnswer(index, answer)
    done += 1
    progress.show(done / tasks.length)
  }
  try {
    await runTasks(tasks, { workers: given.workers, signal: given.signal, onAnswer })
  } finally {
    progress.end()
  }
  return done === tasks.length
}
