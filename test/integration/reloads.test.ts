import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { request } from 'undici'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { localCommittee } from '../../node/devnet/committee.ts'
import { COMMITTEE_FILE, type RunFiles, writeRunFiles } from '../../node/devnet/files.ts'
import { SIGNER_PROTOCOL } from '../../node/signer/wire.ts'
import { endChildren } from '../support/children.ts'
import { freePort } from '../support/hardhat-node.ts'

const MAIN = fileURLToPath(new URL('../../node/cli/main.ts', import.meta.url))

let directory: string
let files: RunFiles
let children: ChildProcess[]

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'parallax-reloads-'))
  children = []
  const committee = localCommittee({ size: 4, feeds: ['BTC/USD'], genesisMs: Date.now() })
  const ports = await Promise.all(Array.from({ length: 8 }, freePort))
  const run = join(directory, 'run')
  await mkdir(run)
  files = await writeRunFiles(run, { committee, ports, chain: null, marketUrl: null })
})

afterEach(async () => {
  await endChildren(children)
  await rm(directory, { recursive: true })
})

/** A process of `parallax` that runs until it is ended, once it has said where it serves. */
async function start(...args: readonly string[]) {
  const child = spawn(process.execPath, [MAIN, ...args, '--json'], {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  })
  children.push(child)
  const [, stdout, stderr, secret] = child.stdio
  if (secret !== null && secret !== undefined && 'end' in secret) {
    secret.on('error', () => undefined)
    secret.end(files.passphrase)
  }
  const log: { readonly event: string; readonly code: string }[] = []
  let rest = ''
  stderr?.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString()).split('\n')
    rest = lines.pop() ?? ''
    log.push(...lines.map((line) => JSON.parse(line)))
  })
  /** Asks for a reload and gives what the log says of it; one reload a time. */
  const reload = async () => {
    const isOne = ({ event }: { readonly event: string }) => /^config\./.test(event)
    const count = log.filter(isOne).length
    child.kill('SIGHUP')
    while (log.filter(isOne).length === count) await once(stderr ?? child, 'data')
    const { event, code } = log.filter(isOne)[count] ?? { event: '', code: '' }
    return [event, code]
  }
  const [said] = await once(stdout ?? child, 'data')
  return { child, reload, said: JSON.parse(String(said)) }
}

test('a gateway takes over its file on SIGHUP, and who reads along stays', async () => {
  const file = join(directory, 'gateway.yaml')
  const bootstrap = [`/ip4/127.0.0.1/tcp/${files.nodes[0]?.gossipPort}`]
  const committee = join(files.directory, COMMITTEE_FILE)
  const base = { committee, network: { bootstrap }, api: { port: 0, streamReadersMax: 2 } }
  await writeFile(file, JSON.stringify(base))
  const { child, reload, said } = await start('gateway', '--config', file)
  const reading = await request(`${said.address}/v1/stream`)
  const isEnded = { value: false }
  reading.body
    .on('error', () => undefined)
    .on('close', () => {
      isEnded.value = true
    })
  await writeFile(file, '{ "committee": [')
  expect(await reload()).toEqual(['config.refused', 'CONFIG_INVALID'])
  await writeFile(file, JSON.stringify({ ...base, name: 'another' }))
  expect(await reload()).toEqual(['config.refused', 'CONFIG_NEEDS_RESTART'])
  await writeFile(file, JSON.stringify({ ...base, api: { port: 0, streamReadersMax: 1 } }))
  expect(await reload()).toEqual(['config.applied', 'OK'])
  const second = await request(`${said.address}/v1/stream`)
  expect([second.statusCode, await second.body.json()]).toEqual([503, { code: 'STREAMS_TOO_MANY' }])
  const metrics = await (await request(`${said.address}/metrics`)).body.text()
  expect(metrics).toContain('parallax_config_reloads_total{outcome="refused"} 2')
  expect(isEnded.value).toBe(false)
  child.kill('SIGTERM')
  expect(await once(child, 'exit')).toEqual([0, null])
})

test('a signer reads its file on SIGHUP, and its node stays connected', async () => {
  const [node] = files.nodes
  if (node === undefined) throw new Error('there is a first node')
  const written = JSON.parse(await readFile(node.config, 'utf8'))
  const keys = { ...written.keys, signer: { socket: 'signer/signer.sock' } }
  const write = (changes: object) =>
    writeFile(node.config, JSON.stringify({ ...written, keys, ...changes }))
  await write({})
  const { child, reload, said } = await start('signer', '--config', node.config)
  const connection = createConnection(said.socket)
  const ask = async (id: number) => {
    const hello = { id, request: { type: 'hello', protocol: SIGNER_PROTOCOL } }
    connection.write(`${JSON.stringify(hello)}\n`)
    const [answer] = await once(connection, 'data')
    return JSON.parse(String(answer)).answer.type
  }
  expect(await ask(1)).toBe('hello')
  await write({ log: { level: 'loud' } })
  expect(await reload()).toEqual(['config.refused', 'CONFIG_INVALID'])
  await write({ keys: { ...keys, signer: { ...keys.signer, access: 'group' } } })
  expect(await reload()).toEqual(['config.refused', 'CONFIG_NEEDS_RESTART'])
  // A node reads the same file; what is its business alone is not the signer's.
  await write({ api: { port: 1 }, sources: { venues: { kraken: { enabled: false } } } })
  expect(await reload()).toEqual(['config.unchanged', 'OK'])
  await write({ log: { level: 'debug' } })
  expect(await reload()).toEqual(['config.applied', 'OK'])
  expect(await ask(2)).toBe('hello')
  connection.destroy()
  child.kill('SIGTERM')
  expect(await once(child, 'exit')).toEqual([0, null])
})
