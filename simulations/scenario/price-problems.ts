import { currenciesOf } from '../../aggregator/values/market.ts'
import { isDistinct } from './bounds.ts'
import type { ScenarioProblem } from './load.ts'
import { manipulationProblems } from './manipulation-problems.ts'
import type { Scenario } from './schema.ts'

/** What is wrong between the keys of prices, their venues and their coins. */
export function priceProblems(scenario: Scenario): readonly ScenarioProblem[] {
  const { prices } = scenario
  const { venues, conversions, sourcesMin } = prices
  const problems: ScenarioProblem[] = []
  const report = (path: string, holds: boolean, message: string): void => {
    if (!holds) problems.push({ path: `prices.${path}`, message })
  }
  report('venues', isDistinct(venues.map(({ name }) => name)), TWICE)
  const isEnough = venues.length === 0 || venues.length >= sourcesMin
  report('sourcesMin', isEnough, 'must not exceed the number of venues')
  const coins = conversions.map(({ market }) => currenciesOf(market)?.base)
  report('conversions', isDistinct(coins), 'must not name a market twice')
  for (const [index, { quote, path }] of venues.entries()) {
    const isRecorded = path === undefined || prices.model?.type === 'recorded'
    report(`venues.${index}.path`, isRecorded, 'needs a recording: prices.model of type recorded')
    const isKnown = quote === 'USD' || coins.includes(quote)
    report(`venues.${index}.quote`, isKnown, `needs ${quote}/USD among prices.conversions`)
  }
  for (const [index, conversion] of conversions.entries()) {
    const path = `conversions.${index}`
    report(`${path}.venues`, isDistinct(conversion.venues.map(({ name }) => name)), TWICE)
    // Who takes a coin for a dollar asks nobody.
    const wanted = conversion.use === 'par' ? 0 : conversion.sourcesMin
    const message = 'must not exceed the number of venues of this market'
    report(`${path}.sourcesMin`, conversion.venues.length >= wanted, message)
    const { depeg } = conversion
    if (depeg?.toMs === undefined) continue
    const isAfter = depeg.fromMs + depeg.rampMs <= depeg.toMs
    report(`${path}.depeg.toMs`, isAfter, 'must not be before fromMs and rampMs have passed')
  }
  return [...problems, ...manipulationProblems(scenario)]
}

const TWICE = 'must not name a venue twice'
