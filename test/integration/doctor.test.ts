import { once } from 'node:events'
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { PassThrough, Readable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { execute } from '../../node/cli/execute.ts'
import { WallClock } from '../../node/clock.ts'
import { formatParams } from '../../node/config/committee-file.ts'
import { localCommittee } from '../../node/devnet/committee.ts'
import {
  COMMITTEE_FILE,
  createRunDirectory,
  type NodeFiles,
  writeRunFiles,
} from '../../node/devnet/files.ts'
import type { MarketServer } from '../../node/devnet/market/server.ts'
import { startMarketServer } from '../../node/devnet/market/server.ts'
import { freePorts } from '../../node/devnet/wait.ts'
import { readingOf } from '../../node/doctor/clock-reading.ts'
import type { Finding } from '../../node/doctor/finding.ts'
import { crc32c } from '../../node/keys/crc32c.ts'
import { HandoverLocks } from '../../node/keys/handover-locks.ts'
import { Promises } from '../../node/keys/promises.ts'
import { askedSpot, askedVenues } from '../../node/sources/asked.ts'
import { sourcesConfigSchema } from '../../node/sources/config.ts'
import { HOST_SOURCES } from '../../node/sources/host.ts'
import { type AnswerHead, pollOnce } from '../../node/sources/one-poll.ts'
import { openForWriting } from '../../node/store/journal-schema.ts'
import { lockDirectory } from '../../node/store/lock.ts'
import { FEEDS, venuesAt } from '../support/venues.ts'

type Config = Record<string, unknown> & {
  keys: Record<string, unknown>
  sources: { venues: Record<string, Record<string, unknown>> }
}

let directory: string
let market: MarketServer
let node: NodeFiles
let servers: Server[]

/** Member 0 of four before its first start, with a passphrase file, venues, and members 1 to 3. */
beforeEach(async () => {
  servers = []
  market = await startMarketServer({ seed: 1 })
  directory = await createRunDirectory()
  const committee = localCommittee({ size: 4, feeds: ['BTC/USD'], genesisMs: Date.now() })
  const ports = await freePorts(8)
  const options = { committee, ports, chain: null, marketUrl: market.url }
  const files = await writeRunFiles(directory, options)
  node = files.nodes[0] as NodeFiles
  writeFileSync(join(directory, 'passphrase'), `${files.passphrase}\n`, { mode: 0o600 })
  const streamed = ['binance', 'bitstamp', 'coinbase', 'kraken', 'okx'] as const
  configure((config) => {
    config.keys.passphrase = { file: join(directory, 'passphrase') }
    config.sources = venuesAt(market, {}, streamed) as Config['sources']
  })
  for (const { gossipPort } of files.nodes.slice(1)) await listenOn(gossipPort)
})

afterEach(async () => {
  for (const server of servers) server.close()
  await market.stop()
  rmSync(directory, { recursive: true })
})

async function listenOn(port: number): Promise<void> {
  const server = createServer((socket) => socket.destroy())
  servers.push(server)
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
}

function configure(change: (config: Config) => void): void {
  const config = JSON.parse(readFileSync(node.config, 'utf8')) as Config
  change(config)
  writeFileSync(node.config, JSON.stringify(config))
}

interface Examined {
  readonly exitCode: number
  readonly findings: readonly Finding[]
  /** What is not in order, as `check CODE`. */
  readonly wrong: readonly string[]
  readonly of: (check: string) => Finding | undefined
}

const WRONG: readonly string[] = ['fault', 'warning']

async function doctor(args: readonly string[] = [], signal = new AbortController().signal) {
  const said = { stdout: '', stderr: '' }
  const exitCode = await execute(['doctor', '--config', node.config, '--json', ...args], {
    stdout: { write: (text) => (said.stdout += text) },
    stderr: { write: (text) => (said.stderr += text) },
    terminal: { input: Readable.from([]), output: new PassThrough() },
    signal,
  })
  const { findings } = JSON.parse(said.stdout) as Pick<Examined, 'findings'>
  // The disk of a machine that runs tests may be small and busy.
  const bad = findings.filter(
    ({ check, verdict }) => !check.startsWith('disk') && WRONG.includes(verdict),
  )
  return {
    exitCode,
    findings,
    wrong: bad.map(({ check, code }) => `${check} ${code}`),
    of: (check: string) => findings.find((each) => each.check === check),
  }
}

/** Of a local network, and nothing to be set right there. */
const CHEAP_KEYS = 'key strength KEYSTORE_TOO_WEAK'

describe('before the first start', () => {
  test('everything is in order, and nothing is left behind', async () => {
    const files = readdirSync(node.directory)
    const { exitCode, wrong, findings } = await doctor()
    expect(wrong).toEqual([CHEAP_KEYS])
    expect(exitCode).toBe(0)
    const spot = ['binance', 'coinbase', 'kraken', 'bitstamp', 'okx']
    expect(findings.map(({ check }) => check)).toEqual([
      ...[
        'configuration',
        'key strength',
        'data directory',
        'disk space',
        'disk sync',
        'open files',
      ],
      ...['node', 'identity key', 'signing share', 'transmitter key', 'committee'],
      ...['gossip port', 'api port', 'member 1', 'member 2', 'member 3'],
      ...[...spot, 'deribit-options', 'okx-options', 'bybit-options'].map(
        (name) => `venue ${name}`,
      ),
      ...spot.map((name) => `stream ${name}`),
      ...['feed BTC/USD', 'feed BTC/USD.IV30', 'clock'],
    ])
    expect(readdirSync(node.directory)).toEqual(files)
  })

  test('a replayed market is asked by its own clock', async () => {
    const monthMs = 30 * 86_400_000
    const then = await startMarketServer({ seed: 1, nowMs: () => Date.now() - monthMs })
    try {
      const replayed = (clockOffsetMs: number) =>
        configure((config) => {
          const sources = venuesAt(then, {}, ['kraken']) as Config['sources']
          config.sources = { ...sources, clockOffsetMs } as Config['sources']
        })
      replayed(0)
      expect((await doctor()).of('feed BTC/USD')?.verdict).toBe('fault')
      replayed(-monthMs)
      const { wrong, of } = await doctor()
      expect(wrong).toEqual([CHEAP_KEYS])
      expect(of('stream kraken')?.seen).toMatch(/^open after \d{1,4} ms/)
    } finally {
      await then.stop()
    }
  })

  test('with --offline nobody else is asked', async () => {
    await market.stop()
    for (const server of servers.splice(0)) server.close()
    const { exitCode, wrong, findings } = await doctor(['--offline'])
    expect(wrong).toEqual([CHEAP_KEYS])
    expect(exitCode).toBe(0)
    expect(findings.some(({ check }) => /^(venue|stream|feed|member|clock)/.test(check))).toBe(
      false,
    )
  })

  test('a committee without its key waits for its generation, and sources are tried', async () => {
    const { file } = localCommittee({ size: 4, feeds: ['BTC/USD'], genesisMs: Date.now() })
    writeFileSync(join(directory, COMMITTEE_FILE), formatParams(file.params))
    const { wrong, of } = await doctor()
    expect(wrong).toEqual([
      CHEAP_KEYS,
      'committee file KEYGEN_DUE',
      'identity key IDENTITY_NOT_MEMBER',
    ])
    expect(of('signing share')).toMatchObject({ verdict: 'unchecked' })
    expect(of('feed BTC/USD')).toMatchObject({ verdict: 'ok' })
  })

  test('a configuration with problems shows all of them, and nothing else is tried', async () => {
    configure((config) => {
      config.api = { port: 70_000 }
      config.keys.identity = 5
    })
    const { exitCode, wrong, findings } = await doctor()
    expect(exitCode).toBe(11)
    expect(wrong).toEqual(['configuration CONFIG_INVALID', 'configuration CONFIG_INVALID'])
    const seen = findings.map((each) => each.seen).join('\n')
    expect(seen).toContain('keys.identity')
    expect(seen).toContain('api.port')
    expect(findings.at(-1)).toMatchObject({ verdict: 'unchecked' })
  })
})

describe('keys', () => {
  test('a wrong passphrase is named for each file, and is never shown', async () => {
    writeFileSync(join(directory, 'passphrase'), 'not the passphrase')
    const { exitCode, wrong, findings } = await doctor(['--offline'])
    expect(exitCode).toBe(11)
    expect(wrong).toEqual([
      CHEAP_KEYS,
      'identity key KEYSTORE_PASSPHRASE_WRONG',
      'transmitter key KEYSTORE_PASSPHRASE_WRONG',
    ])
    expect(JSON.stringify(findings)).not.toContain('not the passphrase')
  })

  test('a passphrase that nobody gives is a fault, and the files are looked at all the same', async () => {
    configure((config) => {
      config.keys.passphrase = { prompt: true }
      config.keys.transmitter = 'none.json'
    })
    const { wrong, of } = await doctor(['--offline'])
    expect(wrong).toEqual([
      CHEAP_KEYS,
      'passphrase PASSPHRASE_NO_TERMINAL',
      'transmitter key FILE_UNREADABLE',
    ])
    expect(of('identity key')).toMatchObject({ verdict: 'unchecked' })
  })

  test("another member's share, a share of another key, and none at all", async () => {
    const share = join(node.directory, 'signing-share.json')
    const good = readFileSync(share, 'utf8')
    writeFileSync(share, good.replace('"member": 0', '"member": 1'))
    expect((await doctor(['--offline'])).wrong).toEqual([
      CHEAP_KEYS,
      'signing share KEYSTORE_PURPOSE_WRONG',
    ])
    // As likely as the share it is the identity key that is another member's.
    expect((await doctor(['--offline'])).of('signing share')?.seen).toContain(
      'is the signing-share of member 1, and the identity key is that of member 0',
    )
    const identity = readFileSync(join(node.directory, 'identity.json'), 'utf8')
    writeFileSync(share, identity.replace('"identity"', '"signing-share", "member": 0'))
    expect((await doctor(['--offline'])).wrong).toEqual([
      CHEAP_KEYS,
      'signing share SHARE_MISMATCH',
    ])
    rmSync(share)
    const { of } = await doctor(['--offline'])
    expect(of('signing share')).toMatchObject({ verdict: 'fault', code: 'FILE_UNREADABLE' })
    expect(of('signing share')?.advice).toContain('cannot be made again')
  })
})

describe('a signer in a process of its own', () => {
  test('is not spoken to: its socket has to be there, and out of the reach of others', async () => {
    const folder = join(node.directory, 'signer')
    const socket = join(folder, 'signer.sock')
    configure((config) => {
      config.keys.signer = { socket }
    })
    mkdirSync(folder, { mode: 0o700 })
    const missing = await doctor(['--offline'])
    expect(missing.wrong).toEqual([CHEAP_KEYS, 'signer SIGNER_UNREACHABLE'])
    expect(missing.exitCode).toBe(0)
    let connections = 0
    const server = createServer(() => {
      connections += 1
    })
    servers.push(server)
    server.listen(socket)
    await once(server, 'listening')
    expect((await doctor(['--offline'])).of('signer')?.verdict).toBe('ok')
    chmodSync(folder, 0o755)
    const exposed = await doctor(['--offline'])
    expect(exposed.wrong).toEqual([CHEAP_KEYS, 'signer SIGNER_SOCKET_EXPOSED'])
    expect(exposed.exitCode).toBe(11)
    expect(connections).toBe(0)
  })
})

describe('what an earlier process left', () => {
  const data = () => join(node.directory, 'data')
  const handover = () => join(data(), 'handover')
  const faults = async () => {
    const { exitCode, wrong } = await doctor(['--offline'])
    return { exitCode, wrong: wrong.filter((each) => each !== CHEAP_KEYS) }
  }

  /** A node that ran, promised, wrote its journal, and signed a hand-over. */
  beforeEach(async () => {
    const promises = await Promises.open({ directory: data(), reserveRounds: 4 })
    await promises.persist({ round: 7, kind: 'observation', digest: new Uint8Array(32) })
    await promises.close()
    openForWriting(join(data(), 'journal.sqlite')).close()
    const locks = await HandoverLocks.open(data())
    await locks.lock({ epoch: 2, message: new Uint8Array(32).fill(1) })
  })

  test('is read and left as it is', async () => {
    const promises = readFileSync(join(data(), 'promises'))
    const { exitCode, wrong, of } = await doctor(['--offline'])
    expect(wrong).toEqual([CHEAP_KEYS])
    expect(exitCode).toBe(0)
    expect(of('promises')?.seen).toMatch(/promises is sound: rounds up to 11$/)
    expect(of('journal')?.verdict).toBe('ok')
    expect(of('hand-over locks')?.seen).toBe('signed for epoch 2')
    expect(readFileSync(join(data(), 'promises'))).toEqual(promises)
  })

  test('promises and a journal of another version, before this one is started on them', async () => {
    const promises = readFileSync(join(data(), 'promises'))
    promises.write('2', 15)
    promises.writeUInt32BE(crc32c(promises.subarray(0, 60)), 60)
    writeFileSync(join(data(), 'promises'), promises)
    const journal = new DatabaseSync(join(data(), 'journal.sqlite'))
    journal.exec('PRAGMA user_version = 9')
    journal.close()
    expect(await faults()).toEqual({
      exitCode: 11,
      wrong: ['promises PROMISES_VERSION_OTHER', 'journal JOURNAL_VERSION_OTHER'],
    })
  })

  test('damaged promises, locks, a hand-over, and the count of the day', async () => {
    configure((config) => {
      const contract = `0x${'11'.repeat(20)}`
      const rpcUrls = ['http://127.0.0.1:9']
      config.chains = [{ name: 'local', chainId: 1, contract, rpcUrls }]
    })
    writeFileSync(join(data(), 'promises'), 'something else')
    writeFileSync(join(handover(), 'lock-3.json'), '{}')
    writeFileSync(join(handover(), 'signed.json'), '{}')
    writeFileSync(join(data(), 'spending-local.json'), '{}')
    expect((await faults()).wrong).toEqual([
      'promises PROMISES_CORRUPT',
      'hand-over locks HANDOVER_LOCK_DAMAGED',
      'hand-over HANDOVER_FILE_DAMAGED',
      'spending local SPENDING_UNREADABLE',
    ])
  })
})

describe('the machine', () => {
  test('a port that another process has', async () => {
    await listenOn(node.gossipPort)
    await listenOn(node.apiPort)
    const { exitCode, wrong } = await doctor(['--offline'])
    expect(exitCode).toBe(11)
    expect(wrong).toEqual([
      CHEAP_KEYS,
      'gossip port GOSSIP_LISTEN_FAILED',
      'api port API_PORT_BUSY',
    ])
  })

  test('a data directory that can be none', async () => {
    configure((config) => {
      config.dataDirectory = join(node.directory, 'config.json', 'data')
    })
    const { wrong } = await doctor(['--offline'])
    expect(wrong).toEqual([CHEAP_KEYS, 'data directory DATA_DIRECTORY_UNUSABLE'])
  })

  test('a data directory on a disk that is not mounted', async () => {
    symlinkSync(join(directory, 'not-mounted'), join(node.directory, 'data'))
    const { wrong, of } = await doctor(['--offline'])
    expect(wrong).toEqual([CHEAP_KEYS, 'data directory DATA_DIRECTORY_UNUSABLE'])
    expect(of('data directory')?.advice).toContain('mount its disk')
  })

  test('a data directory that a process holds is left to it, with its ports', async () => {
    const data = join(node.directory, 'data')
    mkdirSync(data)
    const held = lockDirectory(data)
    await listenOn(node.gossipPort)
    const { exitCode, wrong, of } = await doctor(['--offline'])
    // Nobody answers at the API: the process may be starting.
    expect(wrong).toEqual([CHEAP_KEYS, 'node NODE_UNREACHABLE', 'api port API_PORT_BUSY'])
    expect(exitCode).toBe(0)
    expect(of('data directory')?.seen).toContain('in use by a process')
    expect(of('gossip port')?.verdict).toBe('ok')
    expect(() => lockDirectory(data)).toThrow(/another process uses/)
    held.release()
  })
})

describe('the network', () => {
  test('venues that refuse, limit, say nonsense or nothing are told apart', async () => {
    configure(({ sources }) => {
      Object.assign(sources.venues.bitstamp ?? {}, { timeoutMs: 300, retriesMax: 0 })
    })
    market.setFault('binance', 'region-blocked')
    market.setFault('coinbase', 'rate-limited')
    market.setFault('kraken', 'not-json')
    market.setFault('bitstamp', 'nothing')
    market.setFault('okx', 'forbidden')
    const { exitCode, wrong, of } = await doctor()
    expect(wrong.filter((each) => /^(venue|feed)/.test(each))).toEqual([
      'venue binance SOURCE_REGION_BLOCKED',
      'venue coinbase SOURCE_RATE_LIMITED',
      expect.stringMatching(/^venue kraken SOURCE_/),
      'venue bitstamp SOURCE_TIMEOUT',
      'venue okx SOURCE_REGION_BLOCKED',
      'feed BTC/USD SOURCES_TOO_FEW',
    ])
    expect(exitCode).toBe(11)
    expect(of('venue binance')?.seen).toContain('451')
    expect(of('venue okx')?.seen).toContain('403')
    expect(of('venue coinbase')?.seen).toContain('429')
  })

  test('a venue that answers at another of its hosts is used, and the first one is named', async () => {
    configure(({ sources }) => {
      const { okx } = sources.venues
      Object.assign(okx ?? {}, { baseUrls: ['http://127.0.0.1:1/okx', okx?.baseUrl] })
      delete okx?.baseUrl
    })
    const { wrong, of } = await doctor()
    expect(wrong).toEqual([CHEAP_KEYS, 'venue okx SOURCE_UNREACHABLE'])
    expect(of('venue okx')?.seen).toMatch(/^1 markets priced within .*; not at 127\.0\.0\.1:1$/)
    expect(of('feed BTC/USD')?.seen).toContain('from 5 venues')
  })

  test('every answer tells the time, also one that refuses', async () => {
    market.setFault('binance', 'region-blocked')
    const config = sourcesConfigSchema.parse(venuesAt(market))
    const { spot } = askedVenues({ config, feeds: FEEDS })
    const heads: AnswerHead[] = []
    const clock = new WallClock()
    const tools = { ...HOST_SOURCES, clock, signal: new AbortController().signal }
    for (const venue of spot.slice(0, 2)) {
      await pollOnce(askedSpot(venue), { ...tools, onHead: (head) => heads.push(head) })
    }
    expect(spot[0]?.found.venue.name).toBe('binance')
    expect(heads.length).toBeGreaterThan(1)
    for (const head of heads) {
      const reading = readingOf('market', head)
      expect(Math.abs(reading?.aheadMs ?? Number.NaN)).toBeLessThanOrEqual(reading?.errorMs ?? 0)
    }
  })

  test('a member that does not listen, and a stream that nobody serves', async () => {
    servers.pop()?.close()
    configure(({ sources }) => {
      Object.assign(sources.venues.okx ?? {}, { streamUrl: 'ws://127.0.0.1:9/stream' })
    })
    const { exitCode, wrong } = await doctor()
    expect(wrong).toEqual([
      CHEAP_KEYS,
      'member 3 PEER_UNREACHABLE',
      'stream okx SOURCE_UNREACHABLE',
    ])
    expect(exitCode).toBe(0)
  })

  test('what is not answered in the time for all of it is a fault', async () => {
    market.setFault('kraken', 'nothing')
    const { exitCode, of } = await doctor(['--timeout', '5'])
    expect(exitCode).toBe(11)
    expect(of('venues')).toMatchObject({ verdict: 'fault', code: 'DOCTOR_TIME_OVER' })
    expect(of('identity key')?.verdict).toBe('ok')
  })

  test('an operator who stops it gets what was found until then', async () => {
    market.setFault('kraken', 'nothing')
    const stopping = new AbortController()
    const examined = doctor([], stopping.signal)
    while (market.requestsOf('kraken') === 0) await new Promise((turn) => setImmediate(turn))
    stopping.abort()
    const { exitCode, findings, of } = await examined
    expect(exitCode).toBe(130)
    expect(of('identity key')?.verdict).toBe('ok')
    expect(findings.some(({ check }) => check.startsWith('feed'))).toBe(false)
  })
})
