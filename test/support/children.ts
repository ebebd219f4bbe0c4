import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'

/** Ends those that still run, at once, and waits for each. */
export async function endChildren(children: readonly ChildProcess[]): Promise<void> {
  for (const child of children) {
    if (child.exitCode !== null || child.signalCode !== null) continue
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
}
