import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

/** A Node process that says lines until it is killed. */
export class LineProcess {
  readonly #child: ChildProcess
  #errors = ''

  constructor(args: readonly string[], env: NodeJS.ProcessEnv) {
    this.#child = spawn(process.execPath, [...args], { stdio: ['ignore', 'pipe', 'pipe'], env })
    this.#child.stderr?.on('data', (chunk) => {
      this.#errors = (this.#errors + String(chunk)).slice(-4_000)
    })
  }

  kill(): void {
    this.#child.kill('SIGKILL')
  }

  /**
   * Resolves when the process was killed, after its last line.
   *
   * @throws when it ended in another way, or was silent for too long
   */
  async run(watch: {
    readonly silentMsMax: number
    readonly onLine: (line: string) => void
  }): Promise<void> {
    const { stdout } = this.#child
    if (stdout === null) throw new Error('the process has no output')
    let isSilent = false
    const expire = () => {
      isSilent = true
      this.kill()
    }
    let timer = setTimeout(expire, watch.silentMsMax)
    const closed = new Promise<void>((resolve) => this.#child.once('close', () => resolve()))
    for await (const line of createInterface({ input: stdout })) {
      clearTimeout(timer)
      timer = setTimeout(expire, watch.silentMsMax)
      watch.onLine(line)
    }
    await closed
    clearTimeout(timer)
    if (this.#child.signalCode === 'SIGKILL' && !isSilent) return
    const how = isSilent ? 'was silent' : `ended with ${this.#child.exitCode}`
    throw new Error(`a process ${how} and not by a kill: ${this.#errors}`)
  }
}
