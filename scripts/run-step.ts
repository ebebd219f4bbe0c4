import { spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { setPriority } from 'node:os'
import { dirname, join } from 'node:path'
import { COUNTS_VARIABLE, type Counts, readCounts } from './counts.ts'
import type { Step } from './stages.ts'

export interface StepResult {
  /** Null when the step counts no tests, or died before it could say. */
  readonly counts: Counts | null
  /** How it ended, unless well: an exit code, a signal, no program. */
  readonly trouble: string | null
}

export interface StepOptions {
  readonly root: string
  readonly signal: AbortSignal
  /** Where the runner counts its tests; of this step alone while it runs. */
  readonly countsPath: string
  /**
   * A file that takes the output, for a step that runs beside others and must not slow them down;
   * null for one that everybody watches.
   */
  readonly logPath: string | null
}

/** Below whatever else runs: a tenth of a processor that others want, all of one that idles. */
const NICENESS_BESIDE = 10

/**
 * Runs one program to its end, with its output passed on. It leads a process group of its own, so
 * that workers and servers it started are gone with it when `signal` aborts.
 */
export async function runStep(step: Step, options: StepOptions): Promise<StepResult> {
  const { root, signal, countsPath, logPath } = options
  mkdirSync(dirname(countsPath), { recursive: true })
  rmSync(countsPath, { force: true })
  const output = logPath === null ? 'inherit' : openSync(logPath, 'a')
  const child = spawn(process.execPath, [join(root, step.program), ...step.args], {
    cwd: root,
    stdio: ['ignore', output, output],
    detached: true,
    env: { ...process.env, [COUNTS_VARIABLE]: countsPath },
  })
  if (output !== 'inherit') closeSync(output)
  if (logPath !== null) giveWay(child.pid)
  const stop = () => stopGroup(child.pid)
  signal.addEventListener('abort', stop)
  if (signal.aborted) stop()
  try {
    const trouble = await new Promise<string | null>((resolve) => {
      child.on('error', (error) => resolve(error.message))
      child.on('exit', (code, name) => resolve(code === 0 ? null : describeEnd(code, name)))
    })
    // Only what was started here: a leftover of the step must not meet the next one.
    stop()
    return { counts: step.counts ? readCounts(countsPath) : null, trouble }
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

function giveWay(leader: number | undefined): void {
  if (leader === undefined) return
  try {
    setPriority(leader, NICENESS_BESIDE)
    // Linux may share the processor between sessions first; then niceness counts only inside one,
    // and this child leads a session of its own.
    if (process.platform === 'linux') {
      writeFileSync(`/proc/${leader}/autogroup`, String(NICENESS_BESIDE))
    }
  } catch {
    // It has ended already, or the system does not know such groups: it runs as it is.
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
