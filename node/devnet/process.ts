import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { OracleError } from '../errors.ts'

const LEASH = new URL('./leash.mjs', import.meta.url).href

/** Root of the project: children run there. */
const PROJECT_ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** A process that has not ended by then is killed. */
const STOP_MS_MAX = 5_000

export interface ProcessOptions {
  /** Names the process in messages. */
  readonly name: string
  /** Script and arguments, run by the Node that runs this one. */
  readonly args: readonly string[]
  /** Receives everything the process prints; appended to. */
  readonly logPath: string
  /** What goes to its file descriptor 3, such as a passphrase; null for nothing. */
  readonly secret?: string
  /** Environment; that of this process by default. */
  readonly env?: NodeJS.ProcessEnv
  /** Flags of Node itself, before the script. */
  readonly nodeFlags?: readonly string[]
  /** A program with arguments that ends in becoming what follows it, such as `env A=B`. */
  readonly within?: readonly string[]
}

/** One operating-system process of the local network. Ended by the id it was started with. */
export class LocalProcess {
  readonly name: string
  readonly #options: ProcessOptions
  #child: ChildProcess | null = null
  #exited: Promise<number | null> = Promise.resolve(null)

  constructor(options: ProcessOptions) {
    this.name = options.name
    this.#options = options
  }

  get pid(): number | null {
    return this.#child?.pid ?? null
  }

  get isRunning(): boolean {
    return this.#child !== null && this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** Starts it, again after an end. */
  start(): void {
    if (this.isRunning) return
    const { args, logPath, secret, env = process.env, nodeFlags = [], within = [] } = this.#options
    const log = openSync(logPath, 'a')
    const [program = '', ...rest] = [
      ...within,
      process.execPath,
      ...nodeFlags,
      '--import',
      LEASH,
      ...args,
    ]
    const child = spawn(program, rest, {
      cwd: PROJECT_ROOT,
      env,
      // Output goes to a file, not through this process: a busy table must not slow a node down.
      stdio: ['ignore', log, log, secret === undefined ? 'ignore' : 'pipe'],
      // Ctrl-C reaches the whole terminal group; the children are stopped in order instead.
      detached: true,
    })
    closeSync(log)
    this.#child = child
    const input = child.stdio[3]
    if (secret !== undefined && input !== null && input !== undefined && 'write' in input) {
      input.on('error', () => undefined)
      input.end(secret)
    }
    this.#exited = new Promise((resolve) => {
      child.once('error', () => resolve(null))
      child.once('exit', (code) => resolve(code))
    })
  }

  /** Resolves with the exit code when the process has ended; null when a signal ended it. */
  exited(): Promise<number | null> {
    return this.#exited
  }

  /** Ends it at once, as a crash would. */
  async kill(): Promise<void> {
    if (!this.isRunning) return
    this.#child?.kill('SIGKILL')
    await this.#exited
  }

  /** Asks it to stop; when it takes too long, it is killed. */
  async stop(): Promise<void> {
    if (!this.isRunning) return
    this.#child?.kill('SIGTERM')
    const timer = setTimeout(() => this.#child?.kill('SIGKILL'), STOP_MS_MAX)
    await this.#exited
    clearTimeout(timer)
  }

  /** @throws {OracleError} `DEVNET_PROCESS_ENDED` when it is not running any more */
  assertRunning(): void {
    if (this.isRunning) return
    throw new OracleError(
      'DEVNET_PROCESS_ENDED',
      `${this.name} ended by itself; its output stands in ${this.#options.logPath}`,
      { context: { process: this.name, exitCode: this.#child?.exitCode ?? null } },
    )
  }
}
