import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'

/** A script of ours that tells what happens in lines of JSON. */
export class TellingChild<Row> {
  readonly rows: Row[] = []
  readonly #child: ChildProcess
  readonly #closed: Promise<unknown>

  constructor(script: string, args: readonly string[], secret?: Uint8Array) {
    const input = secret === undefined ? 'ignore' : 'pipe'
    this.#child = spawn(process.execPath, [script, ...args], {
      stdio: ['ignore', 'pipe', 'inherit', input],
    })
    this.#closed = once(this.#child, 'close')
    createInterface({ input: this.#child.stdout as Readable }).on('line', (line) => {
      this.rows.push(JSON.parse(line) as Row)
    })
    const pipe = this.#child.stdio[3]
    if (secret !== undefined && pipe !== null && pipe !== undefined && 'end' in pipe) {
      pipe.end(secret)
    }
  }

  get pid(): number {
    return this.#child.pid ?? Number.NaN
  }

  async ended(): Promise<void> {
    await this.#closed
  }

  /** Resolves with the first row that fits; rejects when the script ends without one. */
  async until(fits: (row: Row) => boolean): Promise<Row> {
    let isClosed = false
    void this.#closed.then(() => {
      isClosed = true
    })
    for (;;) {
      const found = this.rows.find(fits)
      if (found !== undefined) return found
      if (isClosed) throw new Error('the script ended before it said what was waited for')
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGTERM')
    await this.#closed
  }
}
