import { spawn } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { COUNTS_VARIABLE, type Counts, readCounts } from './counts.ts'
import type { Step } from './stages.ts'

export interface StepResult {
  /** Null when the step counts no tests, or died before it could say. */
  readonly counts: Counts | null
  /** How it ended, unless well: an exit code, a signal, no program. */
  readonly trouble: string | null
}

/**
 * Runs one program to its end, with its output passed on. It leads a process group of its own, so
 * that workers and servers it started are gone with it when `signal` aborts.
 */
export async function runStep(
  step: Step,
  options: { readonly root: string; readonly signal: AbortSignal },
): Promise<StepResult> {
  const countsPath = join(options.root, 'build', 'test', 'counts.json')
  mkdirSync(dirname(countsPath), { recursive: true })
  rmSync(countsPath, { force: true })
  const child = spawn(process.execPath, [join(options.root, step.program), ...step.args], {
    cwd: options.root,
    stdio: ['ignore', 'inherit', 'inherit'],
    detached: true,
    env: { ...process.env, [COUNTS_VARIABLE]: countsPath },
  })
  const stop = () => stopGroup(child.pid)
  options.signal.addEventListener('abort', stop)
  if (options.signal.aborted) stop()
  try {
    const trouble = await new Promise<string | null>((resolve) => {
      child.on('error', (error) => resolve(error.message))
      child.on('exit', (code, signal) => resolve(code === 0 ? null : describeEnd(code, signal)))
    })
    // Only what was started here: a leftover of the step must not meet the next one.
    stop()
    return { counts: step.counts ? readCounts(countsPath) : null, trouble }
  } finally {
    options.signal.removeEventListener('abort', stop)
  }
}

function describeEnd(code: number | null, signal: NodeJS.Signals | null): string {
  return code === null ? `was ended by ${signal}` : `exited with ${code}`
}

function stopGroup(leader: number | undefined): void {
  if (leader === undefined) return
  try {
    process.kill(-leader, 'SIGKILL')
  } catch {
    // The group is empty already, which is what we want.
  }
}
