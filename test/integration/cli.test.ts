import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { request } from 'undici'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { formatCommittee } from '../../node/config/committee-file.ts'
import { localCommittee } from '../../node/devnet/committee.ts'
import type { RunFiles } from '../../node/devnet/files.ts'
import { writeRunFiles } from '../../node/devnet/files.ts'
import { endChildren } from '../support/children.ts'
import { freePort } from '../support/hardhat-node.ts'
import { committeeOfFour } from '../unit/node/config/fixtures.ts'

const MAIN = fileURLToPath(new URL('../../node/cli/main.ts', import.meta.url))

let directory: string
let children: ChildProcess[]

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'parallax-cli-'))
  children = []
})

afterEach(async () => {
  await endChildren(children)
  await rm(directory, { recursive: true })
})

interface Ended {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A command as an operator starts it; `secret` is what descriptor 3 gives. */
/** What V8 writes with NODE_V8_COVERAGE, as far as it is read here. */
interface Coverage {
  readonly result: readonly {
    readonly url: string
    readonly functions: readonly {
      readonly functionName: string
      readonly ranges: readonly { readonly count: number }[]
    }[]
  }[]
}

function start(
  args: readonly string[],
  secret = '',
  { flags = [], env = {} }: { readonly flags?: readonly string[]; readonly env?: object } = {},
) {
  const child = spawn(process.execPath, [...flags, MAIN, ...args], {
    cwd: directory,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  })
  children.push(child)
  const texts = { stdout: '', stderr: '' }
  child.stdout?.on('data', (chunk: Buffer) => {
    texts.stdout += chunk.toString()
  })
  child.stderr?.on('data', (chunk: Buffer) => {
    texts.stderr += chunk.toString()
  })
  const input = child.stdio[3]
  if (input !== null && input !== undefined && 'end' in input) {
    input.on('error', () => undefined)
    input.end(secret)
  }
  const ended = new Promise<Ended>((resolve) => {
    child.once('close', (exitCode) => resolve({ exitCode, ...texts }))
  })
  return { child, ended, texts }
}

const parallax = (...args: readonly string[]) => start(args).ended

async function passphraseFile(text: string): Promise<string> {
  const file = join(directory, `passphrase-${text.length}`)
  await writeFile(file, `${text}\n`, { mode: 0o600 })
  return file
}

describe('without a node', () => {
  test('a command that is done ends, whatever still holds its process', async () => {
    const holds = 'data:text/javascript,setInterval(() => {}, 1_000)'
    const { exitCode, stderr } = await start(['nonsense'], '', { flags: ['--import', holds] }).ended
    expect(exitCode).toBe(2)
    expect(stderr).toContain('nonsense')
  })

  test('init writes what config check finds good once the committee is there', async () => {
    const passphrase = await passphraseFile('correct horse')
    const options = ['--name', 'alpha', '--passphrase-file', passphrase, '--development', '--json']
    const init = await parallax('init', ...options)
    expect(init).toMatchObject({ exitCode: 0, stderr: '' })
    const { file, keys } = JSON.parse(init.stdout)
    expect(keys).toMatchObject([
      { purpose: 'identity', peerId: expect.stringMatching(/^16Uiu2/) },
      { purpose: 'transmitter', address: expect.stringMatching(/^0x[0-9a-fA-F]{40}$/) },
    ])
    const without = await parallax('config', 'check', file)
    expect(without).toMatchObject({ exitCode: 3, stdout: '' })
    expect(without.stderr).toMatch(/^CONFIG_UNREADABLE: .*committee\.json/)
    await writeFile(join(directory, 'committee.json'), formatCommittee(committeeOfFour()))
    const check = await parallax('config', 'check', file, '--json')
    expect(check.exitCode).toBe(0)
    expect(JSON.parse(check.stdout)).toMatchObject({ valid: true, network: 'test', members: 4 })
  })

  test('init overwrites nothing', async () => {
    const passphrase = await passphraseFile('correct horse')
    await writeFile(join(directory, 'node.yaml'), 'mine')
    const init = await parallax('init', '--passphrase-file', passphrase, '--development')
    expect(init).toMatchObject({ exitCode: 3, stderr: expect.stringMatching(/^FILE_EXISTS: /) })
    expect(await readFile(join(directory, 'node.yaml'), 'utf8')).toBe('mine')
  })

  test('keys that were made are opened by their passphrase and by no other', async () => {
    const right = await passphraseFile('correct horse')
    const wrong = await passphraseFile('battery')
    const options = ['--purpose', 'transmitter', '--development', '--json', '--passphrase-file']
    const made = await parallax('keys', 'new', 'wallet.json', ...options, right)
    const shown = await parallax('keys', 'show', 'wallet.json', ...options, right)
    expect(made.exitCode).toBe(0)
    expect(shown.stdout).toBe(made.stdout)
    const refused = await parallax('keys', 'show', 'wallet.json', ...options, wrong)
    expect(refused).toMatchObject({ exitCode: 4, stdout: '' })
    expect(JSON.parse(refused.stderr)).toMatchObject({
      error: { code: 'KEYSTORE_PASSPHRASE_WRONG' },
    })
  })

  test('nothing is asked where there is no terminal', async () => {
    const made = await parallax('keys', 'new', 'wallet.json', '--purpose', 'transmitter')
    expect(made).toMatchObject({
      exitCode: 4,
      stderr: expect.stringMatching(/^PASSPHRASE_NO_TERMINAL: /),
    })
  })

  test('config check lists every problem at once', async () => {
    const file = join(directory, 'node.yaml')
    await writeFile(file, 'colour: red\nnetwork: { listen: [], members: [] }\n')
    const check = await parallax('config', 'check', file, '--json')
    expect(check.exitCode).toBe(3)
    const { problems } = JSON.parse(check.stdout) as { problems: { path: string }[] }
    expect(problems.map(({ path }) => path)).toEqual(
      expect.arrayContaining(['committee', 'keys', 'network.listen', 'colour']),
    )
  })

  test('config check hides no file behind the problems of another', async () => {
    const file = join(directory, 'node.yaml')
    const rotation = 'rotation: { predecessor: gone.json }'
    await writeFile(file, `committee: committee.json\ncolour: red\n${rotation}\n`)
    await writeFile(join(directory, 'committee.json'), '{"protocolVersion": 7}')
    const said = JSON.parse((await parallax('config', 'check', file, '--json')).stdout)
    const problem = (name: string, path: string) =>
      expect.objectContaining({ file: join(directory, name), path })
    expect(said).toMatchObject({ file, valid: false })
    expect(said.problems).toEqual(
      expect.arrayContaining([
        problem('node.yaml', 'colour'),
        problem('committee.json', 'timing'),
        problem('gone.json', ''),
      ]),
    )
    const { exitCode, stdout } = await parallax('config', 'check', file)
    expect(exitCode).toBe(3)
    expect(stdout.match(/^CONFIG_\w+: /gm)).toEqual([
      ...['CONFIG_INVALID: ', 'CONFIG_INVALID: ', 'CONFIG_UNREADABLE: '],
    ])
  })

  test('gateway config check lists every problem of both files at once, each with its code', async () => {
    const file = join(directory, 'gateway.yaml')
    const network = 'network: { bootstrap: [nowhere], peersMax: 0 }'
    await writeFile(file, `committee: committee.json\ncolour: red\n${network}\n`)
    await writeFile(join(directory, 'committee.json'), '{"protocolVersion": 7}')
    const { exitCode, stdout } = await parallax('gateway', 'config', 'check', file, '--json')
    expect(exitCode).toBe(3)
    const problem = (name: string, path: string) =>
      expect.objectContaining({ file: join(directory, name), code: 'CONFIG_INVALID', path })
    expect(JSON.parse(stdout)).toMatchObject({
      ...{ file, valid: false },
      problems: expect.arrayContaining([
        problem('gateway.yaml', 'network.bootstrap[0]'),
        problem('gateway.yaml', 'network.peersMax'),
        problem('gateway.yaml', 'colour'),
        problem('committee.json', 'timing'),
      ]),
    })
    const said = await parallax('gateway', 'config', 'check', file)
    expect(said.stdout).toContain('correct each (docs/gateway.md)')
  })

  test('gateway config check finds a good one good, and says when there is none', async () => {
    const file = join(directory, 'gateway.yaml')
    const none = await parallax('gateway', 'config', 'check', file)
    expect(none).toMatchObject({
      exitCode: 3,
      stderr: expect.stringMatching(/^CONFIG_UNREADABLE: /),
    })
    const follow = 'network: { bootstrap: ["/ip4/127.0.0.1/tcp/9001"] }'
    await writeFile(file, `committee: committee.json\n${follow}\n`)
    await writeFile(join(directory, 'committee.json'), formatCommittee(committeeOfFour()))
    const good = await parallax('gateway', 'config', 'check', file, '--json')
    expect(JSON.parse(good.stdout)).toMatchObject({ file, valid: true, follows: 1 })
    expect(good.exitCode).toBe(0)
  })

  test('signer config check says what keeps a signer from starting, beside all other problems', async () => {
    const file = join(directory, 'node.yaml')
    const passphrase = await passphraseFile('correct horse')
    await parallax('init', '--passphrase-file', passphrase)
    await writeFile(join(directory, 'committee.json'), formatCommittee(committeeOfFour()))
    const check = async () => {
      const { exitCode, stdout } = await parallax('signer', 'config', 'check', file, '--json')
      const { problems = [], ...said } = JSON.parse(stdout)
      const codes = problems.map(({ code }: { readonly code: string }) => code)
      return { exitCode, codes, said }
    }
    expect(await check()).toMatchObject({
      ...{ exitCode: 3, codes: ['SIGNER_NOT_CONFIGURED', 'CONFIG_KEY_DEALT'] },
    })
    const text = await readFile(file, 'utf8')
    await writeFile(file, `colour: red\n${text}`)
    expect((await check()).codes).toEqual(['CONFIG_INVALID', 'SIGNER_NOT_CONFIGURED'])
    await writeFile(file, `keys: [\n${text}`)
    expect(new Set((await check()).codes)).toEqual(new Set(['CONFIG_INVALID']))
    const signer = 'signer: { socket: signer/socket }'
    const configured = text.replace('strength: standard', `strength: development\n  ${signer}`)
    await writeFile(file, configured)
    expect(await check()).toMatchObject({
      ...{ exitCode: 0, codes: [] },
      said: { valid: true, socket: join(directory, 'signer', 'socket') },
    })
  })

  test('before key generation, config check lists members that there are not, too', async () => {
    const passphrase = await passphraseFile('correct horse')
    const member = ['--member', '9=/ip4/192.0.2.1/tcp/9000']
    await parallax('init', '--passphrase-file', passphrase, '--development', ...member)
    const { groupKey: _, ...toBe } = JSON.parse(formatCommittee(committeeOfFour()))
    await writeFile(join(directory, 'committee.json'), JSON.stringify(toBe))
    const check = await parallax('config', 'check', join(directory, 'node.yaml'), '--json')
    expect(JSON.parse(check.stdout).problems).toMatchObject([
      { path: 'groupKey', message: expect.stringContaining('parallax dkg') },
      { path: 'network.members[0].index' },
    ])
  })

  test('status of a node that is not there says so', async () => {
    const status = await parallax('status', '--url', `http://127.0.0.1:${await freePort()}`)
    expect(status).toMatchObject({
      exitCode: 7,
      stdout: '',
      stderr: expect.stringMatching(/^NODE_UNREACHABLE: /),
    })
  })

  test('simulate hands its arguments and its exit code on', async () => {
    const simulate = await parallax('simulate', 'no-such-scenario.yaml')
    expect(simulate.exitCode).not.toBe(0)
    expect(`${simulate.stdout}${simulate.stderr}`).toContain('no-such-scenario.yaml')
  })

  test.each([
    [['frobnicate'], 'no command frobnicate'],
    [['keys'], 'parallax keys new'],
    [['run'], 'needs --config'],
  ])('%j is a wrong command line', async (args, words) => {
    const ended = await parallax(...args)
    expect(ended.exitCode).toBe(2)
    expect(ended.stderr).toMatch(/^USAGE_INVALID: /)
    expect(ended.stderr).toContain(words)
  })
})

describe('one node of four, without its chain, its venues and the others', () => {
  let files: RunFiles
  let config: string

  beforeEach(async () => {
    const ports = await Promise.all(Array.from({ length: 8 }, freePort))
    const dead = `http://127.0.0.1:${await freePort()}`
    const committee = localCommittee({ size: 4, feeds: ['BTC/USD'], genesisMs: Date.now() })
    const chain = { rpcUrl: dead, chainId: 31_337, contract: `0x${'ab'.repeat(20)}` }
    await mkdir(join(directory, 'run'))
    files = await writeRunFiles(join(directory, 'run'), {
      committee,
      ports,
      chain,
      marketUrl: dead,
    })
    config = files.nodes[0]?.config ?? ''
  })

  /** Resolves with the address that `run` prints once it listens. */
  async function startNode(env = {}) {
    const node = start(['run', '--config', config, '--json'], files.passphrase, { env })
    const listening = new Promise<string>((resolve, reject) => {
      node.child.stdout?.on('data', () => {
        if (node.texts.stdout.includes('\n')) resolve(JSON.parse(node.texts.stdout).address)
      })
      node.ended.then(({ stderr }) => reject(new Error(stderr)), reject)
    })
    return { ...node, address: await listening }
  }

  test('lives, says what is missing, and stops when it is asked to', async () => {
    const node = await startNode()
    const health = await request(`${node.address}/healthz`)
    expect(health.statusCode).toBe(200)
    await health.body.dump()
    const status = await parallax('status', '--config', config, '--json')
    expect(status.exitCode).toBe(8)
    const overview = JSON.parse(status.stdout)
    expect(overview).toMatchObject({ status: { name: 'oracle-0', committee: { size: 4 } } })
    expect(overview.chains[0].endpoints[0].fault).toBe('RPC_UNREACHABLE')
    const { configDigest } = JSON.parse(
      (await parallax('config', 'check', config, '--json')).stdout,
    )
    expect(overview.status.configDigest).toBe(configDigest)
    const metrics = await (await request(`${node.address}/metrics`)).body.text()
    const { version } = overview.status
    expect(metrics).toContain(
      `parallax_build_info{version="${version}",config="${configDigest}"} 1`,
    )
    node.child.kill('SIGTERM')
    const { exitCode, stderr } = await node.ended
    expect(exitCode).toBe(0)
    expect(stderr).not.toContain(files.passphrase)
    expect(stderr).toContain('RPC_NONE_USABLE')
    const started = stderr.split('\n').find((line) => line.includes('node.started'))
    expect(started).toContain(configDigest)
  })

  /** How often the process called each function of a module, by what V8 counts. */
  async function callsIn(module: string, counted: string): Promise<Record<string, number>> {
    const calls: Record<string, number> = {}
    for (const file of await readdir(counted)) {
      const { result }: Coverage = JSON.parse(await readFile(join(counted, file), 'utf8'))
      for (const { url, functions } of result) {
        if (!url.endsWith(module)) continue
        for (const { functionName, ranges } of functions) {
          calls[functionName] = (calls[functionName] ?? 0) + (ranges[0]?.count ?? 0)
        }
      }
    }
    return calls
  }

  // What each of them does to memory is seen in heap.test.ts; a node's own size says little of it.
  test('keeps its young generation small and gives back what loading took, once', async () => {
    const counted = join(directory, 'counted')
    const node = await startNode({ NODE_V8_COVERAGE: counted })
    node.child.kill('SIGTERM')
    expect(await node.ended).toMatchObject({ exitCode: 0 })
    expect(await callsIn('/node/heap.ts', counted)).toMatchObject({
      keepHeapSmall: 1,
      giveBackWhatLoadingTook: 1,
    })
  })

  test('takes over its file on SIGHUP, refuses a bad one, and goes on', async () => {
    const node = await startNode()
    const says = async (event: string) => {
      const isSaid = () => node.texts.stderr.includes(`"event":"${event}"`)
      while (!isSaid()) await once(node.child.stderr ?? node.child, 'data')
    }
    const good = JSON.parse(await readFile(config, 'utf8'))
    await writeFile(config, '{ "log": [')
    node.child.kill('SIGHUP')
    await says('config.refused')
    await writeFile(config, JSON.stringify({ ...good, log: { level: 'debug' } }))
    node.child.kill('SIGHUP')
    node.child.kill('SIGHUP')
    await says('config.applied')
    const status = await (await request(`${node.address}/v1/status`)).body.json()
    const { stdout } = await parallax('config', 'check', config, '--json')
    expect(status).toMatchObject({ configDigest: JSON.parse(stdout).configDigest })
    node.child.kill('SIGTERM')
    expect(await node.ended).toMatchObject({ exitCode: 0 })
    const kept = JSON.parse(
      (await parallax('journal', 'config', '--config', config, '--json')).stdout,
    )
    const outcomes = kept.map((each: { readonly outcome: string }) => each.outcome)
    expect(outcomes.slice(0, 3)).toEqual(['started', 'refused', 'applied'])
  })

  test('with a wrong passphrase it does not start', async () => {
    const ended = await start(['run', '--config', config], 'wrong').ended
    expect(ended).toMatchObject({ exitCode: 4, stdout: '' })
    expect(ended.stderr).toMatch(/^KEYSTORE_PASSPHRASE_WRONG: /m)
  })

  test('with a busy port it does not start, and says which', async () => {
    const port = files.nodes[0]?.apiPort ?? 0
    const squatter = createServer().listen(port, '127.0.0.1')
    await once(squatter, 'listening')
    const ended = await start(['run', '--config', config], files.passphrase).ended
    squatter.close()
    expect(ended).toMatchObject({ exitCode: 5, stdout: '' })
    expect(ended.stderr).toMatch(new RegExp(`^API_PORT_BUSY: port ${port} `, 'm'))
  })

  test('with the key of another committee it does not start', async () => {
    const other = localCommittee({ size: 4, feeds: ['BTC/USD'], genesisMs: Date.now() })
    await writeFile(join(directory, 'run', 'committee.json'), formatCommittee(other.file))
    const ended = await start(['run', '--config', config], files.passphrase).ended
    expect(ended).toMatchObject({ exitCode: 4, stdout: '' })
    expect(ended.stderr).toMatch(/^IDENTITY_NOT_MEMBER: /m)
  })

  test('a second process on the same data directory does not start', async () => {
    const node = await startNode()
    const second = await start(['run', '--config', config], files.passphrase).ended
    expect(second).toMatchObject({ exitCode: 9, stdout: '' })
    node.child.kill('SIGINT')
    expect((await node.ended).exitCode).toBe(0)
  })
})
