import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Command } from '../command.ts'
import { EXIT_UNEXPECTED } from '../exit-codes.ts'

// The same extension as this file: sources run as they are, the package runs as JavaScript.
const MAIN = `../../../simulations/main${extname(import.meta.url)}`
const SIMULATOR = fileURLToPath(new URL(MAIN, import.meta.url))

/** Hands everything to the simulator, which is a program of its own: the node never imports it. */
export const simulate: Command = {
  name: 'simulate',
  summary: 'Run the simulator; `parallax simulate help` lists its commands.',
  argument: null,
  options: {},
  isPassedThrough: true,
  run: async (args, { signal }) => {
    const child = spawn(process.execPath, [SIMULATOR, ...args], { stdio: 'inherit' })
    const forward = () => child.kill('SIGTERM')
    signal.addEventListener('abort', forward, { once: true })
    const [exitCode] = await once(child, 'exit')
    signal.removeEventListener('abort', forward)
    return typeof exitCode === 'number' ? exitCode : EXIT_UNEXPECTED
  },
}
