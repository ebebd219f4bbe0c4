import { exponential, naturalLog } from '../determinism/arithmetic.ts'
import { type Prng, prngOf } from '../determinism/prng.ts'
import { PRICE_STEP_US, type PricePath, pathOf } from './prices.ts'

/**
 * Stochastic volatility (Heston 1993) with log-normal jumps (Bates 1996):
 *
 *     dS / S = (μ − λ k) dt + √v dW + (e^J − 1) dN,   J ~ N(m, s²),   k = e^(m + s²/2) − 1
 *     dv = κ (θ − v) dt + ξ √v dB,                    dW dB = ρ dt
 *
 * A year has 365.25 days. Volatilities are square roots of variances: 0.6 is 60 % a year.
 */
export interface BatesModel {
  /** √v at the start. */
  readonly volatility: number
  /** √θ, to which it returns. */
  readonly volatilityMean: number
  /** κ: half of a distance from the mean is gone after ln 2 / κ years. */
  readonly reversionPerYear: number
  /** ξ, above 0. */
  readonly volatilityOfVariance: number
  /** ρ, strictly between −1 and 1. */
  readonly correlation: number
  /** μ. */
  readonly driftPerYear: number
  /** λ. */
  readonly jumpsPerYear: number
  /** m. */
  readonly jumpMean: number
  /** s. */
  readonly jumpDeviation: number
}

/** One state of the model: the price relative to the start as a logarithm, and its variance. */
export interface BatesState {
  readonly logPrice: number
  readonly variance: number
}

const US_PER_YEAR = 31_557_600_000_000

/** Where Andersen's two ways to draw a variance meet; any number from 1 to 2 does. */
const PSI_SWITCH = 1.5

/** A path of whole prices, one step each `PRICE_STEP_US`. */
export function createBatesPath(options: {
  readonly seed: number
  readonly label: string
  readonly start: number
  readonly model: BatesModel
}): PricePath {
  const { seed, label, start, model } = options
  const step = batesStep(model, PRICE_STEP_US / US_PER_YEAR)
  const prng = prngOf(seed, `bates ${label}`)
  let state = batesStart(model)
  return pathOf(start, () => {
    state = step(state, prng)
    return start * exponential(Math.max(-LOG_MAX, Math.min(LOG_MAX, state.logPrice)))
  })
}

/** Far beyond what a price may become; keeps the exponential within its range. */
const LOG_MAX = 100

export function batesStart({ volatility }: BatesModel): BatesState {
  return { logPrice: 0, variance: volatility * volatility }
}

/**
 * The step of a length in years, by Andersen's quadratic-exponential scheme (2008) with central
 * weights: the variance keeps its mean and variance exactly, whatever the length, and never falls
 * below 0; the price keeps its correlation with it.
 */
export function batesStep(
  model: BatesModel,
  stepYears: number,
): (state: BatesState, prng: Prng) => BatesState {
  const { reversionPerYear: kappa, volatilityOfVariance: xi, correlation: rho } = model
  const theta = model.volatilityMean * model.volatilityMean
  const nextVariance = varianceStep({ kappa, theta, xi }, stepYears)
  const jump = jumpStep(model, stepYears)
  const jumpVariance = model.jumpDeviation * model.jumpDeviation
  const jumpShift = exponential(model.jumpMean + jumpVariance / 2) - 1
  const drift = (model.driftPerYear - model.jumpsPerYear * jumpShift) * stepYears
  const constant = drift - (rho * kappa * theta * stepYears) / xi
  const slope = (stepYears / 2) * ((kappa * rho) / xi - 0.5)
  const fromOld = slope - rho / xi
  const fromNew = slope + rho / xi
  const spread = (stepYears / 2) * (1 - rho * rho)
  return ({ logPrice, variance }, prng) => {
    const next = nextVariance(variance, prng)
    const diffusion = Math.sqrt(spread * (variance + next)) * prng.normal()
    const change = constant + fromOld * variance + fromNew * next + diffusion + jump(prng)
    return { logPrice: logPrice + change, variance: next }
  }
}

function varianceStep(
  { kappa, theta, xi }: { readonly kappa: number; readonly theta: number; readonly xi: number },
  stepYears: number,
): (variance: number, prng: Prng) => number {
  const stays = exponential(-kappa * stepYears)
  const perVariance = (xi * xi * stays * (1 - stays)) / kappa
  const perMean = (theta * xi * xi * (1 - stays) * (1 - stays)) / (2 * kappa)
  return (variance, prng) => {
    const mean = theta + (variance - theta) * stays
    const psi = (variance * perVariance + perMean) / (mean * mean)
    if (psi <= PSI_SWITCH) {
      const inverse = 2 / psi
      const square = inverse - 1 + Math.sqrt(inverse) * Math.sqrt(inverse - 1)
      const shifted = Math.sqrt(square) + prng.normal()
      return (mean / (1 + square)) * shifted * shifted
    }
    // Close to 0: with a probability at 0 itself, else exponential.
    const atZero = (psi - 1) / (psi + 1)
    const drawn = prng.unit()
    if (drawn <= atZero) return 0
    return (naturalLog((1 - atZero) / (1 - drawn)) * mean) / (1 - atZero)
  }
}

/** Sum of the jumps of a step: of a Poisson number of them, drawn by multiplying chances. */
function jumpStep(
  { jumpsPerYear, jumpMean, jumpDeviation }: BatesModel,
  stepYears: number,
): (prng: Prng) => number {
  if (jumpsPerYear === 0) return () => 0
  const none = exponential(-jumpsPerYear * stepYears)
  return (prng) => {
    let sum = 0
    for (let left = prng.unit(); left > none; left *= prng.unit()) {
      sum += jumpMean + jumpDeviation * prng.normal()
    }
    return sum
  }
}
