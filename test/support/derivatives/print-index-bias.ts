import { volatilityIndex } from '../../../aggregator/aggregation/volatility-index.ts'
import { CHAIN_MS, chainRules, DAY_MS, evenStrikes, modelChain } from '../option-chains.ts'

// The tables of docs/derivatives.md: node test/support/derivatives/print-index-bias.ts

const DAYS = 30
const VOLATILITIES_BPS = [2_000, 6_000, 15_000]
/** The rules that would refuse what is measured are off. */
const RULES = chainRules({ strikesMin: 1, strikeShareBpsMax: 10_000, reachPercentMin: 1 })

/** By how much the index of a chain at one volatility is off, as a share of it. */
function biasOf(volatilityBps: number, strikesBps: readonly number[]): string {
  const chain = modelChain([{ days: DAYS, volatilityBps, strikesBps }])
  const asked = { tenorMs: DAYS * DAY_MS, nowMs: CHAIN_MS, rules: RULES }
  const index = volatilityIndex(chain, asked)
  if (index.type === 'refused') return index.code
  return `${((Number(index.volatility) / 1e14 / volatilityBps - 1) * 100).toFixed(2)} %`
}

const deviationOf = (volatilityBps: number) => (volatilityBps / 10_000) * Math.sqrt(DAYS / 365)

/** Steps of so many deviations, one strike at the forward, and strikes far beyond what matters. */
function withStep(volatilityBps: number, deviations: number): string {
  const width = deviationOf(volatilityBps)
  const step = 10_000 * deviations * width
  const below = Math.floor((10_000 - 10_000 * Math.exp(-7 * width)) / step)
  const above = Math.ceil((10_000 * Math.exp(7 * width) - 10_000) / step)
  const steps = Array.from({ length: below + above + 1 }, (_, at) => at - below)
  return biasOf(
    volatilityBps,
    steps.map((at) => Math.round(10_000 + at * step)),
  )
}

/** A tight grid that ends so many deviations from the forward on both sides. */
function withReach(volatilityBps: number, deviations: number): string {
  const width = deviationOf(volatilityBps)
  const from = Math.ceil(10_000 * Math.exp(-deviations * width))
  const step = 20
  const lowest = 10_000 - Math.floor((10_000 - from) / step) * step
  return biasOf(
    volatilityBps,
    evenStrikes(lowest, Math.floor(10_000 * Math.exp(deviations * width)), step),
  )
}

function table(
  title: string,
  values: readonly number[],
  measure: (volatilityBps: number, value: number) => string,
): string {
  const heads = VOLATILITIES_BPS.map((bps) => `${bps / 100} %`)
  const rows = values.map((value) => {
    const cells = VOLATILITIES_BPS.map((bps) => measure(bps, value))
    return `| ${[value, ...cells].join(' | ')} |`
  })
  return [`| ${[title, ...heads].join(' | ')} |`, '|---|---|---|---|', ...rows].join('\n')
}

const steps = table('step', [0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 1], withStep)
const reaches = table('reach', [1, 1.5, 2, 2.5, 3, 4], withReach)
process.stdout.write(`${steps}\n\n${reaches}\n`)
