import { describe, expect, test } from 'vitest'
import { prngOf } from '../../../simulations/determinism/prng.ts'
import {
  type BatesModel,
  batesStart,
  batesStep,
  createBatesPath,
} from '../../../simulations/world/bates.ts'

/** A stormy market, far from its mean at the start, with the Feller condition broken. */
const MODEL: BatesModel = {
  volatility: 0.9,
  volatilityMean: 0.6,
  reversionPerYear: 4,
  volatilityOfVariance: 3,
  correlation: -0.5,
  driftPerYear: 0.1,
  jumpsPerYear: 6,
  jumpMean: -0.03,
  jumpDeviation: 0.08,
}
const YEARS = 0.5
const STEPS = 50
const PATHS = 40_000

/** End states of many paths, drawn from one seed. */
function ends(model: BatesModel, seed: number) {
  const step = batesStep(model, YEARS / STEPS)
  const prng = prngOf(seed, 'moments')
  return Array.from({ length: PATHS }, () => {
    let state = batesStart(model)
    for (let at = 0; at < STEPS; at++) state = step(state, prng)
    return state
  })
}

const mean = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / values.length
const variance = (values: readonly number[]) => {
  const middle = mean(values)
  return mean(values.map((value) => (value - middle) ** 2))
}
/** Four standard errors of a mean: a right model is outside once in 16,000 seeds. */
const fourErrors = (values: readonly number[]) => 4 * Math.sqrt(variance(values) / values.length)

describe('the Bates model', () => {
  const drawn = ends(MODEL, 1)
  const variances = drawn.map((state) => state.variance)
  const logs = drawn.map((state) => state.logPrice)
  const { volatility, volatilityMean, reversionPerYear: kappa } = MODEL
  const [v0, theta, xi] = [volatility ** 2, volatilityMean ** 2, MODEL.volatilityOfVariance]
  const decay = Math.exp(-kappa * YEARS)

  test('the variance has its mean and its variance in closed form, and is never below 0', () => {
    const closedMean = theta + (v0 - theta) * decay
    const closedVariance =
      (v0 * xi ** 2 * decay * (1 - decay)) / kappa +
      (theta * xi ** 2 * (1 - decay) ** 2) / (2 * kappa)
    expect(Math.abs(mean(variances) - closedMean)).toBeLessThan(fourErrors(variances))
    expect(Math.abs(variance(variances) / closedVariance - 1)).toBeLessThan(0.06)
    expect(Math.min(...variances)).toBeGreaterThanOrEqual(0)
    // The model was chosen so that paths do come close to 0, where a scheme shows its flaws.
    expect(variances.filter((value) => value < 1e-3).length).toBeGreaterThan(PATHS / 100)
  })

  test('the price is a martingale up to its drift: the mean is e to the μ t', () => {
    const prices = logs.map(Math.exp)
    const off = Math.abs(mean(prices) - Math.exp(MODEL.driftPerYear * YEARS))
    expect(off).toBeLessThan(fourErrors(prices))
  })

  test('the logarithm of the price has its mean in closed form', () => {
    const shift = Math.exp(MODEL.jumpMean + MODEL.jumpDeviation ** 2 / 2) - 1
    const integrated = theta * YEARS + ((v0 - theta) * (1 - decay)) / kappa
    const closed =
      (MODEL.driftPerYear - MODEL.jumpsPerYear * shift + MODEL.jumpsPerYear * MODEL.jumpMean) *
        YEARS -
      integrated / 2
    expect(Math.abs(mean(logs) - closed)).toBeLessThan(fourErrors(logs))
  })

  test.each([1, 3, 6])('its characteristic function at %d is the one in closed form', (u) => {
    const real = logs.map((value) => Math.cos(u * value))
    const imaginary = logs.map((value) => Math.sin(u * value))
    const closed = characteristic(MODEL, u)
    // Beside chance, the scheme has a bias of its own, which shrinks with the step.
    const bias = 0.003
    expect(Math.abs(mean(real) - closed.re)).toBeLessThan(fourErrors(real) + bias)
    expect(Math.abs(mean(imaginary) - closed.im)).toBeLessThan(fourErrors(imaginary) + bias)
  })

  test('short steps of price and variance have the correlation of the model', () => {
    const calm = { ...MODEL, jumpsPerYear: 0, volatilityOfVariance: 0.5 }
    const step = batesStep(calm, 1 / 365.25 / 24)
    const prng = prngOf(2, 'leverage')
    let state = batesStart(calm)
    const changes = Array.from({ length: 40_000 }, () => {
      const next = step(state, prng)
      const change = [next.logPrice - state.logPrice, next.variance - state.variance] as const
      const scale = Math.sqrt(state.variance)
      state = next
      return [change[0] / scale, change[1] / scale] as const
    })
    const [returns, moves] = [changes.map(([a]) => a), changes.map(([, b]) => b)]
    const [middle, drift] = [mean(returns), mean(moves)]
    const products = changes.map(([a, b]) => (a - middle) * (b - drift))
    const correlation = mean(products) / Math.sqrt(variance(returns) * variance(moves))
    expect(Math.abs(correlation - calm.correlation)).toBeLessThan(0.02)
  })

  test('a path is whole numbers, the same for the same seed, with the volatility that it says', () => {
    const still = { ...MODEL, jumpsPerYear: 0, reversionPerYear: 0.01, volatilityOfVariance: 0.01 }
    const options = { seed: 5, label: 'BTC/USD', start: 60_000_00000000, model: still }
    const path = createBatesPath(options)
    const seconds = Array.from({ length: 20_001 }, (_, at) => path.at(at * 1_000_000))
    expect(seconds.every(Number.isSafeInteger)).toBe(true)
    expect(seconds[0]).toBe(options.start)
    const returns = seconds.slice(1).map((price, at) => Math.log(price / (seconds[at] ?? price)))
    const perYear = Math.sqrt(variance(returns) * 31_557_600)
    expect(Math.abs(perYear / still.volatility - 1)).toBeLessThan(0.02)
    const again = createBatesPath(options)
    expect(again.at(20_000 * 1_000_000)).toBe(seconds.at(-1))
    expect(createBatesPath({ ...options, seed: 6 }).at(1_000_000)).not.toBe(seconds[1])
  })
})

interface Complex {
  readonly re: number
  readonly im: number
}
const add = (a: Complex, b: Complex): Complex => ({ re: a.re + b.re, im: a.im + b.im })
const times = (a: Complex, b: Complex): Complex => ({
  re: a.re * b.re - a.im * b.im,
  im: a.re * b.im + a.im * b.re,
})
const scaled = (a: Complex, by: number): Complex => ({ re: a.re * by, im: a.im * by })
const over = (a: Complex, b: Complex): Complex =>
  scaled(times(a, { re: b.re, im: -b.im }), 1 / (b.re ** 2 + b.im ** 2))
const exp = (a: Complex): Complex => ({
  re: Math.exp(a.re) * Math.cos(a.im),
  im: Math.exp(a.re) * Math.sin(a.im),
})
const log = (a: Complex): Complex => ({
  re: Math.log(Math.hypot(a.re, a.im)),
  im: Math.atan2(a.im, a.re),
})
const root = (a: Complex): Complex => {
  const size = Math.sqrt(Math.hypot(a.re, a.im))
  const angle = Math.atan2(a.im, a.re) / 2
  return { re: size * Math.cos(angle), im: size * Math.sin(angle) }
}
const real = (re: number): Complex => ({ re, im: 0 })

/** E[e^(iu ln S_t / S_0)] of Heston in the form without a branch cut, times that of the jumps. */
function characteristic(model: BatesModel, u: number): Complex {
  const { reversionPerYear: kappa, volatilityOfVariance: xi, correlation: rho } = model
  const [v0, theta] = [model.volatility ** 2, model.volatilityMean ** 2]
  const beta = { re: kappa, im: -rho * xi * u }
  const d = root(add(times(beta, beta), scaled({ re: u * u, im: u }, xi ** 2)))
  const minus = add(beta, scaled(d, -1))
  const g = over(minus, add(beta, d))
  const decay = exp(scaled(d, -YEARS))
  const one = real(1)
  const rest = add(one, scaled(times(g, decay), -1))
  const quotient = over(rest, add(one, scaled(g, -1)))
  const c = scaled(add(scaled(minus, YEARS), scaled(log(quotient), -2)), (kappa * theta) / xi ** 2)
  const dTerm = times(scaled(minus, v0 / xi ** 2), over(add(one, scaled(decay, -1)), rest))
  const shift = Math.exp(model.jumpMean + model.jumpDeviation ** 2 / 2) - 1
  const drift = { re: 0, im: u * (model.driftPerYear - model.jumpsPerYear * shift) * YEARS }
  const jump = exp({ re: -0.5 * u ** 2 * model.jumpDeviation ** 2, im: u * model.jumpMean })
  const jumps = scaled(add(jump, real(-1)), model.jumpsPerYear * YEARS)
  return exp(add(add(c, dTerm), add(drift, jumps)))
}
