import { type Job, type Outcome, performJob } from './job.ts'

/** What a thread can be asked for. */
export type Task = { readonly type: 'run'; readonly job: Job }
export type Answer = { readonly type: 'run'; readonly outcome: Outcome }

/** Performs a task; the same task has the same answer in every thread. */
export function perform(task: Task): Answer {
  switch (task.type) {
    case 'run':
      return { type: 'run', outcome: performJob(task.job) }
  }
}
