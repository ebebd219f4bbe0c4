import type { Figure } from '../report/figure/figure.ts'
import type { NamedTable } from '../report/page.ts'
import { createProgress } from '../report/progress.ts'
import { runTasks, type StudyAnswer, type StudyTask } from './tasks.ts'

/** What a study found, for a page, a paper and a program. */
export interface Study {
  readonly name: string
  readonly title: string
  /** How it was made, and what its words mean. */
  readonly method: readonly string[]
  /** What came out, in sentences that its figures show. */
  readonly findings: readonly string[]
  readonly figures: readonly Figure[]
  readonly tables: readonly NamedTable[]
  /** Whether what is claimed of the protocol came out. */
  readonly isHeld: boolean
  /** For the terminal. */
  readonly text: string
  /** For `--json`. */
  readonly data: Readonly<Record<string, unknown>>
}

export interface StudyOptions {
  readonly workers: number
  readonly signal: AbortSignal
  /** The file that the study is about, where it takes one. */
  readonly file: string | null
  /** Less of everything: shows that it works, and no figure to publish. */
  readonly isShort: boolean
}

/** Runs a study; null when the signal stopped it: part of a study says nothing. */
export type RunStudy = (options: StudyOptions) => Promise<Study | null>

/** Answers of tasks in their order; null when the signal came first. */
export async function answersOf(
  label: string,
  tasks: readonly StudyTask[],
  { workers, signal }: Pick<StudyOptions, 'workers' | 'signal'>,
): Promise<readonly StudyAnswer[] | null> {
  const answers: (StudyAnswer | undefined)[] = tasks.map(() => undefined)
  const progress = createProgress(label)
  let done = 0
  try {
    await runTasks(tasks, {
      workers,
      signal,
      onAnswer: (index, answer) => {
        answers[index] = answer
        done += 1
        progress.show(done / tasks.length)
      },
    })
  } finally {
    progress.end()
  }
  const known = answers.filter((answer) => answer !== undefined)
  return known.length === tasks.length ? known : null
}
