import { abs, div, mul, ONE, PI, type Real } from './real.ts'

/** A rational function by its coefficients, lowest power first; the last of `q` is 1. */
export interface Rational {
  readonly p: readonly Real[]
  readonly q: readonly Real[]
}

/** The best rational fit of a function on a set of points, in the sense of the largest error. */
export interface Fit {
  readonly rational: Rational
  /** Largest weighted error over the points. */
  readonly error: Real
}

export interface FitProblem {
  readonly f: (x: Real) => Real
  /** The error at x is measured in units of this. */
  readonly weight: (x: Real) => Real
  /** Candidate points in ascending order; several hundred. */
  readonly points: readonly Real[]
  readonly degrees: readonly [p: number, q: number]
}

export function evaluate(coefficients: readonly Real[], x: Real): Real {
  let sum = 0n
  for (let i = coefficients.length - 1; i >= 0; i--) sum = mul(sum, x) + at(coefficients, i)
  return sum
}

/** Points that lie denser towards both ends of [0, 1], as the nodes of a good fit do. */
export function denseAtEnds(count: number): Real[] {
  return Array.from(
    { length: count + 1 },
    (_, i) => (ONE - cosine((PI * BigInt(i)) / BigInt(count))) / 2n,
  )
}

/**
 * Remez' exchange for rational functions. Each round solves f·Q − P = ±E·w·Q on the reference
 * points (the product E·Q is taken with the Q before, until it stands still), then moves the
 * reference to the extremes of the error curve. Ends when the largest error is within 1 % of the
 * levelled one.
 */
export function remez(problem: FitProblem): Fit {
  const { f, weight, points, degrees } = problem
  const samples = points.map((x) => ({ x, f: f(x), w: weight(x) }))
  const count = degrees[0] + degrees[1] + 2
  let reference = denseAtEnds(count - 1).map((t) =>
    at(samples, Number((t * BigInt(samples.length - 1) + ONE / 2n) / ONE)),
  )
  for (let round = 0; round < 20; round++) {
    const { rational, level } = solveReference(reference, degrees)
    const errors = samples.map((s) =>
      div(s.f - div(evaluate(rational.p, s.x), evaluate(rational.q, s.x)), s.w),
    )
    const extremes = alternation(errors, count)
    const error = errors.reduce((most, e) => (abs(e) > most ? abs(e) : most), 0n)
    if (error * 100n < abs(level) * 101n) return { rational, error }
    reference = extremes.map((i) => at(samples, i))
  }
  throw new Error('the exchange did not settle; give more points or other degrees')
}

interface Sample {
  readonly x: Real
  readonly f: Real
  readonly w: Real
}

function solveReference(
  reference: readonly Sample[],
  [degreeP, degreeQ]: readonly [number, number],
) {
  let denominators = reference.map(() => ONE)
  for (let pass = 0; pass < 40; pass++) {
    const rows = reference.map((s, i) => {
      const powers = [ONE]
      while (powers.length <= Math.max(degreeP, degreeQ))
        powers.push(mul(at(powers, powers.length - 1), s.x))
      const levelled = mul(s.w, at(denominators, i))
      return [
        ...powers.slice(0, degreeP + 1),
        ...powers.slice(0, degreeQ).map((power) => -mul(s.f, power)),
        i % 2 === 0 ? levelled : -levelled,
        mul(s.f, at(powers, degreeQ)),
      ]
    })
    const solution = solveLinear(rows)
    const rational = {
      p: solution.slice(0, degreeP + 1),
      q: [...solution.slice(degreeP + 1, -1), ONE],
    }
    const next = reference.map((s) => evaluate(rational.q, s.x))
    const moved = next.some((q, i) => abs(q - at(denominators, i)) > abs(q) >> 90n)
    denominators = next
    if (!moved) return { rational, level: at(solution, solution.length - 1) }
  }
  throw new Error('the denominators did not settle')
}

/** Solves the square system whose rows end with the right-hand side (Gauss, row pivots). */
function solveLinear(rows: Real[][]): Real[] {
  const size = rows.length
  for (let column = 0; column < size; column++) {
    let pivot = column
    for (let i = column + 1; i < size; i++) {
      if (abs(cell(rows, i, column)) > abs(cell(rows, pivot, column))) pivot = i
    }
    const top = at(rows, pivot)
    rows[pivot] = at(rows, column)
    rows[column] = top
    for (let i = column + 1; i < size; i++) {
      const row = at(rows, i)
      const factor = div(at(row, column), at(top, column))
      for (let j = column; j <= size; j++) row[j] = at(row, j) - mul(factor, at(top, j))
    }
  }
  const solution: Real[] = new Array<Real>(size).fill(0n)
  for (let i = size - 1; i >= 0; i--) {
    let rest = cell(rows, i, size)
    for (let j = i + 1; j < size; j++) rest -= mul(cell(rows, i, j), at(solution, j))
    solution[i] = div(rest, cell(rows, i, i))
  }
  return solution
}

/** Indices of `count` extremes of alternating sign; of too many, the smaller end goes first. */
function alternation(errors: readonly Real[], count: number): number[] {
  const extremes: number[] = []
  for (const [i, e] of errors.entries()) {
    const last = extremes.at(-1)
    if (last === undefined || e > 0n !== at(errors, last) > 0n) extremes.push(i)
    else if (abs(e) > abs(at(errors, last))) extremes[extremes.length - 1] = i
  }
  if (extremes.length < count) throw new Error('the error curve alternates too seldom')
  while (extremes.length > count) {
    const first = abs(at(errors, at(extremes, 0)))
    const last = abs(at(errors, at(extremes, extremes.length - 1)))
    if (first < last) extremes.shift()
    else extremes.pop()
  }
  return extremes
}

/** cos by its series; the argument lies in [0, π]. */
function cosine(x: Real): Real {
  const square = mul(x, x)
  let term = ONE
  let sum = 0n
  for (let i = 1n; term !== 0n && term !== -1n; i += 2n) {
    sum += term
    term = -mul(term, square) / (i * (i + 1n))
  }
  return sum
}

function cell(rows: readonly Real[][], i: number, j: number): Real {
  return at(at(rows, i), j)
}

/** An element that is known to be there. */
export function at<T>(list: readonly T[], index: number): T {
  const element = list[index]
  if (element === undefined) throw new RangeError(`no element ${index}`)
  return element
}
