/**
 * Real numbers as integers scaled by 2^256 (77 decimal digits), for judging the fixed-point
 * formulas and for deriving their coefficients. Slow and plain on purpose: each function is a
 * textbook series with a stated remainder, and `test/unit/aggregator/derivatives/real.test.ts`
 * holds them against published constants.
 */
export type Real = bigint

/** Bits behind the point. */
export const REAL_BITS = 256n
export const ONE: Real = 1n << REAL_BITS
const GUARD_BITS = 64n

export function abs(x: Real): Real {
  return x < 0n ? -x : x
}

export function mul(a: Real, b: Real): Real {
  return (a * b) >> REAL_BITS
}

export function div(a: Real, b: Real): Real {
  return (a << REAL_BITS) / b
}

/** The rational number `numerator / denominator`. */
export function ratio(numerator: bigint, denominator: bigint): Real {
  return (numerator << REAL_BITS) / denominator
}

/** Reads a decimal text such as `-12.5` or `1e-6`. */
export function real(text: string): Real {
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:e(-?\d+))?$/.exec(text)
  if (match === null) throw new RangeError(`not a decimal number: ${text}`)
  const [, sign, whole = '', fraction = '', exponentText = '0'] = match
  const exponent = BigInt(exponentText) - BigInt(fraction.length)
  const digits = BigInt(whole + fraction) * (exponent > 0n ? 10n ** exponent : 1n)
  const magnitude = ratio(digits, exponent < 0n ? 10n ** -exponent : 1n)
  return sign === '-' ? -magnitude : magnitude
}

/** Writes three significant digits, for tables: `1.23e-19`. */
export function scientific(x: Real): string {
  if (x === 0n) return '0'
  const digits = 90n
  const scaled = ((abs(x) * 10n ** digits) >> REAL_BITS).toString()
  const head = `${scaled[0]}.${scaled.slice(1, 3).padEnd(2, '0')}`
  return `${x < 0n ? '-' : ''}${head}e${BigInt(scaled.length) - 1n - digits}`
}

/** Integer square root, rounded down (Newton from above). */
export function isqrt(n: bigint): bigint {
  if (n < 2n) return n
  let root = 1n << (BigInt(n.toString(16).length) * 2n + 1n)
  for (;;) {
    const next = (root + n / root) >> 1n
    if (next >= root) return root
    root = next
  }
}

export function sqrt(x: Real): Real {
  return isqrt(x << REAL_BITS)
}

/** Sum of z^(2i+1) / (2i+1) until the terms vanish, with `bits` behind the point; |z| ≤ 1/3. */
function atanhSeries(z: bigint, bits: bigint): bigint {
  const square = (z * z) >> bits
  let power = z
  let sum = 0n
  for (let i = 1n; power !== 0n && power !== -1n; i += 2n) {
    sum += power / i
    power = (power * square) >> bits
  }
  return sum
}

const WORK_BITS = REAL_BITS + GUARD_BITS
/** ln 2 = 2 atanh(1/3), with the guard bits. */
const LN2_WORK = 2n * atanhSeries((1n << WORK_BITS) / 3n, WORK_BITS)
export const LN2: Real = LN2_WORK >> GUARD_BITS

export const PI: Real = piWith(REAL_BITS)

/** Natural logarithm of x > 0. */
export function ln(x: Real): Real {
  if (x <= 0n) throw new RangeError('ln of a number that is not positive')
  const exponent = BigInt(x.toString(2).length) - 1n - REAL_BITS
  // x = m × 2^exponent with 1 ≤ m < 2, so the series argument is at most 1/3.
  const shift = GUARD_BITS - exponent
  const m = shift >= 0n ? x << shift : x >> -shift
  const one = 1n << WORK_BITS
  const z = ((m - one) << WORK_BITS) / (m + one)
  return (2n * atanhSeries(z, WORK_BITS) + exponent * LN2_WORK) >> GUARD_BITS
}

/** e^x with `bits` behind the point, by halving the argument and squaring the series back. */
function expBits(x: bigint, bits: bigint): bigint {
  const halvings = 24n
  const work = bits + 48n
  const ln2 = work <= WORK_BITS ? LN2_WORK >> (WORK_BITS - work) : ln2With(work)
  const scaled = x << (work - bits)
  const exponent = scaled >= 0n ? scaled / ln2 : -((-scaled + ln2 - 1n) / ln2)
  const reduced = (scaled - exponent * ln2) >> halvings
  let term = 1n << work
  let sum = 0n
  for (let i = 1n; term !== 0n; i++) {
    sum += term
    term = ((term * reduced) >> work) / i
  }
  for (let i = 0n; i < halvings; i++) sum = (sum * sum) >> work
  const shift = exponent - (work - bits)
  return shift >= 0n ? sum << shift : sum >> -shift
}

function ln2With(bits: bigint): bigint {
  return 2n * atanhSeries((1n << bits) / 3n, bits)
}

export function exp(x: Real): Real {
  return expBits(x, REAL_BITS)
}

/** Density of the standard normal distribution. */
export function density(x: Real): Real {
  return div(exp(-(mul(x, x) >> 1n)), sqrt(2n * PI))
}

/**
 * Φ(−x)·e^(x²/2) for x ≥ 0: the tail of the normal distribution without its exponential, which is
 * 1/2 at 0 and falls like 1/(x√2π).
 *
 * Φ(x) = 1/2 + φ(x) Σ x^(2k+1)/(2k+1)!!, so the result is e^(x²/2)/2 − Σ…/√2π. The two parts agree
 * in about x²/2·log2 e leading bits; that many bits more are carried.
 */
export function scaledTail(x: Real): Real {
  if (x < 0n) throw new RangeError('scaledTail is for x ≥ 0')
  const halfSquare = mul(x, x) >> 1n
  const bits = REAL_BITS + GUARD_BITS + ((halfSquare * 3n) >> (REAL_BITS + 1n))
  const extra = bits - REAL_BITS
  const wide = x << extra
  const square = (wide * wide) >> bits
  let term = wide
  let sum = 0n
  for (let i = 3n; term !== 0n; i += 2n) {
    sum += term
    term = ((term * square) >> bits) / i
  }
  const rootTwoPi = isqrt((2n * piWith(bits)) << bits)
  return ((expBits(square >> 1n, bits) >> 1n) - (sum << bits) / rootTwoPi) >> extra
}

/** π by Machin's formula, 16 atan(1/5) − 4 atan(1/239), with `bits` behind the point. */
function piWith(bits: bigint): bigint {
  const atanInverse = (n: bigint): bigint => {
    let power = (1n << (bits + GUARD_BITS)) / n
    let sum = 0n
    for (let i = 1n; power !== 0n; i += 2n) {
      sum += i % 4n === 1n ? power / i : -(power / i)
      power /= n * n
    }
    return sum
  }
  return (16n * atanInverse(5n) - 4n * atanInverse(239n)) >> GUARD_BITS
}

/** Φ(x), the distribution function of the standard normal distribution. */
export function distribution(x: Real): Real {
  const tail = mul(scaledTail(abs(x)), exp(-(mul(x, x) >> 1n)))
  return x < 0n ? tail : ONE - tail
}
