import { type OptionTerms, valueOption } from '../../../aggregator/derivatives/black-scholes.ts'
import { abs, div, exp, mul, ONE, type Real, ratio, real, scientific, sqrt } from './real.ts'
import { referenceValuation } from './reference.ts'

/** Largest errors over one volatility; see `ERROR_COLUMNS` for what each is measured in. */
export interface ErrorRow {
  readonly volatility: string
  readonly points: number
  readonly worst: Readonly<Record<ErrorColumn, Real>>
}

/** Every error is relative to a scale that does not vanish with the option's value. */
export const ERROR_COLUMNS = {
  call: 'of spot',
  put: 'of the larger of spot and strike',
  delta: 'absolute',
  gamma: 'of 1/(spot·w), beyond one unit',
  vega: 'of spot·√T, beyond one unit',
  theta: 'of spot·σ/√T + |rate|·strike, beyond one unit',
  rho: 'of the larger of spot and strike, times T, beyond one unit',
} as const
export type ErrorColumn = keyof typeof ERROR_COLUMNS

export interface ErrorGrid {
  readonly volatilities: readonly string[]
  readonly timesSeconds: readonly bigint[]
  readonly rates: readonly string[]
  /** Strikes as standard deviations from the forward price. */
  readonly distances: readonly string[]
  /** Spot prices in 27 decimals; one is taken in turn. */
  readonly spots: readonly bigint[]
}

const DAY = 86_400n
const RAY = 10n ** 27n

/** The whole domain: both ends of every range and steps between. */
export const FULL_GRID: ErrorGrid = {
  volatilities: ['0.01', '0.05', '0.2', '0.5', '1', '2', '4', '7', '10'],
  timesSeconds: [
    1n,
    60n,
    600n,
    3_600n,
    DAY,
    7n * DAY,
    30n * DAY,
    91n * DAY,
    365n * DAY,
    1825n * DAY,
  ],
  rates: ['-0.2', '-0.03', '0', '0.05', '0.2'],
  distances: [
    ...['-12', '-9.3', '-9', '-8', '-7', '-6', '-5', '-4', '-3.1', '-2.6', '-2', '-1.7', '-1.3'],
    ...['-1', '-0.8', '-0.5', '-0.3', '-0.1', '-0.01', '0', '0.02', '0.15', '0.4', '0.6', '0.9'],
    ...['1.2', '1.5', '1.9', '2.3', '2.8', '3.3', '4.2', '5.1', '6.2', '7.3', '8.4', '9.1', '11'],
  ],
  spots: [10n ** 21n, 10n ** 24n, RAY, 3n * RAY, 2_345n * RAY, 65_432n * RAY, 10n ** 36n],
}

/** Compares the fixed-point formulas with the reference on every point of the grid. */
export function measureErrors(grid: ErrorGrid): ErrorRow[] {
  let turn = 0
  return grid.volatilities.map((volatility) => {
    const worst: Record<ErrorColumn, Real> = {
      call: 0n,
      put: 0n,
      delta: 0n,
      gamma: 0n,
      vega: 0n,
      theta: 0n,
      rho: 0n,
    }
    let points = 0
    for (const timeSeconds of grid.timesSeconds) {
      for (const rate of grid.rates) {
        for (const distance of grid.distances) {
          const spot = grid.spots[turn++ % grid.spots.length] ?? RAY
          const terms = termsAt({ spot, volatility, timeSeconds, rate, distance })
          if (terms === null) continue
          points++
          for (const [column, error] of Object.entries(errorsOf(terms))) {
            const name = column as ErrorColumn
            if (error > worst[name]) worst[name] = error
          }
        }
      }
    }
    return { volatility, points, worst }
  })
}

/** The errors of one point. */
function errorsOf(terms: OptionTerms): Record<ErrorColumn, Real> {
  const given = valueOption(terms)
  const exact = referenceValuation(terms)
  const years = ratio(terms.timeSeconds, 31_536_000n)
  const root = sqrt(years)
  const volatility = ratio(terms.volatility, 10n ** 18n)
  const spot = terms.spot * ONE
  const strike = terms.strike * ONE
  const larger = spot > strike ? spot : strike
  const wad = (x: bigint): Real => ratio(x, 10n ** 18n)
  const off = (a: Real, b: Real, scale: Real): Real => div(abs(a - b), scale)
  const beyond = (a: Real, b: Real, scale: Real): Real => {
    const excess = abs(a - b) - ONE
    return excess <= 0n ? 0n : div(excess, scale)
  }
  const most = (a: Real, b: Real): Real => (a > b ? a : b)
  const thetaScale = div(mul(spot, volatility), root) + mul(abs(wad(terms.rate)), strike)
  const gammaUnits = exact.gamma * 10n ** 54n
  const gammaScale = div(10n ** 54n * ONE, mul(spot, mul(volatility, root)))
  return {
    call: off(given.call * ONE, exact.call, spot),
    put: off(given.put * ONE, exact.put, larger),
    delta: most(
      off(wad(given.callDelta), exact.callDelta, ONE),
      off(wad(given.putDelta), exact.putDelta, ONE),
    ),
    gamma: beyond(given.gamma * ONE, gammaUnits, gammaScale),
    vega: beyond(given.vega * ONE, exact.vega, mul(spot, root)),
    theta: most(
      beyond(given.callTheta * ONE, exact.callTheta, thetaScale),
      beyond(given.putTheta * ONE, exact.putTheta, thetaScale),
    ),
    rho: most(
      beyond(given.callRho * ONE, exact.callRho, mul(larger, years)),
      beyond(given.putRho * ONE, exact.putRho, mul(larger, years)),
    ),
  }
}

/** Rows of a Markdown table. */
export function errorTable(rows: readonly ErrorRow[]): string {
  const columns = Object.keys(ERROR_COLUMNS) as ErrorColumn[]
  const header = `| volatility | points | ${columns.join(' | ')} |`
  const rule = `|${'---|'.repeat(columns.length + 2)}`
  const lines = rows.map((row) => {
    const cells = columns.map((column) => scientific(row.worst[column]))
    return `| ${row.volatility} | ${row.points} | ${cells.join(' | ')} |`
  })
  return [header, rule, ...lines].join('\n')
}

export interface Point {
  readonly spot: bigint
  readonly volatility: string
  readonly timeSeconds: bigint
  readonly rate: string
  readonly distance: string
}

/**
 * Terms whose strike lies `distance` standard deviations from the forward; null outside the domain.
 */
export function termsAt(point: Point): OptionTerms | null {
  const years = ratio(point.timeSeconds, 31_536_000n)
  const width = mul(real(point.volatility), sqrt(years))
  const exponent = mul(real(point.distance), width) + mul(real(point.rate), years)
  if (abs(exponent) > real('70')) return null
  const strike = (point.spot * exp(exponent)) >> 256n
  if (strike < 10n ** 12n || strike > 10n ** 36n) return null
  const wad = (text: string): bigint => (real(text) * 10n ** 18n + (ONE >> 1n)) >> 256n
  const { spot, timeSeconds } = point
  return { spot, strike, volatility: wad(point.volatility), timeSeconds, rate: wad(point.rate) }
}
