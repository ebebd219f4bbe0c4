import { keccak_256 } from '@noble/hashes/sha3.js'
import { bytesToHex, createWalletClient, http } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { FeedParams } from '../../aggregator/committee/params.ts'
import { dueFeedsOf } from '../../aggregator/delivery/due.ts'
import { encodeUpdate } from '../../aggregator/report/calldata.ts'
import { ok, UNAVAILABLE } from '../../contracts/testing/committee-box.ts'
import { firstCommittee } from '../../contracts/testing/hub-parameters.ts'
import { endpointsOf } from '../../node/chain/endpoint.ts'
import type { ChainTarget } from '../../node/chain/target.ts'
import { errorOf } from '../support/contracts/hub.ts'
import { drip, startImpostor } from '../support/gateways.ts'
import { FUNDED_KEYS, freePort, HardhatNode } from '../support/hardhat-node.ts'
import { LyingRpc } from '../support/lying-rpc.ts'
import type { Deployed, TargetUnderTest } from './chain-support.ts'
import { CHAIN_ID, deployFeeds, OUTBIDDING, openTarget } from './chain-support.ts'

const GWEI = 1_000_000_000n

let node: HardhatNode
let deployed: Deployed
let endpoints: LyingRpc[]
let targets: TargetUnderTest[]
let chain: ReturnType<HardhatNode['client']>

beforeAll(async () => {
  node = await HardhatNode.start()
  deployed = await deployFeeds(node)
  chain = node.client()
})

afterAll(() => node.stop())

beforeEach(async () => {
  endpoints = []
  targets = []
  await chain.setAutomine(true)
  await chain.setNextBlockBaseFeePerGas({ baseFeePerGas: GWEI })
})

afterEach(async () => {
  for (const { target, remove } of targets) {
    await target.stop()
    await remove()
  }
  for (const endpoint of endpoints) await endpoint.stop()
  await chain.setAutomine(true)
  await chain.mine({ blocks: 1 })
})

type Options = Partial<Parameters<typeof openTarget>[1]>

async function openOn(contract: Deployed, options: Options = {}): Promise<TargetUnderTest> {
  const opened = await openTarget(contract, { rpcUrls: [node.url], ...options })
  targets.push(opened)
  return opened
}

async function open(options: Options = {}): Promise<TargetUnderTest> {
  return openOn(deployed, options)
}

async function started(options: Options = {}): Promise<TargetUnderTest> {
  const opened = await open(options)
  await opened.target.start()
  return opened
}

async function lyingRpc(): Promise<LyingRpc> {
  const endpoint = await LyingRpc.start(node.url)
  endpoints.push(endpoint)
  return endpoint
}

const faultsOf = (target: ChainTarget) => target.endpoints().map(({ fault }) => fault)

test('given other endpoints and caps while it runs, then the next delivery has them', async () => {
  const [before, after] = [await lyingRpc(), await lyingRpc()]
  const { target } = await started({ rpcUrls: [before.url] })
  before.answer = { status: 500, text: 'gone' }
  const certificate = deployed.certify()
  expect(await target.transmit({ certificate, feeds: [0] })).toMatchObject({ outcome: 'failed' })
  expect(() => target.prepare({ ...target.config, sendUrls: ['nowhere'] })).toThrow('URL')
  const takeOver = target.prepare({ ...target.config, rpcUrls: [after.url] })
  expect(target.endpoints()).toMatchObject([{ endpoint: before.host }])
  takeOver()
  expect(target.endpoints()).toEqual([{ endpoint: after.host, fault: null, detail: null }])
  const next = deployed.certify()
  expect(await target.transmit({ certificate: next, feeds: [0] })).toMatchObject({
    outcome: 'landed',
  })
  expect(after.asked).toContain('eth_sendRawTransaction')
  expect(before.asked).not.toContain('eth_sendRawTransaction')
  target.prepare({ ...target.config, gasMax: 100_000, feePerGasGweiMax: 1n })()
  const last = deployed.certify()
  expect(await target.transmit({ certificate: last, feeds: [0] })).toMatchObject({
    code: 'TRANSMIT_FEE_OVER_CAP',
  })
})

test('given endpoints are replaced while they are compared, then the new ones decide', async () => {
  const [before, after] = [await lyingRpc(), await lyingRpc()]
  const { target } = await started({ rpcUrls: [before.url] })
  before.lieAbout('eth_chainId', () => '0x1')
  const read = target.readFeeds()
  target.prepare({ ...target.config, rpcUrls: [after.url] })()
  expect(await read).toHaveLength(3)
  expect(target.endpoints()).toMatchObject([{ endpoint: after.host, fault: null }])
})

test('given relays while it runs, then it sends to them alone, and back', async () => {
  const relay = await lyingRpc()
  const { target } = await started()
  target.prepare({ ...target.config, sendUrls: [relay.url] })()
  const certificate = deployed.certify()
  expect(await target.transmit({ certificate, feeds: [0] })).toMatchObject({ outcome: 'landed' })
  expect(relay.asked).toEqual(['eth_sendRawTransaction'])
  target.prepare({ ...target.config, sendUrls: [] })()
  const next = deployed.certify()
  await target.transmit({ certificate: next, feeds: [0] })
  expect(relay.asked).toHaveLength(1)
})

test('a certificate lands, and the contract holds what it says', async () => {
  const { target } = await started()
  const certificate = deployed.certify()
  const transmission = await target.transmit({ certificate, feeds: [0, 1] })
  expect(transmission).toMatchObject({ outcome: 'landed', round: certificate.round, feeds: [0, 1] })
  expect(await target.readFeeds()).toMatchObject([
    { feed: 0, value: 6_412_351_000_000n, round: certificate.round, status: 1 },
    { feed: 1, value: 318_744_020_000n, round: certificate.round, status: 1 },
    { feed: 2, round: 0, status: 0 },
  ])
  expect(target.spentWei()).toBeGreaterThan(0n)
  expect(await target.transmit({ certificate, feeds: [0, 1] })).toEqual({
    outcome: 'superseded',
    round: certificate.round,
  })
})

describe('relays', () => {
  /** What an endpoint is asked, and only that. */
  const methodsOf = (endpoint: LyingRpc) => new Set(endpoint.asked)
  const deliverBy = async (opened: TargetUnderTest) =>
    await opened.target.transmit({ certificate: deployed.certify(), feeds: [0] })

  test('get every transaction and no question, and the endpoints that are read get none', async () => {
    const [read, relay, second] = [await lyingRpc(), await lyingRpc(), await lyingRpc()]
    const sendUrls = [relay.url, second.url]
    const opened = await started({ rpcUrls: [read.url], config: { sendUrls } })
    expect(await deliverBy(opened)).toMatchObject({ outcome: 'landed' })
    expect(methodsOf(relay)).toEqual(new Set(['eth_sendRawTransaction']))
    expect(methodsOf(second)).toEqual(new Set(['eth_sendRawTransaction']))
    expect(methodsOf(read)).not.toContain('eth_sendRawTransaction')
  })

  test('that are away are named, and one that is left is enough', async () => {
    const [away, relay] = [await lyingRpc(), await lyingRpc()]
    const config = { sendUrls: [away.url, relay.url] }
    const opened = await started({ config })
    away.answer = { status: 502, text: 'Bad gateway' }
    expect(await deliverBy(opened)).toMatchObject({ outcome: 'landed' })
    expect(await deliverBy(opened)).toMatchObject({ outcome: 'landed' })
    const shown = () => opened.target.endpoints().map(({ endpoint, fault }) => [endpoint, fault])
    expect(shown().slice(1)).toEqual([
      [`send:${away.host}`, 'RPC_UNREACHABLE'],
      [`send:${relay.host}`, null],
    ])
    away.answer = null
    expect(await deliverBy(opened)).toMatchObject({ outcome: 'landed' })
    expect(shown().slice(1)).toEqual([
      [`send:${away.host}`, null],
      [`send:${relay.host}`, null],
    ])
    const said = opened.logLines.filter((line) => line.includes('chain.relay.'))
    expect(said.map((line) => (JSON.parse(line) as { event: string }).event)).toEqual([
      'chain.relay.unreachable',
      'chain.relay.usable',
    ])
  })

  test('that are all away leave the delivery to others: it does not become public', async () => {
    const [read, away] = [await lyingRpc(), await lyingRpc()]
    away.answer = { status: 502, text: 'Bad gateway' }
    const opened = await started({ rpcUrls: [read.url], config: { sendUrls: [away.url] } })
    expect(await deliverBy(opened)).toMatchObject({ outcome: 'failed', code: 'TRANSMIT_REFUSED' })
    expect(methodsOf(read)).not.toContain('eth_sendRawTransaction')
  })

  test('that refuse are reached all the same', async () => {
    const relay = await lyingRpc()
    const error = { code: -32_000, message: 'replacement transaction underpriced' }
    relay.answer = { status: 200, text: JSON.stringify({ jsonrpc: '2.0', id: 1, error }) }
    const opened = await started({
      config: { sendUrls: [relay.url], bumpAfterMs: 400, bumpsMax: 0 },
    })
    expect(await deliverBy(opened)).toMatchObject({ outcome: 'failed', code: 'TRANSMIT_STUCK' })
    expect(faultsOf(opened.target)).toEqual([null, null])
  })
})

describe('the receipt of a rollup', () => {
  const withFee =
    (l1Fee: unknown, more: object = {}) =>
    async () => {
      const rpc = await lyingRpc()
      rpc.lieAbout('eth_getTransactionReceipt', (result) =>
        result === null ? null : { ...(result as object), l1Fee, ...more },
      )
      return rpc.url
    }
  const gasOf = async (hash: `0x${string}`) => {
    const { gasUsed, effectiveGasPrice } = await chain.getTransactionReceipt({ hash })
    return gasUsed * effectiveGasPrice
  }
  const delivered = async (options: Options) => {
    const { target, logLines } = await started(options)
    const transmission = await target.transmit({ certificate: deployed.certify(), feeds: [0] })
    return { target, transmission, logLines }
  }

  test.each([
    ['states a data fee (OP Stack)', '0x2386f26fc10000', {}, 10n ** 16n],
    ['has it in its gas (Arbitrum)', undefined, { gasUsedForL1: '0x5208' }, 0n],
    ['has none', null, {}, 0n],
  ])('%s', async (_what, l1Fee, more, dataFee) => {
    const { target, transmission } = await delivered({
      rpcUrls: [await withFee(l1Fee, more)()],
    })
    if (transmission.outcome !== 'landed') throw new Error(JSON.stringify(transmission))
    const cost = (await gasOf(transmission.hash)) + dataFee
    expect(transmission.feeWei).toBe(cost)
    expect(target.spentWei()).toBe(cost)
  })

  test('of one endpoint that invents a fee is outvoted by two', async () => {
    const liar = await withFee(`0x${'f'.repeat(20)}`)()
    const { target, transmission } = await delivered({ rpcUrls: [liar, node.url, node.url] })
    if (transmission.outcome !== 'landed') throw new Error(JSON.stringify(transmission))
    expect(target.spentWei()).toBe(await gasOf(transmission.hash))
  })

  test.each([['0x'], ['1000'], [-1], [{}], [`0x${'f'.repeat(65)}`]])(
    'with a fee that is no amount (%j) is none, and its endpoint is left out',
    async (l1Fee) => {
      const liar = await withFee(l1Fee)()
      const { target, transmission, logLines } = await delivered({ rpcUrls: [liar, node.url] })
      if (transmission.outcome !== 'landed') throw new Error(JSON.stringify(transmission))
      expect(target.spentWei()).toBe(await gasOf(transmission.hash))
      expect(logLines.join('')).toContain('no amount')
    },
  )
})

describe('a long-tail feed, whose word says its time and no round', () => {
  const feeds = [2]
  const rounds = async (target: ChainTarget) => (await target.readFeeds())[2]

  test.each([
    ['available', ok(8_015_000n)],
    ['unavailable', UNAVAILABLE],
  ])('is not sent again: %s', async (_, tail) => {
    const { target, events } = await started()
    const certificate = deployed.certify({ tail })
    const { round, timestampMs } = certificate
    expect(await target.transmit({ certificate, feeds })).toMatchObject({ outcome: 'landed' })
    // It opens no slot of a history, and brings no gas for one.
    const [sent] = events.filter((event) => event.type === 'sent')
    if (sent === undefined) throw new Error('it was sent')
    const { gas } = await chain.getTransaction({ hash: sent.hash })
    const { gasUsed } = await chain.getTransactionReceipt({ hash: sent.hash })
    expect(gas).toBeLessThan((gasUsed * 13n) / 10n)
    const held = await rounds(target)
    expect(held).toMatchObject({ status: tail.status })
    expect(held?.round).toBeGreaterThanOrEqual(round)
    if (tail.status === 1) expect(held).toMatchObject({ round, timestampMs })
    const due = dueFeedsOf(deployed.committee.params.feeds, certificate, await target.readFeeds())
    expect(due).not.toContain(2)
    expect(await target.transmit({ certificate, feeds })).toEqual({ outcome: 'superseded', round })
    expect(events.filter((event) => event.type === 'sent')).toHaveLength(1)
  })

  test('goes with the next certificate once that is due, by the rule of all feeds', async () => {
    const { target } = await started()
    // What was unavailable counts as of the end of its second, which may hide a round or two.
    const hidden = (await rounds(target))?.round ?? 0
    let first = deployed.certify()
    while (first.round <= hidden) first = deployed.certify()
    expect(await target.transmit({ certificate: first, feeds })).toMatchObject({
      outcome: 'landed',
    })
    const dearer = deployed.certify({ tail: ok(9_015_000n) })
    const held = await target.readFeeds()
    expect(dueFeedsOf(deployed.committee.params.feeds, dearer, held)).toContain(2)
    const landed = await target.transmit({ certificate: dearer, feeds })
    expect(landed).toMatchObject({ outcome: 'landed', round: dearer.round, feeds })
    expect(await rounds(target)).toMatchObject({ round: dearer.round })
  })
})

describe('what waits in the pool by another transmitter is left to it', () => {
  let fresh: Deployed
  beforeAll(async () => {
    fresh = await deployFeeds(node, 4)
  })

  test.each([
    ['a flagship feed', 'RoundNotNewer', [0]],
    ['a long-tail feed', 'LongTailNotNewer', [2]],
  ] as const)('%s', async (_, errorName, feeds) => {
    const { contract: to, box, certify } = fresh
    const { target, events } = await openOn(fresh)
    await target.start()
    const certificate = certify()
    const committee = firstCommittee(box)
    const data = bytesToHex(encodeUpdate(keccak_256, { certificate, feeds, committee }))
    await chain.setAutomine(false)
    const other = createWalletClient({
      account: privateKeyToAccount(FUNDED_KEYS[2]),
      transport: http(node.url),
    })
    // Gas by hand: nobody asks the chain for an estimate before this one waits.
    const hash = await other.sendTransaction({ to, data, gas: 500_000n, chain: null })
    // The hub says so by the name that belongs to the kind of feed, and by no other.
    const refusal = await chain.estimateGas({ to, data }).catch((error: unknown) => errorOf(error))
    expect(refusal).toMatchObject({ name: errorName })
    const { round } = certificate
    expect(await target.transmit({ certificate, feeds })).toEqual({ outcome: 'superseded', round })
    expect(events.filter((event) => event.type === 'sent')).toEqual([])
    await chain.mine({ blocks: 1 })
    expect(await chain.getTransactionReceipt({ hash })).toMatchObject({ status: 'success' })
  })
})

test('a transaction that the pool dropped is replaced and lands', async () => {
  const { target, events } = await started({
    config: OUTBIDDING,
    onSent: (count, hash) => {
      const acts = count === 1 ? chain.dropTransaction({ hash }) : chain.mine({ blocks: 1 })
      acts.catch(() => undefined)
    },
  })
  await chain.setAutomine(false)
  const transmission = await target.transmit({ certificate: deployed.certify(), feeds: [0] })
  expect(transmission.outcome).toBe('landed')
  const sent = events.filter((event) => event.type === 'sent')
  // One of them was enough, unless the chain was slow to mine it.
  const [first, second, ...more] = sent.map(({ isReplacement }) => isReplacement)
  expect([first, second, more.includes(false)]).toEqual([false, true, false])
  expect(new Set(sent.map(({ nonce }) => nonce)).size).toBe(1)
})

test('a transaction that a rising base fee leaves behind is outbid until it lands', async () => {
  const { target, events } = await started({
    config: OUTBIDDING,
    onSent: (count) => {
      // Dearer than the first offers, which are about twice the base fee at the time.
      const baseFeePerGas = count < 4 ? 20n * GWEI : 2n * GWEI
      chain
        .setNextBlockBaseFeePerGas({ baseFeePerGas })
        .then(() => chain.mine({ blocks: 1 }))
        .catch(() => undefined)
    },
  })
  await chain.setAutomine(false)
  const transmission = await target.transmit({ certificate: deployed.certify(), feeds: [0] })
  expect(transmission.outcome).toBe('landed')
  expect(events.filter((event) => event.type === 'sent').length).toBeGreaterThan(1)
})

// Two values share a slot of the history: after one delivery more the other one opens a fresh slot.
test.each([
  ['opens', 0],
  ['fills', 1],
])('a newer certificate takes the place of a pending one that %s a slot', async (_what, more) => {
  const before = await started()
  for (let count = 0; count < more; count++) {
    const landed = await before.target.transmit({ certificate: deployed.certify(), feeds: [0] })
    expect(landed.outcome).toBe('landed')
  }
  const [older, newer] = [deployed.certify(), deployed.certify()]
  let second: ReturnType<ChainTarget['transmit']> | null = null
  const { target } = await started({
    config: OUTBIDDING,
    onSent: (count) => {
      if (count === 1) second = target.transmit({ certificate: newer, feeds: [1] })
      else chain.mine({ blocks: 1 }).catch(() => undefined)
    },
  })
  await chain.setAutomine(false)
  const first = await target.transmit({ certificate: older, feeds: [0] })
  expect(first).toEqual({ outcome: 'superseded', round: older.round })
  expect(await second).toMatchObject({ outcome: 'landed', round: newer.round, feeds: [0, 1] })
})

test('a transaction that an earlier process left is taken over, without a gap', async () => {
  await chain.setAutomine(false)
  const account = privateKeyToAccount(FUNDED_KEYS[1])
  const wallet = createWalletClient({ account, transport: http(node.url) })
  const nonce = await chain.getTransactionCount({ address: account.address })
  await wallet.sendTransaction({
    chain: null,
    to: account.address,
    nonce,
    gas: 21_000n,
    maxFeePerGas: 9n * GWEI,
    maxPriorityFeePerGas: 3n * GWEI,
  })
  const { target, events } = await started({
    config: OUTBIDDING,
    onSent: () => {
      chain.mine({ blocks: 1 }).catch(() => undefined)
    },
  })
  const transmission = await target.transmit({ certificate: deployed.certify(), feeds: [0] })
  expect(transmission.outcome).toBe('landed')
  expect(events[0]).toMatchObject({ type: 'sent', nonce, isReplacement: true })
})

test('a delivery counts as landed at its depth', async () => {
  const { target } = await started({
    config: { confirmations: 3 },
    onSent: () => {
      chain.mine({ blocks: 2 }).catch(() => undefined)
    },
  })
  const transmission = await target.transmit({ certificate: deployed.certify(), feeds: [0] })
  if (transmission.outcome !== 'landed') throw new Error(transmission.outcome)
  expect(Number(await chain.getBlockNumber())).toBe(transmission.blockNumber + 2)
})

test('a report that is too old for the contract is named and nothing is paid', async () => {
  const fresh = await deployFeeds(node, 1)
  const { target } = await openOn(fresh)
  await target.start()
  const certificate = fresh.certify({ ageMs: 600_000 })
  expect(await target.transmit({ certificate, feeds: [0] })).toMatchObject({
    code: 'TRANSMIT_REVERTED',
    detail: 'ReportTooOld',
  })
  expect(target.spentWei()).toBe(0n)
})

test('a forged certificate is named and nothing is paid for it', async () => {
  const { target, events } = await started()
  const genuine = deployed.certify()
  const signature = Uint8Array.from(genuine.signature)
  signature[64] = (signature[64] ?? 0) ^ 1
  const transmission = await target.transmit({
    certificate: { ...genuine, signature },
    feeds: [0],
  })
  expect(transmission).toMatchObject({ code: 'TRANSMIT_REVERTED', detail: 'SignatureInvalid' })
  expect(events.filter((event) => event.type === 'sent')).toEqual([])
  expect(target.spentWei()).toBe(0n)
})

test('an unreachable endpoint fails the delivery and not the node', async () => {
  const rpcUrls = [`http://127.0.0.1:${await freePort()}/SECRET-KEY`]
  const { target, logLines } = await started({ rpcUrls })
  const transmission = await target.transmit({ certificate: deployed.certify(), feeds: [0] })
  expect(transmission).toMatchObject({ outcome: 'failed', code: 'RPC_NONE_USABLE' })
  await expect(target.readFeeds()).rejects.toMatchObject({ code: 'RPC_NONE_USABLE' })
  expect(JSON.stringify([transmission, ...logLines, target.endpoints()])).not.toContain('SECRET')
})

test('an endpoint of another chain is named and never used', async () => {
  const { target } = await started({ config: { chainId: CHAIN_ID + 1 } })
  expect(await target.transmit({ certificate: deployed.certify(), feeds: [0] })).toMatchObject({
    code: 'RPC_NONE_USABLE',
    detail: expect.stringContaining('RPC_CHAIN_ID_WRONG'),
  })
  expect(faultsOf(target)).toEqual(['RPC_CHAIN_ID_WRONG'])
})

test('of two endpoints, one that invents blocks is named and left out', async () => {
  const liar = await lyingRpc()
  liar.lieAbout('eth_getBlockByNumber', (block) => ({
    ...(block as object),
    number: '0xfffff',
  }))
  const { target } = await started({ rpcUrls: [liar.url, node.url] })
  const transmission = await target.transmit({ certificate: deployed.certify(), feeds: [0] })
  expect(transmission.outcome).toBe('landed')
  expect(target.endpoints()[0]).toMatchObject({ endpoint: liar.host, fault: 'RPC_HEAD_AHEAD' })
})

test('of three endpoints, one with another block at the same height is named', async () => {
  const liar = await lyingRpc()
  const honest = await lyingRpc()
  liar.lieAbout('eth_getBlockByNumber', (block) => ({
    ...(block as object),
    hash: `0x${'66'.repeat(32)}`,
  }))
  const { target } = await started({ rpcUrls: [liar.url, node.url, honest.url] })
  expect(faultsOf(target)).toEqual(['RPC_FORKED', null, null])
})

test('of three endpoints, one that lies about nonce, balance and feeds is outvoted', async () => {
  const liar = await lyingRpc()
  liar.lieAbout('eth_getTransactionCount', () => '0x3e8')
  liar.lieAbout('eth_getBalance', () => '0x0')
  liar.lieAbout('eth_call', () => `0x${'11'.repeat(256)}`)
  const honest = await lyingRpc()
  const { target, logLines } = await started({ rpcUrls: [liar.url, node.url, honest.url] })
  const transmission = await target.transmit({ certificate: deployed.certify(), feeds: [0] })
  expect(transmission.outcome).toBe('landed')
  const named = logLines.filter((line) => line.includes('RPC_ANSWER_DIFFERS'))
  expect(named.length).toBeGreaterThan(0)
  expect(named.every((line) => line.includes(liar.host))).toBe(true)
})

test.each([
  ['another committee', `0x${'00'.repeat(512)}`],
  ['no contract', '0x'],
])('of three endpoints, one that makes up %s keeps no node from starting', async (_, said) => {
  const liar = await lyingRpc()
  liar.lieAbout('eth_call', () => said)
  const honest = await lyingRpc()
  const { target, logLines } = await started({ rpcUrls: [liar.url, node.url, honest.url] })
  const transmission = await target.transmit({ certificate: deployed.certify(), feeds: [0] })
  expect(transmission.outcome).toBe('landed')
  expect(logLines.filter((line) => line.includes(liar.host)).join()).toContain('RPC_ANSWER_DIFFERS')
})

test('of three endpoints, one that calls a foreign contract ours is outvoted', async () => {
  const { committee } = deployed
  const liar = await lyingRpc()
  // It lets its callers see the digest that they look for.
  const theirs = Buffer.from(committee.digest).toString('hex')
  liar.lieAbout('eth_call', (result) => String(result).replaceAll(theirs, '00'.repeat(32)))
  const other = { ...deployed, committee: { ...committee, digest: new Uint8Array(32) } }
  const { target } = await openOn(other, { rpcUrls: [liar.url, node.url, (await lyingRpc()).url] })
  await expect(target.start()).rejects.toMatchObject({ code: 'CONTRACT_COMMITTEE_DIFFERS' })
})

test('an endpoint that swallows transactions does not stop them', async () => {
  const liar = await lyingRpc()
  liar.lieAbout('eth_sendRawTransaction', () => `0x${'66'.repeat(32)}`)
  const { target } = await started({ rpcUrls: [liar.url, node.url] })
  const transmission = await target.transmit({ certificate: deployed.certify(), feeds: [0] })
  expect(transmission.outcome).toBe('landed')
})

test('when one endpoint dies, the next is asked at once', async () => {
  const dying = await lyingRpc()
  const { target } = await started({ rpcUrls: [dying.url, node.url] })
  await dying.stop()
  const transmission = await target.transmit({ certificate: deployed.certify(), feeds: [0] })
  expect(transmission.outcome).toBe('landed')
  expect(target.endpoints()[0]?.fault).toBe('RPC_UNREACHABLE')
})

test.each([
  ['HTML', 200, '<html>welcome</html>'],
  ['an error page', 503, 'busy'],
  ['nothing', 200, ''],
  ['the wrong shape', 200, '{"jsonrpc":"2.0","id":1,"result":{"number":[]}}'],
  ['an endless answer', 200, `"${'x'.repeat(9_000_000)}"`],
])('an endpoint that answers with %s is left out', async (_, status, text) => {
  const broken = await lyingRpc()
  broken.answer = { status, text }
  const { target } = await started({ rpcUrls: [broken.url, node.url] })
  const transmission = await target.transmit({ certificate: deployed.certify(), feeds: [0] })
  expect(transmission.outcome).toBe('landed')
  expect(target.endpoints()[0]?.fault).toBe('RPC_UNREACHABLE')
})

test('an endpoint that answers a byte now and then is given up, and its connection with it', async () => {
  const closed = Promise.withResolvers<void>()
  const dripping = await startImpostor((_, answer) => {
    answer.once('close', () => closed.resolve())
    drip(answer, ' ')
  })
  const [endpoint] = endpointsOf([dripping.url], { timeoutMs: 200 })
  await expect(endpoint?.client.getChainId()).rejects.toMatchObject({ name: 'TimeoutError' })
  await closed.promise
  dripping.stop()
})

test('an address without a contract is a coded error at the start', async () => {
  const contract = `0x${'de'.repeat(20)}` as const
  const { target } = await open({ config: { contract } })
  await expect(target.start()).rejects.toMatchObject({ code: 'CONTRACT_MISSING' })
})

test('a wallet that holds too little is named at the start', async () => {
  const { logLines } = await started({ config: { balanceEtherMin: 10n ** 30n } })
  expect(logLines.filter((line) => line.includes('WALLET_LOW'))).toHaveLength(1)
})

test('a contract of another kind is a coded error at the start', async () => {
  const { target } = await open({
    config: { contract: '0x4e59b44847b379578588920ca78fbf26c0b4956c' },
  })
  await expect(target.start()).rejects.toMatchObject({ code: 'CONTRACT_MISSING' })
})

test('a contract with other feeds in their places is a coded error at the start', async () => {
  const { committee } = deployed
  const [bitcoin, ether, tail] = committee.params.feeds
  if (bitcoin === undefined || ether === undefined || tail === undefined) throw new Error('three')
  const having = (feeds: readonly FeedParams[]) =>
    openOn({ ...deployed, committee: { ...committee, params: { ...committee.params, feeds } } })
  const moved = await having([bitcoin, ether, { ...ether, name: 'SOL/USD' }, tail])
  await expect(moved.target.start()).rejects.toMatchObject({
    code: 'CONTRACT_FEEDS_DIFFER',
    context: { differ: 'feeds[2].name, feeds[2].tier' },
  })
  // One that came later has no name there, and is no other.
  const more = await having([bitcoin, ether, tail, { ...tail, name: 'SOL/USD' }])
  await expect(more.target.start()).resolves.toBeUndefined()
})

test('a contract of another committee is a coded error at the start', async () => {
  const { committee } = deployed
  const other = { ...deployed, committee: { ...committee, digest: new Uint8Array(32) } }
  const { target } = await openOn(other)
  await expect(target.start()).rejects.toMatchObject({ code: 'CONTRACT_COMMITTEE_DIFFERS' })
})
