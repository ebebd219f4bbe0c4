import { keccak_256 } from '@noble/hashes/sha3.js'
import { quoteBytes } from '../../../aggregator/aggregation/source-commitment.ts'
import { formatDecimal } from '../../../aggregator/values/decimal.ts'
import { readJson } from '../../../node/sources/json.ts'
import { optionRequests, optionSource } from '../../../node/sources/option-source.ts'
import { deribitOptions } from '../../../node/sources/option-venues/deribit.ts'
import { CHAIN_MS, chainRules, DAY_MS, evenStrikes, modelChain } from '../option-chains.ts'

// What an answer of an option venue costs: node test/support/derivatives/print-chain-cost.ts

/** Twelve expiries, strikes dense around the money: as many options as Deribit lists on BTC. */
const DAYS = [1, 2, 3, 7, 14, 21, 28, 56, 84, 175, 266, 357]
const STRIKES = [
  ...evenStrikes(3_000, 7_500, 500),
  ...evenStrikes(8_000, 12_000, 200),
  ...evenStrikes(12_500, 18_500, 500),
]
const TENORS = [7, 30, 90]
const REPEATS = 30

const amount = (value: bigint | null) =>
  value === null ? null : Number(formatDecimal(value, 18)).toFixed(4)

/** The chain with every field that the venue sends, in the order of its answer. */
function answerText(): string {
  const expiries = DAYS.map((days) => ({ days, volatilityBps: 5_500, strikesBps: STRIKES }))
  const rows = modelChain(expiries, { unit: 'coin' }).options.map((option) => {
    const day = new Date(option.expiryMs).toUTCString().split(' ')
    const name = `BTC-${Number(day[1])}${day[2]?.toUpperCase()}${day[3]?.slice(2)}`
    const side = option.side === 'call' ? 'C' : 'P'
    return (
      `{"volume":0.0,"mark_price":${amount(option.bid)},"bid_price":${amount(option.bid)},` +
      `"ask_price":${amount(option.ask)},"mid_price":${amount(option.bid)},"high":null,` +
      `"instrument_name":"${name}-${formatDecimal(option.strike, 18).split('.')[0]}-${side}",` +
      '"low":null,"open_interest":123.4,"interest_rate":0.0,"price_change":null,"last":0.0123,' +
      '"estimated_delivery_price":100000.12,"volume_usd":0.0,"volume_notional":0.0,' +
      `"mark_iv":55.12,"underlying_index":"${name}","underlying_price":100000.00,` +
      `"quote_currency":"BTC","base_currency":"BTC","creation_timestamp":${CHAIN_MS}}`
    )
  })
  return `{"jsonrpc":"2.0","result":[${rows.join(',')}],"usIn":1,"usOut":2,"testnet":false}`
}

const text = answerText()
const feeds = TENORS.map((days) => ({
  name: `BTC.IV${days}`,
  underlying: 'BTC/USD',
  tenorMs: days * DAY_MS,
  rules: chainRules(),
}))
const source = optionSource(deribitOptions, feeds)
const [request] = optionRequests(deribitOptions, { feeds, symbols: {} })
if (request === undefined) throw new Error('there is one request')

/** Milliseconds of a core that something takes, on a machine however busy; warm. */
function cost(work: () => unknown): string {
  for (let round = 0; round < REPEATS; round++) work()
  const before = process.cpuUsage()
  for (let round = 0; round < REPEATS; round++) work()
  const { user, system } = process.cpuUsage(before)
  return `${((user + system) / 1_000 / REPEATS).toFixed(1)} ms`
}

const json = readJson(text, source.jsonLimits)
const answers = source.parse(json, request, CHAIN_MS)
const from = { venue: source.name, receivedMs: CHAIN_MS, changedMs: CHAIN_MS }
const hashed = answers.map((answer) => {
  if (answer.type === 'refused') throw new Error(`${answer.market}: ${answer.detail}`)
  return { ...answer.quote, ...from, market: answer.market }
})
process.stdout.write(
  `${text.length} bytes, ${2 * DAYS.length * STRIKES.length} options, ${TENORS.length} tenors\n` +
    `JSON ${cost(() => readJson(text, source.jsonLimits))}, ` +
    `options and indices ${cost(() => source.parse(json, request, CHAIN_MS))}, ` +
    `commitment ${cost(() => hashed.map((quote) => keccak_256(quoteBytes(quote))))}\n`,
)
