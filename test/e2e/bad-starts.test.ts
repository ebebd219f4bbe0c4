import { spawn } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { localCommittee } from '../../node/devnet/committee.ts'
import { createRunDirectory, type NodeFiles, writeRunFiles } from '../../node/devnet/files.ts'
import { NodeClient } from '../../node/devnet/node-client.ts'
import { freePorts, waitFor } from '../../node/devnet/wait.ts'

let directory: string
let passphrase: string
let node: NodeFiles

/** A lone member of four with a chain that nobody serves. */
beforeAll(async () => {
  directory = await createRunDirectory()
  const committee = localCommittee({ size: 4, feeds: ['BTC/USD'], genesisMs: Date.now() })
  const [rpcPort = 0, ...ports] = await freePorts(9)
  const chain = {
    rpcUrl: `http://127.0.0.1:${rpcPort}`,
    chainId: 31_337,
    contract: `0x${'11'.repeat(20)}`,
  }
  const marketUrl = `http://127.0.0.1:${rpcPort}`
  const files = await writeRunFiles(directory, { committee, ports, chain, marketUrl })
  passphrase = files.passphrase
  node = files.nodes[0] as NodeFiles
})

afterAll(() => rmSync(directory, { recursive: true, force: true }))

interface Ended {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

interface RunOptions {
  /** `run` unless another command is named. */
  readonly command?: string
  readonly config?: string
  readonly secret?: string
}

function run(options: RunOptions = {}) {
  const { command = 'run', config = node.config } = options
  const args = ['node/cli/main.ts', command, '--config', config]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe', 'pipe'] })
  const input = child.stdio[3]
  if (input !== null && input !== undefined && 'write' in input) {
    input.on('error', () => undefined)
    input.end(options.secret ?? passphrase)
  }
  const texts = { stdout: '', stderr: '' }
  child.stdout?.on('data', (chunk) => {
    texts.stdout += String(chunk)
  })
  child.stderr?.on('data', (chunk) => {
    texts.stderr += String(chunk)
  })
  const ended = new Promise<Ended>((resolve) => {
    child.once('close', (exitCode) => resolve({ exitCode, ...texts }))
  })
  return { child, ended }
}

/** A changed copy of the node's configuration beside it. */
function variant(name: string, change: (config: Record<string, unknown>) => void): string {
  const config = JSON.parse(readFileSync(node.config, 'utf8')) as Record<string, unknown>
  change(config)
  const path = node.config.replace('config.json', name)
  writeFileSync(path, JSON.stringify(config))
  return path
}

function occupy(port: number): Promise<Server> {
  const server = createServer()
  return new Promise((resolve) => server.listen(port, '127.0.0.1', () => resolve(server)))
}

describe('parallax run with something wrong says what to do and ends', () => {
  test('a configuration with two mistakes names both', async () => {
    const config = variant('wrong.json', (wrong) => {
      wrong.api = { port: 70_000 }
      wrong.keys = { ...(wrong.keys as object), identity: 5 }
    })
    const { exitCode, stderr } = await run({ config }).ended
    expect(stderr).toContain('CONFIG_INVALID')
    expect(stderr).toContain('api.port')
    expect(stderr).toContain('keys.identity')
    expect(exitCode).toBe(3)
  })

  test('no configuration at all', async () => {
    const { exitCode, stderr } = await run({ config: `${directory}/none.json` }).ended
    expect(stderr).toContain('CONFIG_UNREADABLE')
    expect(exitCode).toBe(3)
  })

  test('the wrong passphrase', async () => {
    const { exitCode, stderr } = await run({ secret: 'not the passphrase' }).ended
    expect(stderr).toContain('KEYSTORE_PASSPHRASE_WRONG')
    expect(stderr).not.toContain('not the passphrase')
    expect(exitCode).toBe(4)
  })

  test('a busy gossip port', async () => {
    const server = await occupy(node.gossipPort)
    const { exitCode, stderr } = await run().ended
    server.close()
    expect(stderr).toContain('GOSSIP_LISTEN_FAILED')
    expect(exitCode).toBe(5)
  })

  test('a busy API port', async () => {
    const server = await occupy(node.apiPort)
    const { exitCode, stderr } = await run().ended
    server.close()
    expect(stderr).toContain('API_PORT_BUSY')
    expect(exitCode).toBe(5)
  })
})

test('a chain and venues that nobody serves are named while the node goes on', async () => {
  const { child, ended } = run()
  const client = new NodeClient(node.apiPort)
  const waiting = { timeoutMs: 200_000, signal: AbortSignal.timeout(200_000) }
  const named = await waitFor(
    async () => {
      const overview = await client.overview()
      const fault = overview?.chains[0]?.endpoints[0]?.fault ?? null
      const codes = overview?.sources.map((source) => source.code) ?? []
      return fault !== null && codes.length > 0 ? { fault, codes, overview } : null
    },
    { what: 'the node to name what is wrong', ...waiting },
  )
  expect(named.fault).toMatch(/^[A-Z_]+$/)
  expect(named.overview?.obstacles).toContain('PEERS_TOO_FEW')
  expect(named.overview?.feeds[0]?.local.code).not.toBeNull()
  const second = await run().ended
  expect(second.stderr, 'a second process on the same directory').toContain('DATA_DIRECTORY_IN_USE')
  expect(second.exitCode).toBe(9)
  const examined = await run({ command: 'doctor' }).ended
  expect(examined.stdout).toMatch(/^WARNING +node +NODE_NOT_READY\n.*PEERS_TOO_FEW/m)
  expect(examined.stdout).toMatch(/^ok +gossip port .* by the running node$/m)
  expect(examined.stdout).toMatch(/^FAULT +rpc local +RPC_UNREACHABLE$/m)
  expect(examined.exitCode).toBe(11)
  expect((await client.overview())?.status.name, 'the node goes on').toBe('oracle-0')
  child.kill('SIGTERM')
  expect((await ended).exitCode).toBe(0)
})
