/**
 * Functions that engines compute differently in their last bits, made of + − × ÷ and √ alone, which
 * IEEE 754 fixes: the same world comes out on every machine.
 */

const { LN2: LN_2, SQRT2: SQRT_2 } = Math
// ln 2 in two parts: whole multiples of the first are exact, so nothing is lost before the series.
const LN_2_HIGH = 0.6931471803691238
const LN_2_LOW = 1.9082149292705877e-10

/** Natural logarithm of a finite number above 0; relative error below 10^-14. */
export function naturalLog(value: number): number {
  let mantissa = value
  let exponent = 0
  while (mantissa > SQRT_2) {
    mantissa /= 2
    exponent += 1
  }
  while (mantissa < SQRT_2 / 2) {
    mantissa *= 2
    exponent -= 1
  }
  // ln m = 2 artanh((m − 1) / (m + 1)); the ratio is below 0.172, so 12 terms reach 10^-18.
  const ratio = (mantissa - 1) / (mantissa + 1)
  const square = ratio * ratio
  let sum = 0
  for (let odd = 23; odd >= 1; odd -= 2) sum = sum * square + 1 / odd
  return 2 * ratio * sum + exponent * LN_2
}

/** e to a power between −700 and 700; relative error below 10^-13. */
export function exponential(power: number): number {
  let whole = Math.round(power / LN_2)
  const rest = power - whole * LN_2_HIGH - whole * LN_2_LOW
  let sum = 1
  for (let term = 16; term >= 1; term--) sum = 1 + (sum * rest) / term
  for (; whole > 0; whole--) sum *= 2
  for (; whole < 0; whole++) sum /= 2
  return sum
}

/**
 * Wichura's algorithm AS 241 (PPND16): three rational approximations by distance from the middle.
 */
const CENTRE = {
  above: [
    2509.0809287301227, 33430.57558358813, 67265.7709270087, 45921.95393154987, 13731.69376550946,
    1971.5909503065513, 133.14166789178438, 3.3871328727963665,
  ],
  below: [
    5226.495278852854, 28729.085735721943, 39307.89580009271, 21213.794301586597, 5394.196021424751,
    687.1870074920579, 42.31333070160091, 1,
  ],
}
const TAIL = {
  above: [
    0.0007745450142783414, 0.022723844989269184, 0.2417807251774506, 1.2704582524523684,
    3.6478483247632045, 5.769497221460691, 4.630337846156546, 1.4234371107496835,
  ],
  below: [
    1.0507500716444169e-9, 0.0005475938084995345, 0.015198666563616457, 0.14810397642748008,
    0.6897673349851, 1.6763848301838038, 2.053191626637759, 1,
  ],
}
const FAR_TAIL = {
  above: [
    2.0103343992922881e-7, 2.7115555687434876e-5, 0.0012426609473880784, 0.026532189526576124,
    0.29656057182850487, 1.7848265399172913, 5.463784911164114, 6.657904643501103,
  ],
  below: [
    2.0442631033899397e-15, 1.421511758316446e-7, 1.8463183175100548e-5, 0.0007868691311456133,
    0.014875361290850615, 0.1369298809227358, 0.599832206555888, 1,
  ],
}

/** The z below which a standard normal draw stays with a probability strictly between 0 and 1. */
export function inverseNormal(probability: number): number {
  const centred = probability - 0.5
  if (centred >= -0.425 && centred <= 0.425) {
    const r = 0.180625 - centred * centred
    return (centred * polynomial(CENTRE.above, r)) / polynomial(CENTRE.below, r)
  }
  const tail = centred < 0 ? probability : 1 - probability
  const r = Math.sqrt(-naturalLog(tail))
  const parts = r <= 5 ? TAIL : FAR_TAIL
  const shifted = r <= 5 ? r - 1.6 : r - 5
  const z = polynomial(parts.above, shifted) / polynomial(parts.below, shifted)
  return centred < 0 ? -z : z
}

/** Coefficients from the highest power down. */
function polynomial(coefficients: readonly number[], at: number): number {
  let sum = 0
  for (const coefficient of coefficients) sum = sum * at + coefficient
  return sum
}
