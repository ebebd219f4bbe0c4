import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { createTestClient, http, publicActions } from 'viem'
import { freePorts } from '../../node/devnet/wait.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const CONFIG = 'test/support/hardhat.config.ts'
const START_MS_MAX = 240_000

/** Keys of the accounts that a Hardhat node funds; public knowledge. */
export const FUNDED_KEYS = [
  '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80',
  '0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d',
  '0x5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a',
] as const

/** A real Hardhat chain on loopback whose blocks a test makes itself. */
export class HardhatNode {
  readonly url: string
  readonly #child: ChildProcess

  private constructor(url: string, child: ChildProcess) {
    this.url = url
    this.#child = child
  }

  /** Starts one on a free port and waits until it answers. */
  static async start(): Promise<HardhatNode> {
    const port = await freePort()
    const args = ['--hostname', '127.0.0.1', '--port', String(port), '--config', CONFIG]
    const script = 'node_modules/hardhat/dist/src/cli.js'
    const child = spawn(process.execPath, [script, 'node', ...args], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const node = new HardhatNode(`http://127.0.0.1:${port}`, child)
    try {
      await startedOf(child)
    } catch (error) {
      await node.stop()
      throw error
    }
    return node
  }

  /** Speaks to it and makes it mine, drop and set fees. */
  client() {
    return createTestClient({ mode: 'hardhat', transport: http(this.url) }).extend(publicActions)
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    this.#child.kill('SIGKILL')
    await once(this.#child, 'exit')
  }
}

/** A port of loopback that nobody listens on now, and another one each time. */
export async function freePort(): Promise<number> {
  const [port = 0] = await freePorts(1)
  return port
}

/** Resolves when the node says that it listens; rejects when it ends or takes too long. */
function startedOf(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let output = ''
    const timer = setTimeout(() => reject(new Error(`no chain: ${output}`)), START_MS_MAX)
    const collect = (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-4_000)
      if (!output.includes('Started HTTP')) return
      clearTimeout(timer)
      resolve()
    }
    child.stdout?.on('data', collect)
    child.stderr?.on('data', collect)
    child.once('exit', () => {
      clearTimeout(timer)
      reject(new Error(`the chain ended: ${output}`))
    })
  })
}
