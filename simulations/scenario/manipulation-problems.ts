import { isDistinct } from './bounds.ts'
import type { ScenarioProblem } from './load.ts'
import { pushableMarkets } from './manipulation.ts'
import { endMsOf } from './params.ts'
import type { Scenario } from './schema.ts'

/** What is wrong between the keys of manipulations and the venues that they push. */
export function manipulationProblems(scenario: Scenario): readonly ScenarioProblem[] {
  const { prices } = scenario
  const endMs = endMsOf(scenario)
  const problems: ScenarioProblem[] = []
  const taken = new Set<string>()
  for (const [index, manipulation] of prices.manipulations.entries()) {
    const report = (path: string, holds: boolean, message: string): void => {
      const at = `prices.manipulations.${index}`
      if (!holds) problems.push({ path: path === '' ? at : `${at}.${path}`, message })
    }
    const { fromMs, toMs, moveBps, targetUsd, market, venues } = manipulation
    report('', fromMs < toMs, 'fromMs must be before toMs')
    report('fromMs', fromMs < endMs, `must be before the run ends, at ${endMs} ms`)
    const isOne = (moveBps === undefined) !== (targetUsd === undefined)
    report('', isOne, 'needs either moveBps or targetUsd')
    report('moveBps', moveBps !== 0, 'must not be 0')
    const coin = prices.conversions.find((each) => each.market === market)
    report('market', market === undefined || coin !== undefined, 'must be among prices.conversions')
    const shown = market === undefined ? prices.venues : (coin?.venues ?? [])
    const known = shown.flatMap(({ name, depth }) => (depth === undefined ? [] : [name]))
    for (const name of venues ?? []) {
      report('venues', known.includes(name), `${name} is no venue of this market with a depth`)
    }
    report('venues', known.length > 0, 'needs a venue of this market with a depth')
    report('venues', isDistinct(venues ?? []), 'must not name a venue twice')
    const keys = pushableMarkets(prices, manipulation).map(({ key }) => key)
    const isFree = keys.every((key) => !taken.has(key))
    report('venues', isFree, 'must not push what another manipulation pushes')
    for (const key of keys) taken.add(key)
  }
  return problems
}
