import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { request } from 'undici'
import { afterEach, describe, expect, test } from 'vitest'
import { MarketModel } from '../../node/devnet/market/model.ts'
import type { MarketServer } from '../../node/devnet/market/server.ts'
import { startMarketServer } from '../../node/devnet/market/server.ts'
import { codeOf } from '../../node/errors.ts'

const START_MS = 1_760_000_000_000
const MAIN = fileURLToPath(new URL('../../node/devnet/market/main.ts', import.meta.url))

const servers: MarketServer[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop()
})

async function start(options: Partial<Parameters<typeof startMarketServer>[0]> = {}) {
  const server = await startMarketServer({ seed: 1, ...options })
  servers.push(server)
  return server
}

async function get(url: string, method: 'GET' | 'PUT' = 'GET') {
  const { statusCode, body } = await request(url, { method })
  return { status: statusCode, body: await body.json() }
}

describe('the price model', () => {
  const model = (seed: number) => new MarketModel({ seed, startMs: START_MS, incidents: [] })
  const asked = { venue: 'kraken', base: 'BTC', quote: 'USD', nowMs: START_MS + 60_000 } as const

  test('the same seed gives the same prices, in whatever order they are asked for', () => {
    const [one, other] = [model(7), model(7)]
    one.quoteAt({ ...asked, base: 'SOL', nowMs: START_MS + 30_000 })
    expect(one.quoteAt(asked)).toEqual(other.quoteAt(asked))
    expect(model(8).quoteAt(asked)).not.toEqual(other.quoteAt(asked))
  })

  test('prices move, stay near one another, and USDT stays near its peg', () => {
    const market = model(3)
    const prices = new Set<bigint>()
    for (let second = 0; second < 600; second++) {
      const nowMs = START_MS + second * 1_000
      prices.add(market.truePrice('BTC', nowMs))
      const rate = market.honestMid({ venue: 'kraken', base: 'USDT', quote: 'USD', nowMs })
      expect(rate > 98_000_000n && rate < 102_000_000n).toBe(true)
      const { bid, ask } = market.quoteAt({ ...asked, nowMs })
      expect(bid > 0n && bid < ask).toBe(true)
      const truth = market.truePrice('BTC', nowMs)
      // 50 basis points: lag, noise and spread together stay far below the band of outliers.
      expect((ask - truth) * 200n < truth && (truth - bid) * 200n < truth).toBe(true)
    }
    expect(prices.size).toBeGreaterThan(590)
  })

  test('after a pause of days it works through ten minutes of them, and goes on', () => {
    const [paused, steady] = [model(3), model(3)]
    paused.truePrice('BTC', START_MS)
    expect(paused.truePrice('BTC', START_MS + 30 * 86_400_000)).toBe(
      steady.truePrice('BTC', START_MS + 600_000),
    )
  })
})

describe('the market server', () => {
  test('says in the words of each venue that it does not list something', async () => {
    const { url } = await start()
    expect(await get(`${url}/binance/api/v3/ticker/24hr?symbols=%5B%22FOOUSDT%22%5D`)).toEqual({
      status: 400,
      body: { code: -1121, msg: 'Invalid symbol.' },
    })
    expect((await get(`${url}/coinbase/products/FOO-USD/ticker`)).status).toBe(404)
    expect((await get(`${url}/kraken/0/public/Ticker?pair=FOOUSD`)).body).toEqual({
      error: ['EQuery:Unknown asset pair'],
    })
    expect((await get(`${url}/bitstamp/api/v2/ticker/foousd/`)).status).toBe(404)
    expect((await get(`${url}/okx/api/v5/market/ticker?instId=FOO-USDT`)).body).toMatchObject({
      code: '51001',
    })
    expect((await get(`${url}/mtgox/`)).status).toBe(404)
    expect((await get(`${url}/okx/other`)).status).toBe(404)
  })

  test('takes faults and tells its state and the honest range over HTTP', async () => {
    const { url, startMs } = await start()
    expect((await get(`${url}/control/fault?venue=okx&fault=html`, 'PUT')).status).toBe(200)
    expect((await get(`${url}/control/state`)).body).toMatchObject({
      venues: expect.arrayContaining([{ venue: 'okx', incident: null, fault: 'html' }]),
    })
    expect((await get(`${url}/control/fault?venue=okx`, 'PUT')).body).toEqual({
      venue: 'okx',
      fault: null,
    })
    expect((await get(`${url}/control/fault?venue=okx&fault=nonsense`, 'PUT')).status).toBe(400)
    const range = `${url}/control/range?market=BTC/USD&fromMs=${startMs}&untilMs=${startMs + 500}`
    expect((await get(range)).body).toEqual({
      min: expect.stringMatching(/^6\d{4}\.\d{8}$/),
      max: expect.stringMatching(/^6\d{4}\.\d{8}$/),
    })
    expect((await get(range.replace('BTC', 'FOO'))).status).toBe(400)
    expect((await get(`${range}9999999`)).status).toBe(400)
  })

  test('given a port that is taken, then the error says so', async () => {
    const { url } = await start()
    const port = Number(new URL(url).port)
    expect(await startMarketServer({ seed: 1, port }).catch(codeOf)).toBe('MARKET_PORT_TAKEN')
  })

  test('stops while a request is kept open, and twice', async () => {
    const server = await start()
    server.setFault('okx', 'nothing')
    const hanging = request(`${server.url}/okx/api/v5/market/ticker?instId=BTC-USDT`)
    const outcome = hanging.then(
      () => 'answered',
      () => 'ended',
    )
    while (server.requestsOf('okx') === 0) await get(`${server.url}/control/state`)
    await Promise.all([server.stop(), server.stop()])
    expect(await outcome).toBe('ended')
  })
})

describe('the market server as a process', () => {
  test('prints its address as JSON, serves, and ends on SIGTERM with exit code 0', async () => {
    const child = spawn(process.execPath, [MAIN, '--seed', '5', '--incidents', 'none'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const exited = once(child, 'exit')
    try {
      const [line] = await once(createInterface(child.stdout), 'line')
      const { type, url } = JSON.parse(String(line))
      expect(type).toBe('listening')
      expect((await get(`${url}/bitstamp/api/v2/ticker/btcusd/`)).status).toBe(200)
      child.kill('SIGTERM')
      expect(await exited).toEqual([0, null])
    } finally {
      child.kill('SIGKILL')
    }
  })

  test.each([
    [['--port', '70000']],
    [['--seed', 'x']],
    [['--incidents', '{']],
    [['--incidents', '[{"kind":"party"}]']],
  ])('given %j, then it ends with a code that says what is wrong', async (options) => {
    const child = spawn(process.execPath, [MAIN, ...options], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const exited = once(child, 'exit')
    const [line] = await once(createInterface(child.stderr), 'line')
    expect(JSON.parse(String(line))).toMatchObject({
      type: 'failed',
      code: 'MARKET_OPTION_INVALID',
    })
    expect(await exited).toEqual([1, null])
  })
})
