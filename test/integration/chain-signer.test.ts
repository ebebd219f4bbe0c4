import { PassThrough, Readable } from 'node:stream'
import { keccak_256 } from '@noble/hashes/sha3.js'
import type { Hex } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Context } from '../../aggregator/context.ts'
import { createMetrics } from '../../node/api/metrics.ts'
import { WallClock } from '../../node/clock.ts'
import { makeTargets } from '../../node/compose/targets.ts'
import { parseConfig } from '../../node/config/load.ts'
import { loadEcdsa } from '../../node/keys/native.ts'
import { Web3Signer, type Web3SignerOptions } from '../../node/keys/web3signer.ts'
import { SILENT_LOG } from '../../node/logging.ts'
import { openKeys } from '../../node/open-keys.ts'
import { FakeWeb3Signer } from '../support/fake-web3signer.ts'
import { FUNDED_KEYS, freePort, HardhatNode } from '../support/hardhat-node.ts'
import { MINIMAL_CONFIG } from '../unit/node/config/fixtures.ts'
import type { Deployed, TargetUnderTest } from './chain-support.ts'
import { CHAIN_ID, deployFeeds, openTarget } from './chain-support.ts'

const KEY = FUNDED_KEYS[2]
const { address: ADDRESS } = privateKeyToAccount(KEY)

let node: HardhatNode
let deployed: Deployed
let remote: FakeWeb3Signer
let targets: TargetUnderTest[]

beforeAll(async () => {
  node = await HardhatNode.start()
  deployed = await deployFeeds(node)
})

afterAll(() => node.stop())

beforeEach(async () => {
  targets = []
  remote = await FakeWeb3Signer.start({ key: KEY, chainId: CHAIN_ID })
})

afterEach(async () => {
  for (const { target, remove } of targets) {
    await target.stop()
    await remove()
  }
  await remote.stop()
})

/** A member's target whose wallet is with the remote signer. */
async function openRemote(options: Partial<Web3SignerOptions> = {}): Promise<TargetUnderTest> {
  const asked = { url: remote.url, address: ADDRESS, timeoutMs: 60_000, tls: {}, ...options }
  const opened = await openTarget(deployed, {
    rpcUrls: [node.url],
    signer: (log) => new Web3Signer(asked, { log }),
  })
  targets.push(opened)
  return opened
}

/** The target of another member, with a key of its own. */
async function openOther(): Promise<TargetUnderTest> {
  const opened = await openTarget(deployed, { rpcUrls: [node.url] })
  targets.push(opened)
  await opened.target.start()
  return opened
}

const sentCount = () => node.client().getTransactionCount({ address: ADDRESS })
const alarms = ({ logLines }: TargetUnderTest) =>
  logLines
    .map((line) => JSON.parse(line) as { readonly event: string; readonly code?: string })
    .filter(({ event }) => event.startsWith('chain.signer.'))
    .map(({ event, code }) => `${event} ${code ?? ''}`.trim())

test('a certificate lands, in a transaction that the remote key signed', async () => {
  const opened = await openRemote()
  const { target, events } = opened
  await target.start()
  const certificate = deployed.certify()
  expect(await target.transmit({ certificate, feeds: [0, 1] })).toMatchObject({
    outcome: 'landed',
    round: certificate.round,
  })
  const [sent] = events.filter((event) => event.type === 'sent')
  const { from } = await node.client().getTransaction({ hash: sent?.hash as Hex })
  expect(from).toBe(ADDRESS.toLowerCase())
  expect(remote.asked).toEqual(['eth_accounts', 'eth_signTransaction'])
  expect(target.wallet).toBe(ADDRESS)
  expect(target.signer()).toEqual({ place: new URL(remote.url).host, fault: null })
  expect(alarms(opened)).toEqual([])
})

test('a signer that is down costs a turn: another member delivers, and later this one', async () => {
  const port = await freePort()
  const opened = await openRemote({ url: `http://127.0.0.1:${port}` })
  const { target } = opened
  await target.start()
  expect(alarms(opened)).toEqual(['chain.signer.unusable WEB3SIGNER_UNREACHABLE'])
  const certificate = deployed.certify()
  const request = { certificate, feeds: [0] }
  expect(await target.transmit(request)).toMatchObject({
    outcome: 'failed',
    code: 'WEB3SIGNER_UNREACHABLE',
  })
  expect(target.signer()?.fault).toBe('WEB3SIGNER_UNREACHABLE')

  const other = await openOther()
  expect(await other.target.transmit(request)).toMatchObject({ outcome: 'landed' })
  expect(await target.transmit(request)).toMatchObject({ outcome: 'superseded' })

  const back = await FakeWeb3Signer.start({ key: KEY, chainId: CHAIN_ID, port })
  const later = await target.transmit({ certificate: deployed.certify(), feeds: [0] })
  await back.stop()
  expect(later).toMatchObject({ outcome: 'landed' })
  expect(alarms(opened)).toEqual([
    'chain.signer.unusable WEB3SIGNER_UNREACHABLE',
    'chain.signer.usable',
  ])
})

test('a signer that is silent holds up nobody but its own delivery', async () => {
  const { target } = await openRemote({ timeoutMs: 2_000 })
  await target.start()
  const { promise: isAsked, resolve } = Promise.withResolvers<void>()
  remote.instead = () => resolve()
  const request = { certificate: deployed.certify(), feeds: [0] }
  const waiting = target.transmit(request)
  await isAsked
  const other = await openOther()
  expect(await other.target.transmit(request)).toMatchObject({ outcome: 'landed' })
  expect(await target.readFeeds()).toMatchObject([{ round: request.certificate.round }, {}, {}])
  expect(await waiting).toMatchObject({ outcome: 'failed', code: 'WEB3SIGNER_TIMEOUT' })
})

test('a node that stops does not wait for its signer', async () => {
  const { target } = await openRemote({ timeoutMs: 100_000 })
  await target.start()
  const { promise: isAsked, resolve } = Promise.withResolvers<void>()
  remote.instead = () => resolve()
  const waiting = target.transmit({ certificate: deployed.certify(), feeds: [0] })
  await isAsked
  await target.stop()
  expect(await waiting).toMatchObject({ outcome: 'failed', code: 'TRANSMIT_STOPPED' })
})

test('what a lying signer returns reaches no chain', async () => {
  const opened = await openRemote()
  const { target, events } = opened
  await target.start()
  const before = await sentCount()
  const certificate = deployed.certify()
  remote.lie = (asked) => remote.sign({ ...asked, to: ADDRESS, data: '0x', value: 10n ** 18n })
  expect(await target.transmit({ certificate, feeds: [0] })).toMatchObject({
    outcome: 'failed',
    code: 'WEB3SIGNER_TRANSACTION_DIFFERS',
  })
  expect(events.filter((event) => event.type === 'sent')).toEqual([])
  expect(await sentCount()).toBe(before)
  expect(alarms(opened)).toEqual(['chain.signer.unusable WEB3SIGNER_TRANSACTION_DIFFERS'])
  remote.lie = (asked) => remote.sign(asked)
  expect(await target.transmit({ certificate, feeds: [0] })).toMatchObject({ outcome: 'landed' })
})

test('each chain has the signer that the configuration names for it', async () => {
  const second = `
  - name: second
    chainId: 7
    contract: '${deployed.contract}'
    rpcUrls: ['${node.url}']
`
  const signer = `{ web3signer: { url: '${remote.url}', address: '${ADDRESS}',
    urls: { second: 'http://127.0.0.1:1/' } } }`
  const parsed = parseConfig(MINIMAL_CONFIG.replace('keys/transmitter.json', signer) + second)
  if (parsed.type === 'refused') throw new Error(JSON.stringify(parsed.problems))
  const context = { committee: deployed.committee, crypto: { keccak256: keccak_256 } }
  const made = makeTargets(parsed.config, {
    keys: { transmitter: null, token: null },
    context: context as unknown as Context,
    predecessor: null,
    clock: new WallClock(),
    log: SILENT_LOG,
    metrics: createMetrics(),
  })
  expect(made.map(({ target, book }) => book.view(target).signer)).toEqual([
    { place: new URL(remote.url).host, fault: null },
    { place: '127.0.0.1:1', fault: null },
  ])
})

test('a node whose keys are all elsewhere opens no file and asks for no passphrase', async () => {
  const parsed = parseConfig(MINIMAL_CONFIG)
  if (parsed.type === 'refused') throw new Error('the fixture is good')
  const web3signer = { url: remote.url, urls: {}, address: ADDRESS, timeoutMs: 1_000, tls: {} }
  const config = {
    ...parsed.config.keys,
    passphrase: { file: '/none' },
    signer: { socket: '/none', directory: '/none', access: 'owner' },
    transmitter: { web3signer },
  } as const
  const terminal = { input: Readable.from([]), output: new PassThrough() }
  const ecdsa = loadEcdsa({ fallback: 'allow' })
  const opened = await openKeys({ config, committee: deployed.committee }, { ecdsa, terminal })
  expect(opened).toEqual({ member: null, transmitter: null, token: null })
})
