import { type OptionTerms, valueOption } from '../../aggregator/derivatives/black-scholes.ts'
import { impliedVolatility } from '../../aggregator/derivatives/implied-volatility.ts'
import { type ErrorGrid, FULL_GRID, termsAt } from '../../test/support/derivatives/errors.ts'
import { type HarnessChain, startHarness } from '../../test/support/derivatives/harness.ts'

/** Keys of contracts/gas.json, in gas. */
export type DerivativesGas = Readonly<
  Record<'blackScholes.price' | 'blackScholes.value' | 'blackScholes.impliedVolatility', number>
>

/** Every corner of the domain and the usual middle; both sides of the money and its far ends. */
const GAS_GRID: ErrorGrid = {
  ...FULL_GRID,
  volatilities: ['0.01', '0.5', '3', '10'],
  timesSeconds: [1n, 60n, 86_400n, 31_536_000n, 157_680_000n],
  rates: ['-0.2', '0', '0.2'],
  distances: ['-9.2', '-5', '-2', '-0.5', '0', '0.2', '1.1', '3', '6', '9.1'],
  spots: [10n ** 21n, 3n * 10n ** 27n, 10n ** 36n],
}

/** The worst gas of each function over the grid, on a chain in this process. */
export async function measureDerivativesGas(): Promise<DerivativesGas> {
  const chain = await startHarness()
  try {
    const terms = termsOf(GAS_GRID)
    return {
      'blackScholes.price': await worst(chain, ['PriceGas', 'IdleGas'], terms.map(pricing)),
      'blackScholes.value': await worst(
        chain,
        ['ValueGas', 'IdleValuationGas'],
        terms.map(pricing),
      ),
      'blackScholes.impliedVolatility': await worst(
        chain,
        ['ImpliedGas', 'IdleGas'],
        terms.flatMap(implying),
      ),
    }
  } finally {
    await chain.close()
  }
}

/** The terms of all points of a grid that lie in the domain. */
function termsOf(grid: ErrorGrid): OptionTerms[] {
  const { volatilities, timesSeconds, rates, distances, spots } = grid
  return volatilities.flatMap((volatility) =>
    timesSeconds.flatMap((timeSeconds) =>
      rates.flatMap((rate) =>
        distances.flatMap((distance) =>
          spots.flatMap((spot) => {
            const terms = termsAt({ spot, volatility, timeSeconds, rate, distance })
            return terms === null ? [] : [terms]
          }),
        ),
      ),
    ),
  )
}

type Arguments = readonly [bigint, bigint, bigint, bigint, bigint]

function pricing({ spot, strike, volatility, timeSeconds, rate }: OptionTerms): Arguments {
  return [spot, strike, volatility, timeSeconds, rate]
}

/** Nothing where the price of the call does not tell the volatility. */
function implying(terms: OptionTerms): Arguments[] {
  const { call, vega } = valueOption(terms)
  if (vega < terms.spot / 10n ** 9n) return []
  const { spot, strike, timeSeconds, rate } = terms
  try {
    impliedVolatility({ side: 'call', price: call, spot, strike, timeSeconds, rate })
  } catch {
    return []
  }
  return [[call, spot, strike, timeSeconds, rate]]
}

async function worst(
  chain: HarnessChain,
  [contract, idle]: readonly [string, string],
  list: readonly Arguments[],
): Promise<number> {
  let most = 0
  for (const args of list) {
    const gas = await chain.gas(contract, idle, args)
    if (gas > most) most = gas
  }
  return most
}
