import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { hexToBytes } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Deployment, deploy } from '../../contracts/deploy/apply.ts'
import { connect } from '../../contracts/deploy/chain.ts'
import { deployParametersOf } from '../../contracts/deploy/parameters.ts'
import { execute } from '../../node/cli/execute.ts'
import { formatCommittee } from '../../node/config/committee-file.ts'
import { createGatewayMetrics } from '../../node/gateway/metrics.ts'
import { GatewayServer } from '../../node/gateway/server.ts'
import { Shelf } from '../../node/gateway/shelf.ts'
import { sealKeystore, writeKeystore } from '../../node/keys/keystore.ts'
import { Secret } from '../../node/keys/secret.ts'
import { SILENT_LOG } from '../../node/logging.ts'
import { certifier, feedsNamed, valuesAt } from '../support/certificates.ts'
import { FUNDED_KEYS, HardhatNode } from '../support/hardhat-node.ts'
import { parallax } from '../support/parallax.ts'

const NOWHERE = '0x00000000000000000000000000000000000000aa'
const PASSPHRASE = 'settles for everybody'
/** On the minute, half a minute ago or more. */
const EXPIRY = Math.floor((Date.now() / 1_000 - 30) / 60) * 60
const GENESIS_MS = EXPIRY * 1_000 - 60_000
/** Opens at the expiry. */
const ROUND = 120
const committee = certifier({ feeds: feedsNamed(2), genesisMs: GENESIS_MS })

let directory: string
let chain: HardhatNode
let gateway: GatewayServer
let shelf: Shelf
let deployment: Deployment

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'parallax-settle-'))
  await writeFile(join(directory, 'committee.json'), formatCommittee(committee.file))
  await writeFile(join(directory, 'passphrase'), PASSPHRASE, { mode: 0o600 })
  const keys = {
    key: Secret.of(hexToBytes(FUNDED_KEYS[0])),
    passphrase: Secret.ofText(PASSPHRASE),
  }
  const sealed = await sealKeystore({ purpose: 'transmitter', strength: 'development' }, keys)
  await writeKeystore(join(directory, 'wallet.json'), sealed)
  chain = await HardhatNode.start()
  await chain.client().setAutomine(true)
  const account = privateKeyToAccount(FUNDED_KEYS[0])
  const { params, digest, groupKey } = committee.test.committee
  const parameters = deployParametersOf(
    { params, digest, groupKey: groupKey.publicKey },
    { historyFeeds: 2, reportAgeMsMax: 60_000, futureMsMax: 2_000, consumerAgeSecondsMax: null },
  )
  deployment = (await deploy(await connect({ rpcUrl: chain.url, account }), parameters)).deployment
  shelf = new Shelf({ certificatesMax: 8 })
  gateway = new GatewayServer(
    {
      host: '127.0.0.1',
      port: 0,
      requestsPerMinuteMax: 1_000,
      connectionsMax: 16,
      connectionsPerAddressMax: 16,
      streamReadersMax: 4,
    },
    {
      context: committee.context,
      certificates: shelf,
      epoch: () => 1,
      peers: () => 1,
      metrics: createGatewayMetrics(),
      clock: { nowMs: () => Date.now() },
      log: SILENT_LOG,
    },
  )
  await gateway.start()
})
afterAll(async () => {
  await gateway.stop()
  await chain.stop()
  await rm(directory, { recursive: true, force: true })
})

/** Of F1/USD in that round, with eight decimals. */
const PRICE = { value: '0.00120001', valueOnChain: '120001' }

function argsOf(changed: Readonly<Record<string, string>> = {}): readonly string[] {
  const options = {
    url: gateway.address ?? '',
    committee: join(directory, 'committee.json'),
    rpc: chain.url,
    contract: deployment.settlement,
    feed: 'F1/USD',
    expiry: String(EXPIRY),
    wallet: join(directory, 'wallet.json'),
    'passphrase-file': join(directory, 'passphrase'),
    ...changed,
  }
  return Object.entries(options).flatMap(([name, value]) => [`--${name}`, value])
}

async function settle(changed: Readonly<Record<string, string>> = {}) {
  const args = [...argsOf(changed), '--development', '--json']
  const { exitCode, stdout, stderr } = await parallax('settle', ...args)
  return { exitCode, said: JSON.parse(stdout === '' ? stderr : stdout) }
}

test('before the round is certified it says so, and sends nothing', async () => {
  const { exitCode, said } = await settle()
  expect([exitCode, said.error.code]).toEqual([8, 'SETTLEMENT_UNCERTIFIED'])
})

test('brings the settlement round once, and afterwards says what stands', async () => {
  shelf.add(committee.certify(ROUND, valuesAt(ROUND, 2)))
  const first = await settle()
  expect(first).toMatchObject({
    exitCode: 0,
    said: { ...PRICE, isFinal: true, round: ROUND, hash: expect.stringMatching(/^0x/) },
  })
  const again = await settle()
  expect(again.said).toEqual({
    ...{ ...PRICE, isFinal: true, round: null, missing: 0, hash: null },
  })
})

test('without --json it says the price with its decimals', async () => {
  const { stdout } = await parallax('settle', ...argsOf(), '--development')
  expect(stdout).toBe('F1/USD 0.00120001 final, stood already\n')
})

/** Watches every minute's expiry, as one process would, until it has said a line. */
async function watchUntilSaid() {
  const stopping = new AbortController()
  let [stdout, stderr] = ['', '']
  const names = { url: gateway.address ?? '', rpc: chain.url, contract: deployment.settlement }
  const files = { committee: 'committee.json', wallet: 'wallet.json' }
  const args = [
    ...Object.entries(names).flatMap(([name, value]) => [`--${name}`, value]),
    ...Object.entries(files).flatMap(([name, file]) => [`--${name}`, join(directory, file)]),
    ...['--passphrase-file', join(directory, 'passphrase'), '--development', '--json'],
    ...['--feed', 'F0/USD', '--watch', '--expiries', 'every 60'],
  ]
  const exitCode = await execute(['settle', ...args], {
    stdout: {
      write: (text) => {
        stdout += text
        stopping.abort()
      },
    },
    stderr: { write: (text) => (stderr += text) },
    terminal: { input: Readable.from([]), output: new PassThrough() },
    signal: stopping.signal,
  })
  return {
    exitCode,
    stderr,
    said: stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
  }
}

test('a watch settles what is due, and one that is started again sends nothing', async () => {
  const first = await watchUntilSaid()
  expect(first.said).toEqual([
    {
      ...{ feed: 'F0/USD', expiry: EXPIRY, value: '0.00120000', valueOnChain: '120000' },
      ...{ isFinal: true, round: ROUND, missing: 0 },
      hash: expect.stringMatching(/^0x/),
    },
  ])
  expect(first.exitCode).toBe(0)
  // What was due before this committee had begun is told, and does not end the watch.
  expect(first.stderr).toContain('SUBMIT_REFUSED')
  const again = await watchUntilSaid()
  expect(again.exitCode).toBe(0)
  expect(again.said).toMatchObject([{ expiry: EXPIRY, value: '0.00120000', hash: null }])
})

test('given the hub in place of Settlement, it names what the contract said', async () => {
  const { exitCode, said } = await settle({ contract: deployment.hub })
  expect([exitCode, said.error.code]).toEqual([6, 'SUBMIT_REFUSED'])
  expect(said.error.context.reason).toBe('FunctionUnknown')
})

test.each([
  ['an expiry in the future', { expiry: String(EXPIRY + 3_600) }, 8, 'SETTLEMENT_UNCERTIFIED'],
  ['a feed of nobody', { feed: 'XAU/USD' }, 3, 'FEED_UNKNOWN'],
  ['half an address', { contract: '0x12' }, 2, 'USAGE_INVALID'],
  ['a schedule for one expiry', { expiries: 'daily 08:00' }, 2, 'USAGE_INVALID'],
  ['a market beside a feed', { market: NOWHERE }, 2, 'USAGE_INVALID'],
  ['half a market', { market: '0x12' }, 2, 'USAGE_INVALID'],
  ['a time that is none', { expiry: 'tomorrow' }, 2, 'USAGE_INVALID'],
  ['a gateway without http', { url: 'prices.example' }, 2, 'CLIENT_OPTION_INVALID'],
  ['an address without a contract', { contract: NOWHERE }, 6, 'SUBMIT_CONTRACT_MISSING'],
  ['a chain that is gone', { rpc: 'http://127.0.0.1:1' }, 6, 'SUBMIT_FAILED'],
  [
    'a gateway that is gone',
    { url: 'http://127.0.0.1:1', expiry: String(EXPIRY - 1) },
    7,
    'GATEWAY_UNREACHABLE',
  ],
])('given %s, it ends with a code', async (_, changed, code, error) => {
  const { exitCode, said } = await settle(changed)
  expect([exitCode, said.error.code]).toEqual([code, error])
})
