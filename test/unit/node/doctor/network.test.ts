import { describe, expect, test } from 'vitest'
import type { FeedParams } from '../../../../aggregator/committee/params.ts'
import {
  balanceFinding,
  endpointFinding,
  updateGas,
} from '../../../../node/doctor/checks/chains.ts'
import { feedFinding } from '../../../../node/doctor/checks/feeds.ts'
import { peerFinding } from '../../../../node/doctor/checks/peers.ts'
import { streamFinding } from '../../../../node/doctor/checks/streams.ts'
import { venueFinding } from '../../../../node/doctor/checks/venues.ts'
import { OracleError } from '../../../../node/errors.ts'
import type { PollOutcome } from '../../../../node/sources/venue-client.ts'
import { committeeOfFour } from '../config/fixtures.ts'

const [BITCOIN] = committeeOfFour().params.feeds as [FeedParams]
const GWEI = 10n ** 9n
const ETHER = 10n ** 18n

describe('a venue', () => {
  const request = { path: '/', markets: [], weight: 1 }
  const quote = { bid: 1n, ask: 2n, last: null, lastTradeMs: null, baseVolume: null, venueMs: null }
  const failed = (error: OracleError): PollOutcome => ({ type: 'failed', request, error })
  const answered = (...refused: string[]): PollOutcome => ({
    type: 'answered',
    request,
    receivedMs: 0,
    answers: [
      { type: 'quoted', market: 'BTC/USD', quote },
      ...refused.map((market) => ({
        ...{ type: 'refused' as const, market, code: 'SOURCE_SYMBOL_ABSENT' },
      })),
    ],
  })
  const hosts = { host: 'api.example', passedOver: [] }
  const found = (...outcomes: PollOutcome[]) =>
    venueFinding('venue kraken', { outcomes, hosts, durationMs: 80 })

  test('is in order when every market has a price', () => {
    expect(found(answered(), answered())).toMatchObject({
      verdict: 'ok',
      seen: '2 markets priced within 80 ms',
    })
  })

  test('that answers at another of its hosts says where, and why not at the preferred one', () => {
    const passedOver = [
      { host: 'one.example', code: 'SOURCE_REGION_BLOCKED' },
      { host: 'two.example', code: 'SOURCE_TIMEOUT' },
    ]
    const seen = { outcomes: [answered()], durationMs: 80 }
    const other = { hosts: { host: 'three.example', passedOver }, ...seen }
    expect(venueFinding('venue kraken', other)).toMatchObject({
      verdict: 'warning',
      code: 'SOURCE_REGION_BLOCKED',
      seen:
        '1 markets priced within 80 ms at three.example; not at one.example, which does not ' +
        'serve this region, two.example',
    })
  })

  test('names a market that it does not price', () => {
    const one = found(answered('ABC/USD'))
    expect(one).toMatchObject({ verdict: 'warning', code: 'SOURCE_SYMBOL_ABSENT' })
    expect(one.seen).toBe('1 of 2 markets have a price, not ABC/USD')
  })

  test.each([
    ['SOURCE_UNREACHABLE', { cause: 'ENOTFOUND' }, /its name leads nowhere \(ENOTFOUND\)/],
    ['SOURCE_UNREACHABLE', { cause: 'EAI_AGAIN' }, /name service .* does not answer/],
    ['SOURCE_UNREACHABLE', { cause: 'ECONNREFUSED' }, /nobody listens there/],
    ['SOURCE_TIMEOUT', { cause: 'UND_ERR_CONNECT_TIMEOUT' }, /no connection in time/],
    ['SOURCE_TIMEOUT', { cause: 'UND_ERR_ABORTED' }, /^it broke \(UND_ERR_ABORTED\)$/],
    ['SOURCE_TLS_INVALID', { cause: 'CERT_HAS_EXPIRED' }, /^it broke \(CERT_HAS_EXPIRED\)$/],
    ['SOURCE_REGION_BLOCKED', { status: 451 }, /^it broke \(451\)$/],
    ['SOURCE_RATE_LIMITED', { status: 418 }, /^it broke \(418\)$/],
  ])('that fails with %s of %j says how', (code, context, seen) => {
    const error = new OracleError(code, 'it broke; mend it', {
      context: { host: 'api.example', ...context },
    })
    const one = found(answered(), failed(error))
    expect(one).toMatchObject({ verdict: 'warning', code })
    expect(one.seen).toMatch(seen)
  })
})

describe('a feed', () => {
  const venue = (name: string, weightBps: number) => ({
    venue: name,
    market: 'BTC/USD',
    code: weightBps > 0 ? ('USED' as const) : ('QUOTE_ABSENT' as const),
    price: 1n,
    from: 'mid' as const,
    weightBps,
  })
  const value = (amount: bigint | null, ...venues: ReturnType<typeof venue>[]) => ({
    feed: 'BTC/USD',
    value: amount,
    reason: amount === null ? ('SOURCES_TOO_FEW' as const) : null,
    venues,
  })

  test('is in order with more venues than it needs', () => {
    const four = ['a', 'b', 'c', 'd'].map((name) => venue(name, 2_500))
    expect(feedFinding(BITCOIN, value(6_400_000_000_000n, ...four), 3)).toMatchObject({
      verdict: 'ok',
      seen: '64000.00000000 from 4 venues; it needs 3',
    })
  })

  test('is a warning without reserve, and a fault without a value', () => {
    const three = ['a', 'b', 'c'].map((name) => venue(name, 3_333))
    expect(feedFinding(BITCOIN, value(1n, ...three), 3)).toMatchObject({
      verdict: 'warning',
      code: 'FEED_WITHOUT_RESERVE',
    })
    const absent = feedFinding(BITCOIN, value(null, venue('a', 0), venue('b', 0)), 3)
    expect(absent).toMatchObject({ verdict: 'fault', code: 'SOURCES_TOO_FEW' })
    expect(absent.seen).toContain('QUOTE_ABSENT a, b')
    expect(feedFinding(BITCOIN, null, 3)).toMatchObject({
      verdict: 'fault',
      code: 'FEED_NOT_CONFIGURED',
    })
  })
})

describe('a stream', () => {
  test.each([
    [{ openMs: 5, pricedMs: 9, error: null }, 'ok', 'OK'],
    [{ openMs: 5, pricedMs: null, error: null }, 'warning', 'SOURCE_STREAM_SILENT'],
    [{ openMs: null, pricedMs: null, error: null }, 'warning', 'SOURCE_TIMEOUT'],
    [
      { openMs: null, pricedMs: null, error: new OracleError('SOURCE_REGION_BLOCKED', 'no; go') },
      'warning',
      'SOURCE_REGION_BLOCKED',
    ],
  ])('that went %j', (seen, verdict, code) => {
    expect(streamFinding('okx', seen)).toMatchObject({ verdict, code })
  })
})

test.each([
  [null, 'ok', 'takes connections'],
  ['ECONNREFUSED', 'warning', 'nobody listens there'],
  ['ETIMEDOUT', 'warning', 'no answer within'],
  ['ENOTFOUND', 'warning', 'its name leads nowhere'],
  ['EHOSTUNREACH', 'warning', 'EHOSTUNREACH'],
])('a member whose address fails with %s: %s', (failure, verdict, seen) => {
  const found = peerFinding({ index: 3, address: '/dns4/a.example/tcp/1' }, failure)
  expect(found).toMatchObject({ check: 'member 3', verdict })
  expect(found.seen).toContain(seen)
})

describe('an endpoint of a chain', () => {
  const status = (fault: Parameters<typeof endpointFinding>[1]['fault']) =>
    ({ endpoint: 'rpc.example', fault, detail: 'chain id 1, block 7, 3 s old' }) as const

  test('that is left out is a warning while another is usable', () => {
    expect(endpointFinding('main', status(null), true)).toMatchObject({
      verdict: 'ok',
      seen: 'rpc.example: chain id 1, block 7, 3 s old',
    })
    expect(endpointFinding('main', status('RPC_HEAD_LAGS'), true).verdict).toBe('warning')
    expect(endpointFinding('main', status('RPC_HEAD_LAGS'), false).verdict).toBe('fault')
  })

  test('of another chain is a fault in any case: it is the operator who named it', () => {
    expect(endpointFinding('main', status('RPC_CHAIN_ID_WRONG'), true).verdict).toBe('fault')
  })
})

describe('the wallet', () => {
  const seen = {
    wallet: '0xabc',
    config: {
      balanceEtherMin: ETHER / 20n,
      feePerGasGweiMax: 100n * GWEI,
      priorityFeePerGasGweiMax: 2n * GWEI,
    },
    feeds: [BITCOIN],
    balanceWei: ETHER,
    quote: { baseFeePerGas: 9n * GWEI, priorityFeePerGas: GWEI },
  }
  const found = (other: Partial<typeof seen>) => balanceFinding('wallet', { ...seen, ...other })

  test('says for how many updates it is enough at the price of now', () => {
    // 40,500 gas at 10 gwei are 0.000405 ether.
    expect(found({})).toMatchObject({
      verdict: 'ok',
      seen: '0xabc has 1 ether, enough for about 2469 updates of all feeds',
    })
  })

  test('is low below the floor and empty below one update', () => {
    expect(found({ balanceWei: ETHER / 20n - 1n }).code).toBe('WALLET_LOW')
    expect(found({ balanceWei: 405_000n * GWEI })).toMatchObject({ code: 'WALLET_LOW' })
    expect(found({ balanceWei: 405_000n * GWEI - 1n })).toMatchObject({
      verdict: 'fault',
      code: 'WALLET_EMPTY',
    })
  })

  test('waits while the base fee is over the cap', () => {
    const quote = { baseFeePerGas: 100n * GWEI, priorityFeePerGas: GWEI }
    expect(found({ quote }).code).toBe('TRANSMIT_FEE_OVER_CAP')
  })

  test('on a chain where gas is free needs nothing', () => {
    const quote = { baseFeePerGas: 0n, priorityFeePerGas: 0n }
    expect(found({ quote, balanceWei: 0n }).code).toBe('WALLET_LOW')
  })

  test.each([
    ['one feed', 1, 0, 39_675n],
    ['8 feeds', 8, 0, 8n * 14_143n],
    ['32 feeds', 32, 0, 32n * 11_367n],
    ['100 long-tail feeds', 0, 100, 100n * 1_757n],
    ['250 long-tail feeds', 0, 250, 250n * 1_580n],
  ])('gas of %s is within a tenth of contracts/gas.json', (_, many, tail, measured) => {
    const feeds = [
      ...Array.from({ length: many }, () => BITCOIN),
      ...Array.from({ length: tail }, () => ({ ...BITCOIN, tier: 'long-tail' as const })),
    ]
    const gas = updateGas(feeds)
    expect(10n * gas >= 9n * measured && 10n * gas <= 11n * measured).toBe(true)
  })
})
