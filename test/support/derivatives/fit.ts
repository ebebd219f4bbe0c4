import { div, exp, ln, mul, ONE, type Real, real, scaledTail, sqrt } from './real.ts'
import { at, denseAtEnds, type Rational, remez } from './remez.ts'

/** b0 + a1/(s + b1 + a2/(s + b2 + …)): two coefficients a level, one division. */
export interface JacobiFraction {
  readonly constant: Real
  readonly levels: readonly { readonly a: Real; readonly b: Real }[]
}

/** The largest error of a fit, in the terms in which the formulas need it. */
export interface Derived<T> {
  readonly coefficients: T
  readonly error: Real
}

/** scaledTail on [0, TAIL_MAX] as a Jacobi fraction in s = 1/(x + TAIL_SHIFT). */
const TAIL_MAX = real('32')
const TAIL_SHIFT = real('2.375')
const TAIL_LEVELS = 11

export function fitTail(): Derived<JacobiFraction> {
  const fit = remez({
    f: scaledTail,
    weight: () => ONE,
    points: tailPoints(800),
    degrees: [TAIL_LEVELS - 1, TAIL_LEVELS],
  })
  return { coefficients: jacobi(fit.rational, -TAIL_SHIFT), error: fit.error }
}

/** Degrees of the two fits of the exponential function: |r| ≤ ln 2 / 2, and |x| ≤ 1. */
export const EXP_DEGREES = { reduced: [3, 2], small: [4, 3] } as const

/** r·coth(r/2) in y = r² on [0, yMax], from which e^r = (c + r)/(c − r). */
export function fitExp(yMax: Real, degrees: readonly [number, number]): Derived<Real[]> {
  const fit = remez({
    f: (y) => (y === 0n ? 2n * ONE : rCothHalf(sqrt(y))),
    // d ln(e^r) = −2r/(c² − r²) dc, so this weight makes the error that of e^r, relative.
    weight: (y) => (y === 0n ? 4n * ONE : div(expWeight(sqrt(y)), sqrt(y) + (ONE >> 20n))),
    points: denseAtEnds(400).map((t) => mul(t, yMax)),
    degrees,
  })
  return { coefficients: stieltjes(fit.rational), error: fit.error }
}

/** z/atanh(z) in y = z² on [0, 1/9], from which ln((1+z)/(1−z)) = 2z/fit. */
export function fitLn(): Derived<Real[]> {
  const fit = remez({
    f: (y) => (y === 0n ? ONE : div(sqrt(y), atanh(sqrt(y)))),
    weight: () => ONE,
    points: denseAtEnds(400).map((t) => t / 9n),
    degrees: [5, 4],
  })
  return { coefficients: stieltjes(fit.rational), error: fit.error }
}

/** √u on [1, 4] as b0 + a1/(u + b1), relative error: the start of Newton's iteration. */
export function fitRoot(): Derived<JacobiFraction> {
  const fit = remez({
    f: sqrt,
    weight: sqrt,
    points: denseAtEnds(400).map((t) => ONE + 3n * t),
    degrees: [1, 1],
  })
  const { p, q } = fit.rational
  const constant = at(p, 1)
  const coefficients = {
    constant,
    levels: [{ a: at(p, 0) - mul(constant, at(q, 0)), b: at(q, 0) }],
  }
  return { coefficients, error: fit.error }
}

function tailPoints(count: number): Real[] {
  // The error curve of scaledTail is even in (x − k)/(x + k), not in x.
  const k = real('2.5')
  const end = div(TAIL_MAX - k, TAIL_MAX + k)
  return denseAtEnds(count).map((t) => {
    const u = mul(t, end + ONE) - ONE
    return mul(k, div(ONE + u, ONE - u))
  })
}

function rCothHalf(r: Real): Real {
  const e = exp(r)
  return mul(r, div(e + ONE, e - ONE))
}

function expWeight(r: Real): Real {
  const c = rCothHalf(r)
  return (mul(c, c) - mul(r, r)) / 2n
}

function atanh(z: Real): Real {
  return ln(div(ONE + z, ONE - z)) / 2n
}

/** Rewrites P/Q in x (deg P < deg Q) as a Jacobi fraction in s = 1/(x − origin). */
function jacobi({ p, q }: Rational, origin: Real): JacobiFraction {
  const degree = q.length - 1
  const reverse = (list: readonly Real[]): Real[] =>
    Array.from({ length: degree + 1 }, (_, i) => list[degree - i] ?? 0n)
  const over = reverse(shifted(p, origin))
  const under = reverse(shifted(q, origin))
  const lead = at(under, degree)
  const constant = div(at(over, degree), lead)
  let numerator = over.slice(0, degree).map((c, i) => div(c - mul(constant, at(under, i)), lead))
  let denominator = under.map((c) => div(c, lead))
  const levels: { a: Real; b: Real }[] = []
  while (numerator.length > 0) {
    const a = at(numerator, numerator.length - 1)
    const monic = numerator.map((c) => div(c, a))
    const rest = denominator.map((c, i) => c - (i > 0 ? (monic[i - 1] ?? 0n) : 0n))
    const b = at(rest, monic.length - 1)
    levels.push({ a, b })
    numerator = monic.slice(0, -1).map((c, i) => at(rest, i) - mul(b, c))
    denominator = monic
  }
  return { constant, levels }
}

/** Coefficients of P(origin + u) in u. */
function shifted(p: readonly Real[], origin: Real): Real[] {
  const out = [...p]
  for (let i = 0; i < out.length; i++) {
    for (let j = out.length - 2; j >= i; j--) out[j] = at(out, j) + mul(origin, at(out, j + 1))
  }
  return out
}

/** Rewrites P/Q in y as b0 + y/(b1 + y/(b2 + …)), one coefficient a level. */
function stieltjes(rational: Rational): Real[] {
  let over: readonly Real[] = rational.p
  let under: readonly Real[] = rational.q
  const out: Real[] = []
  while (under.length > 0) {
    const b = div(at(over, 0), at(under, 0))
    out.push(b)
    // (over − b·under)/y, whose reciprocal ratio is the rest of the fraction.
    const length = Math.max(over.length, under.length)
    const rest = Array.from(
      { length: length - 1 },
      (_, i) => (over[i + 1] ?? 0n) - mul(b, under[i + 1] ?? 0n),
    )
    // The degrees fall in turn; what is left of a cancelled leading term is rounding.
    const degree = rational.p.length + rational.q.length - 1 - out.length
    over = under
    under = rest.slice(0, Math.ceil(degree / 2))
  }
  return out
}
