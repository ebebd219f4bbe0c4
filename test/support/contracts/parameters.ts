import type { DeployParameters, MarketParameters } from '../../../contracts/deploy/parameters.ts'
import type { CommitteeBox } from '../../../contracts/testing/committee-box.ts'
import { hubParametersOf } from '../../../contracts/testing/hub-parameters.ts'

/** Parameters of a hub for a committee in a box: feeds F0/USD, F1/USD … with 8 decimals, 60 s. */
export function parametersFor(
  box: CommitteeBox,
  changed: Partial<DeployParameters> & { readonly feedCount?: number } = {},
): DeployParameters {
  const { feedCount = 3, ...rest } = changed
  const feeds = Array.from({ length: feedCount }, (_, index) => ({
    name: `F${index}/USD`,
    decimals: 8,
    heartbeatSeconds: 60,
  }))
  return hubParametersOf(box, { feeds, ...rest })
}

const guard = { ageSecondsMax: 60, spreadBpsMax: 100, observersMin: 3 }
/** An option market on feeds of `parametersFor`: spot, its average, a volatility and a rate. */
export const OPTION_MARKET: MarketParameters = {
  name: 'F0/USD',
  spotFeed: 'F0/USD',
  settlementFeed: 'F1/USD',
  rateFeed: 'F3/USD',
  spotGuard: guard,
  rateGuard: guard,
  volatility: { tenors: [{ feed: 'F2/USD', tenorSeconds: 3_600 }], guard },
  edgeBps: 0,
  saleStopSeconds: 4,
  expiryStepSeconds: 1,
  base: { testToken: { symbol: 'BASE', decimals: 18 } },
  quote: { testToken: { symbol: 'QUOTE', decimals: 6 } },
}
