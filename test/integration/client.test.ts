import type { RequestListener } from 'node:http'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { priceFeedsAbi } from '../../contracts/abi/price-feeds.ts'
import { type Deployment, deploy } from '../../contracts/deploy/apply.ts'
import { deployParametersOf } from '../../contracts/deploy/parameters.ts'
import { isClientError, ParallaxClient } from '../../node/client/client.ts'
import { Answers } from '../../node/gateway/answers.ts'
import type { Shelf } from '../../node/gateway/shelf.ts'
import { certifier, feedsNamed, valuesAt } from '../support/certificates.ts'
import { CHAIN_START_MS, startChain, type TestChain } from '../support/contracts/chain.ts'
import {
  bomb,
  drip,
  type Impostor,
  pour,
  startImpostor,
  startTestGateway,
  type TestGateway,
} from '../support/gateways.ts'

const FEEDS = 4
const GENESIS_MS = CHAIN_START_MS - 60_000
const committee = certifier({ feeds: feedsNamed(FEEDS), genesisMs: GENESIS_MS })
const certified = (round: number) => committee.certify(round, valuesAt(round, FEEDS))
/** Opens half a minute after the chain's first block. */
const ROUND = 180
const openingMs = (round: number) => GENESIS_MS + round * 500
/** So long that a busy machine turns no other fault into a timeout. */
const PATIENT_MS = 60_000

let nowMs: number
let shelf: Shelf
let gateway: TestGateway
let client: ParallaxClient
/** What stands where a gateway should be. */
let impostor: Impostor | null

beforeEach(async () => {
  nowMs = openingMs(ROUND) + 800
  gateway = await startTestGateway(committee.context, () => nowMs)
  shelf = gateway.shelf
  client = clientOf(gateway.url)
  impostor = null
})

afterEach(async () => {
  await client.close()
  await gateway.stop()
  impostor?.stop()
})

function clientOf(url: string, timeoutMs = PATIENT_MS): ParallaxClient {
  return new ParallaxClient({ url, committee: committee.file, timeoutMs, nowMs: () => nowMs })
}

/** A client of something that answers as it likes. */
async function clientOfImpostor(
  answer: RequestListener,
  timeoutMs?: number,
): Promise<ParallaxClient> {
  await client.close()
  impostor = await startImpostor(answer)
  client = clientOf(impostor.url, timeoutMs)
  return client
}

describe('a client', () => {
  test('reads a verified price, and the report of an earlier round', async () => {
    shelf.add(certified(ROUND - 1))
    shelf.add(certified(ROUND))
    const report = await client.latest(['F2/USD'], { ageMsMax: 1_000 })
    expect(report).toMatchObject({ round: ROUND, feeds: [{ name: 'F2/USD', value: 180_002n }] })
    const earlier = await client.round(ROUND - 1, ['F2/USD'])
    expect(earlier.feeds).toMatchObject([{ value: 179_002n }])
  })

  test('follows rounds as they come, until it has seen enough', async () => {
    shelf.add(certified(ROUND - 2))
    const seen: number[] = []
    for await (const { round } of client.follow(['F0/USD'], { ageMsMax: 5_000 })) {
      seen.push(round)
      if (seen.length === 3) break
      shelf.add(certified(round + 1))
    }
    expect(seen).toEqual([ROUND - 2, ROUND - 1, ROUND])
  })

  test('that stops following leaves with the reason it was given', async () => {
    shelf.add(certified(ROUND))
    const leaving = new AbortController()
    const follow = async () => {
      for await (const _ of client.follow(['F0/USD'], {
        ageMsMax: 5_000,
        signal: leaving.signal,
      })) {
        leaving.abort(new Error('enough'))
      }
    }
    await expect(follow()).rejects.toThrow('enough')
  })

  test('says what is wrong with typed codes', async () => {
    const error = await client.latest(['F0/USD'], { ageMsMax: 1 }).catch((each) => each)
    expect(isClientError(error)).toBe(true)
    expect(error).toMatchObject({ code: 'GATEWAY_REFUSED', context: { code: 'CERTIFICATE_NONE' } })
    await gateway.stop()
    await expect(client.latest(['F0/USD'], { ageMsMax: 1 })).rejects.toMatchObject({
      code: 'GATEWAY_UNREACHABLE',
      context: { cause: 'ECONNREFUSED' },
    })
  })
})

test.each<[string, object]>([
  ['no age', {}],
  ['an age as text', { ageMsMax: '2000' }],
  ['an age that is no number', { ageMsMax: Number.NaN }],
])('given %s, a reader in JavaScript is refused, not given any age', async (_, options) => {
  shelf.add(certified(ROUND - 100))
  const read = { ...options } as { ageMsMax: number }
  const refused = { code: 'CLIENT_OPTION_INVALID', context: { option: 'ageMsMax' } }
  await expect(client.latest(['F0/USD'], read)).rejects.toMatchObject(refused)
  await expect(client.follow(['F0/USD'], read).next()).rejects.toMatchObject(refused)
})

describe('a gateway that cannot be trusted', () => {
  const asked = (from: ParallaxClient) => from.latest(['F0/USD'], { ageMsMax: 60_000 })

  test('is caught when it raises the price of an honest certificate', async () => {
    shelf.add(certified(ROUND))
    const honest = await (await fetch(`${gateway.url}/v1/certificates/latest?feeds=0`)).text()
    const lying = await clientOfImpostor((_, answer) => {
      answer.end(honest.replaceAll('"0.00180000"', '"9999.00180000"'))
    })
    expect(honest).toContain('"0.00180000"')
    await expect(asked(lying)).rejects.toMatchObject({
      code: 'GATEWAY_CONTRADICTS',
      context: { fields: 'feeds[0]' },
    })
  })

  test('is caught when it streams a forged certificate', async () => {
    const options = { feeds: feedsNamed(FEEDS), genesisMs: GENESIS_MS, seed: 'foreign' }
    const foreign = certifier(options)
    const forged = foreign.certify(ROUND, valuesAt(ROUND, FEEDS))
    const text = new Answers(foreign.context, () => 1).textOf(forged, [0])
    const lying = await clientOfImpostor((_, answer) => {
      answer.writeHead(200, { 'content-type': 'text/event-stream' })
      answer.write(`event: certificate\nid: 1\ndata: ${text}\n\n`)
    })
    const following = lying.follow(['F0/USD'], { ageMsMax: 60_000 })
    await expect(following.next()).rejects.toMatchObject({ code: 'CERTIFICATE_FORGED' })
  })

  test('is left when its stream stays open and brings nothing newer', async () => {
    const text = new Answers(committee.context, () => 1).textOf(certified(ROUND), [0])
    const event = `event: certificate\nid: 1\ndata: ${text}\n\n`
    const stuck = await clientOfImpostor((_, answer) => {
      answer.writeHead(200, { 'content-type': 'text/event-stream' })
      drip(answer, event)
      // As long as it waits for something newer.
    }, 3_000)
    const following = stuck.follow(['F0/USD'], { ageMsMax: 1_000 })
    expect((await following.next()).value).toMatchObject({ round: ROUND })
    await expect(following.next()).rejects.toMatchObject({ code: 'REPORT_TOO_OLD' })
  })

  test.each<[string, RequestListener, string]>([
    ['a byte now and then', (_, answer) => drip(answer, ' '), 'GATEWAY_UNREACHABLE'],
    ['an answer without end', (_, answer) => pour(answer), 'GATEWAY_ANSWER_INVALID'],
    ['a page', (_, answer) => void answer.end('<html>'), 'GATEWAY_ANSWER_INVALID'],
    ['silence', () => undefined, 'GATEWAY_UNREACHABLE'],
    ['half an answer', (_, answer) => void answer.write('{'), 'GATEWAY_UNREACHABLE'],
    [
      'a redirect',
      (_, answer) => void answer.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
      'GATEWAY_REFUSED',
    ],
    [
      'bytes that are not compressed as it says',
      (_, answer) => void answer.writeHead(200, { 'content-encoding': 'gzip' }).end('\x1f\x8b'),
      'GATEWAY_UNREACHABLE',
    ],
    ['a few bytes that unpack to many', (_, answer) => bomb(answer), 'GATEWAY_ANSWER_INVALID'],
  ])('ends in a code when it gives %s', async (_, listener, code) => {
    const timeoutMs = code === 'GATEWAY_UNREACHABLE' ? 1_000 : PATIENT_MS
    const given = await clientOfImpostor(listener, timeoutMs)
    await expect(asked(given)).rejects.toMatchObject({ code })
  })
})

describe('delivery', () => {
  let chain: TestChain
  let deployment: Deployment

  beforeAll(async () => {
    chain = await startChain()
    const { params, digest, groupKey } = committee.context.committee
    const parameters = deployParametersOf(
      { params, digest, groupKey: groupKey.publicKey },
      { historyFeeds: 0, reportAgeMsMax: 60_000, futureMsMax: 2_000, consumerAgeSecondsMax: null },
    )
    deployment = (await deploy(chain, parameters)).deployment
  })

  afterAll(() => chain.close())

  test('a report that was read is accepted by the contract, once', async () => {
    shelf.add(certified(ROUND))
    const report = await client.latest(['F1/USD', 'F3/USD'], { ageMsMax: 1_000 })
    await chain.at(nowMs + 1_000)
    await chain.mine()
    const target = {
      contract: deployment.hub,
      publicClient: chain.reader,
      walletClient: chain.writer,
    }
    const { gasUsed } = await client.submit(report, target)
    expect(gasUsed).toBeGreaterThan(21_000n)
    const held = await chain.reader.readContract({
      address: deployment.hub,
      abi: priceFeedsAbi,
      functionName: 'latest',
      args: [3n],
    })
    expect(held).toMatchObject({ value: 180_003n, round: ROUND, observers: 4 })
    await expect(client.submit(report, target)).rejects.toMatchObject({
      code: 'SUBMIT_REFUSED',
      context: { reason: 'RoundNotNewer' },
    })
  })

  test('nothing is sent to an address without a contract, or by a wallet elsewhere', async () => {
    shelf.add(certified(ROUND))
    const report = await client.latest(['F1/USD'], { ageMsMax: 1_000 })
    const target = {
      contract: deployment.hub,
      publicClient: chain.reader,
      walletClient: chain.writer,
    }
    const before = await chain.reader.getBlockNumber({ cacheTime: 0 })
    const nowhere = { ...target, contract: '0x00000000000000000000000000000000000000aa' } as const
    await expect(client.submit(report, nowhere)).rejects.toMatchObject({
      code: 'SUBMIT_CONTRACT_MISSING',
    })
    const elsewhere = { ...chain.writer, getChainId: async () => 1 }
    await expect(
      client.submit(report, { ...target, walletClient: elsewhere }),
    ).rejects.toMatchObject({ code: 'SUBMIT_CHAIN_WRONG', context: { walletChainId: 1 } })
    expect(await chain.reader.getBlockNumber({ cacheTime: 0 })).toBe(before)
  })

  test('calldata that was tampered with is refused before it costs anything', async () => {
    shelf.add(certified(ROUND + 1))
    nowMs += 500
    const report = await client.latest(['F1/USD'], { ageMsMax: 1_000 })
    // The last nibble of the signature's scalar: 120 bytes of header and signature.
    const at = 2 + 2 * 120 - 1
    const flipped = report.calldata[at] === '0' ? '1' : '0'
    const calldata = `${report.calldata.slice(0, at)}${flipped}${report.calldata.slice(at + 1)}`
    const target = {
      contract: deployment.hub,
      publicClient: chain.reader,
      walletClient: chain.writer,
    }
    const tampered = { ...report, calldata: calldata as `0x${string}` }
    await expect(client.submit(tampered, target)).rejects.toMatchObject({
      code: 'SUBMIT_REFUSED',
      context: { reason: 'SignatureInvalid' },
    })
  })
})
