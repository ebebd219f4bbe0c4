import { keccak_256 } from '@noble/hashes/sha3.js'
import { bytesToHex, keccak256, toHex } from 'viem'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { encodeUpdate } from '../../aggregator/report/calldata.ts'
import { exampleConsumerAbi } from '../../contracts/abi/example-consumer.ts'
import { feedDirectoryAbi } from '../../contracts/abi/feed-directory.ts'
import { feedStatisticsAbi } from '../../contracts/abi/feed-statistics.ts'
import { pythAdapterAbi } from '../../contracts/abi/pyth-adapter.ts'
import { quoteAdapterAbi } from '../../contracts/abi/quote-adapter.ts'
import { valueByIdAdapterAbi } from '../../contracts/abi/value-by-id-adapter.ts'
import { apply, deploy } from '../../contracts/deploy/apply.ts'
import {
  deployParametersOf,
  FEEDS_AT_DEPLOYMENT_MAX,
  heartbeatSecondsOf,
} from '../../contracts/deploy/parameters.ts'
import { plan } from '../../contracts/deploy/plan.ts'
import { verify } from '../../contracts/deploy/verify.ts'
import { committeeInABox, DEFAULT_CLOCK, ok } from '../../contracts/testing/committee-box.ts'
import { firstCommittee } from '../../contracts/testing/hub-parameters.ts'
import { describeCalldata, listFeeds } from '../../node/client/directory.ts'
import { BTC, testCommittee } from '../support/committee.ts'
import {
  CHAIN_START_MS,
  sendCalldata,
  startChain,
  type TestChain,
} from '../support/contracts/chain.ts'
import { parametersFor } from '../support/contracts/parameters.ts'

/** EIP-7825. */
const GAS_OF_A_TRANSACTION = 2 ** 24

const box = committeeInABox({ members: 4, seed: 'deploy' })
const parameters = parametersFor(box, { consumerAgeSecondsMax: 3600 })

let chain: TestChain
beforeEach(async () => {
  chain = await startChain()
})
afterEach(() => chain.close())

describe('deploy', () => {
  test('on an empty chain everything is sent, and again nothing', async () => {
    const first = await deploy(chain, parameters)
    expect(first.transactions).toHaveLength(4 + 2 * parameters.feeds.length)

    const second = await deploy(chain, parameters)
    expect(second).toEqual({ deployment: first.deployment, transactions: [] })
  })

  test('after an interruption only what is missing is sent', async () => {
    const { deployment } = await deploy(chain, { ...parameters, consumerAgeSecondsMax: null })
    const finished = await deploy(chain, parameters)
    expect(finished.transactions).toHaveLength(parameters.feeds.length)
    expect(finished.deployment.hub).toBe(deployment.hub)
  })

  test('addresses follow from the parameters alone', async () => {
    const { deployment } = await deploy(chain, parameters)
    expect(plan(parameters, new Set()).hub).toBe(deployment.hub)
    expect(plan({ ...parameters, futureMsMax: 1_000 }, new Set()).hub).not.toBe(deployment.hub)
  })

  test('as many feeds as a plan takes fit a transaction, with as many assets', async () => {
    const feedCount = FEEDS_AT_DEPLOYMENT_MAX
    const assets = Array.from({ length: 32 }, (_, index) => ({
      symbol: index === 0 ? 'USD' : `F${index}`,
      address: toHex(index + 1, { size: 20 }),
    }))
    const large = plan(parametersFor(box, { feedCount, assets }), new Set())
    // Without the facades, of which one more is like the others.
    const hashes = await apply(chain, { ...large, missing: large.contracts.slice(0, 4) })
    for (const hash of hashes) {
      const { gasUsed } = await chain.reader.getTransactionReceipt({ hash })
      expect(Number(gasUsed)).toBeLessThan(GAS_OF_A_TRANSACTION)
    }
    const directory = { address: large.directory, abi: feedDirectoryAbi }
    expect(await chain.reader.readContract({ ...directory, functionName: 'feedCount' })).toBe(
      BigInt(feedCount),
    )
    expect(() => plan(parametersFor(box, { feedCount: feedCount + 1 }), new Set())).toThrow()
  })

  test('parameters that the contract refuses are said to be refused', async () => {
    const refused = { ...parameters, committee: { ...parameters.committee, roundMs: 100 } }
    await expect(deploy(chain, refused)).rejects.toThrow()
    expect((await deploy(chain, parameters)).transactions).not.toHaveLength(0)
  })
})

describe('verify', () => {
  test('a deployment as recorded has no discrepancy', async () => {
    const { deployment } = await deploy(chain, parameters)
    expect(await verify(chain, deployment)).toEqual([])
  })

  test('a record that was edited is named', async () => {
    const { deployment } = await deploy(chain, parameters)
    const edited = { ...deployment, hub: deployment.factory }
    expect(await verify(chain, edited)).toMatchObject([{ subject: 'record' }])
  })

  test('a chain without the contracts is named contract by contract', async () => {
    const { deployment } = await deploy(chain, parameters)
    const empty = await startChain()
    const found = await verify(empty, deployment)
    await empty.close()
    expect(found).toHaveLength(deployment.contracts.length)
    expect(found[0]).toMatchObject({ subject: 'PriceFeeds', found: 'no code' })
  })
})

test('a certificate goes through the hub and its facade into a consumer', async () => {
  const { deployment } = await deploy(chain, parameters)
  const nowMs = CHAIN_START_MS + 60_000
  const round = (nowMs - DEFAULT_CLOCK.genesisMs) / DEFAULT_CLOCK.roundMs
  const certificate = box.certify({ round, feeds: [ok(9_000_000_000_000n), ok(1n), ok(2n)] })
  const committee = firstCommittee(box)
  const calldata = encodeUpdate(keccak_256, { certificate, feeds: [0, 2], committee })

  await chain.at(nowMs + 1_000)
  await sendCalldata(chain, { to: deployment.hub, data: bytesToHex(calldata) })

  const answers = await Promise.all(
    deployment.feeds.map(async ({ consumer }) => {
      if (consumer === null) throw new Error('every feed has its consumer')
      return chain.reader
        .readContract({ address: consumer, abi: exampleConsumerAbi, functionName: 'price' })
        .catch(() => 'refused')
    }),
  )
  const updatedAt = BigInt(nowMs / 1000)
  expect(answers).toEqual([[9_000_000_000_000n, updatedAt], 'refused', [2n, updatedAt]])
})

describe('adapters', () => {
  const [base, quote] = [`0x${'c3'.repeat(20)}`, `0x${'d4'.repeat(20)}`] as const
  const id = keccak256(toHex('an id of the consumer'))
  const asked = {
    ...parameters,
    adapters: {
      pyth: { emaSeconds: 60, feeds: [{ id, feed: 'F1/USD' }] },
      quotes: {
        guard: { ageSecondsMax: 60, spreadBpsMax: 0, observersMin: 0 },
        pairs: [{ feed: 'F1/USD', base, baseDecimals: 8, quote, quoteDecimals: 6 }],
      },
      valuesById: ['F0/USD', 'F1/USD'],
    },
  }

  test('each answers for the feed that the parameters name', async () => {
    const { deployment } = await deploy(chain, asked)
    expect(await verify(chain, deployment)).toEqual([])
    const { pyth, quotes, valuesById } = deployment.adapters ?? {}
    if (!pyth || !quotes || !valuesById) throw new Error('all three were asked for')
    const timeMs = CHAIN_START_MS + 60_000
    const round = (timeMs - DEFAULT_CLOCK.genesisMs) / DEFAULT_CLOCK.roundMs
    const certificate = box.certify({ round, feeds: [ok(1n), ok(250_000_000n), ok(3n)] })
    const committee = firstCommittee(box)
    const calldata = encodeUpdate(keccak_256, { certificate, feeds: [0, 1, 2], committee })
    await chain.at(timeMs + 1_000)
    await sendCalldata(chain, { to: deployment.hub, data: bytesToHex(calldata) })

    const { reader } = chain
    const time = BigInt(timeMs / 1_000)
    const inPyth = { address: pyth, abi: pythAdapterAbi }
    expect(
      await reader.readContract({ ...inPyth, functionName: 'getEmaPriceUnsafe', args: [id] }),
    ).toMatchObject({ price: 250_000_000n, expo: -8, publishTime: time })
    const value = {
      address: valuesById,
      abi: valueByIdAdapterAbi,
      functionName: 'valueFor',
    } as const
    expect(
      await reader.readContract({ ...value, args: [keccak256(toHex('Price-F1/USD-8'))] }),
    ).toEqual([250_000_000n, time, 200n])
    // One and a half whole bases, at 2.5 quotes each.
    const asking = { address: quotes, abi: quoteAdapterAbi, functionName: 'getQuote' } as const
    expect(await reader.readContract({ ...asking, args: [150_000_000n, base, quote] })).toBe(
      3_750_000n,
    )
    const average = { address: deployment.statistics, abi: feedStatisticsAbi } as const
    expect(
      await reader.readContract({ ...average, functionName: 'movingAverage', args: [1n, 60n] }),
    ).toBe(250_000_000n)
  })

  test('one that reads something else is named', async () => {
    const { deployment } = await deploy(chain, asked)
    const other = await deploy(chain, {
      ...asked,
      adapters: { ...asked.adapters, pyth: { ...asked.adapters.pyth, emaSeconds: 61 } },
    })
    const code = await chain.reader.getCode({ address: other.deployment.adapters?.pyth ?? '0x' })
    const params = [deployment.adapters?.pyth, code]
    await chain.reader.request({ method: 'hardhat_setCode' as never, params: params as never })
    expect(await verify(chain, deployment)).toEqual([
      { subject: 'PythAdapter EMA_SECONDS', expected: '60', found: '61' },
    ])
  })
})

describe('the directory', () => {
  const eth = { ...BTC, name: 'ETH/USD', deviationBps: 80 }
  const { committee } = testCommittee({ feeds: [BTC, eth], genesisMs: DEFAULT_CLOCK.genesisMs })
  const [btc, usd] = [
    '0xbBbBBBBbbBBBbbbBbbBbbbbBBbBbbbbBbBbbBBbB',
    '0x0000000000000000000000000000000000000348',
  ] as const
  const asked = deployParametersOf(
    {
      params: committee.params,
      digest: committee.digest,
      groupKey: committee.groupKey.publicKey,
    },
    {
      historyFeeds: 1,
      reportAgeMsMax: 60_000,
      futureMsMax: 2_000,
      consumerAgeSecondsMax: null,
      assets: [
        { symbol: 'BTC', address: btc },
        { symbol: 'USD', address: usd },
      ],
    },
  )

  test('lists every feed with its facade and the deviation that its committee signed', async () => {
    const { deployment, transactions } = await deploy(chain, asked)
    expect(await verify(chain, deployment)).toEqual([])
    // Its committee is described by a transaction of its own, once.
    expect(transactions).toHaveLength(deployment.contracts.length + 1)
    expect((await deploy(chain, asked)).transactions).toEqual([])

    const target = { publicClient: chain.reader, contract: deployment.directory }
    const usual = { decimals: 8, heartbeatSeconds: 3_600, isLongTail: false }
    const [first, second] = deployment.feeds.map(({ facade }) => facade)
    expect(await listFeeds(target)).toEqual([
      { ...usual, index: 0, name: 'BTC/USD', deviationBps: 50, hasHistory: true, facade: first },
      { ...usual, index: 1, name: 'ETH/USD', deviationBps: 80, hasHistory: false, facade: second },
    ])
    const pair = { address: deployment.directory, abi: feedDirectoryAbi, args: [btc, usd] } as const
    expect(await chain.reader.readContract({ ...pair, functionName: 'getFeed' })).toBe(first)
  })

  test('one that nobody has told of the committee says so, and is named', async () => {
    const { committee: known, ...rest } = asked
    const { parameters: _, ...untold } = known
    const { deployment } = await deploy(chain, { ...rest, committee: untold })
    const target = { publicClient: chain.reader, contract: deployment.directory }
    expect((await listFeeds(target)).map(({ deviationBps }) => deviationBps)).toEqual([null, null])
    const told = { ...deployment, parameters: asked }
    const expected = `${asked.committee.digest}`
    const found = `0x${'00'.repeat(32)}`
    expect(await verify(chain, told)).toEqual([
      { subject: 'FeedDirectory committee', expected, found },
    ])
    // Anybody tells it.
    const data = describeCalldata(committee)
    await sendCalldata(chain, { to: deployment.directory, data, gas: 1_000_000n })
    expect(await verify(chain, told)).toEqual([])
  })
})

test('a heartbeat is never stored shorter than it is', () => {
  expect(heartbeatSecondsOf(60_000)).toBe(60)
  expect(heartbeatSecondsOf(60_001)).toBe(120)
  expect(() => heartbeatSecondsOf(86_400_001)).toThrow(RangeError)
})
