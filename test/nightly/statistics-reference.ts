import { expSmall, squareRoot } from '../../aggregator/derivatives/option-math.ts'
import { lnRatio, Q96_ONE, WAD } from '../../aggregator/values/fixed-math.ts'

/** A value of a feed and the second of its observation. */
export interface Observed {
  readonly value: bigint
  readonly time: bigint
}

/** The error that a contract ends in. */
export interface Refusal {
  readonly errorName: string
  readonly args: readonly unknown[]
}

/** Values that the hub keeps of a feed. */
const KEPT = 8_192
const DECAY_SECONDS_MAX = 2_592_000n
const STEPS_MAX = 4_096n
const YEAR_SECONDS = 31_536_000n
/** 2^-20: below it, the values that are left count as one. */
const WEIGHT_MIN = 1n << 76n

/** x^n in Q96 by squaring, each product rounded down. */
function power(x: bigint, n: bigint): bigint {
  let [result, square] = [Q96_ONE, x]
  for (const bit of [...n.toString(2)].toReversed()) {
    if (bit === '1') result = (result * square) >> 96n
    square = (square * square) >> 96n
  }
  return result
}

/**
 * The exponential moving average as IFeedStatistics says it, of all values from the first on.
 *
 * @param values ascending by time, at least one
 */
export function movingAverage(
  values: readonly Observed[],
  decaySeconds: bigint,
  now: bigint,
): bigint | Refusal {
  if (decaySeconds === 0n || decaySeconds > DECAY_SECONDS_MAX) {
    return { errorName: 'DecayOutOfRange', args: [decaySeconds, DECAY_SECONDS_MAX] }
  }
  const step = expSmall(-(Q96_ONE / decaySeconds))
  let [weight, sum, until] = [Q96_ONE, 0n, now]
  let last = 0n
  for (const { value, time } of values.slice(-KEPT).toReversed()) {
    last = value
    if (weight <= WEIGHT_MIN) break
    const heldSeconds = until > time ? until - time : 0n
    const left = (weight * power(step, heldSeconds)) >> 96n
    sum += value * (weight - left)
    weight = left
    until -= heldSeconds
  }
  return (sum + last * weight) >> 96n
}

/**
 * The realized volatility as IFeedStatistics says it.
 *
 * @param values as in `movingAverage`
 */
export function realizedVolatility(
  values: readonly Observed[],
  window: { readonly end: bigint; readonly steps: bigint; readonly stepSeconds: bigint },
  now: bigint,
): bigint | Refusal {
  const { end, steps, stepSeconds } = window
  const outOfRange = (given: bigint, limit: bigint) => {
    return { errorName: 'StepsOutOfRange', args: [given, limit] }
  }
  if (steps === 0n || steps > STEPS_MAX) return outOfRange(steps, STEPS_MAX)
  const limit = end / steps
  if (stepSeconds === 0n || stepSeconds > limit) return outOfRange(stepSeconds, limit)
  if (end > now) return { errorName: 'WindowInFuture', args: [end, now] }
  const kept = values.slice(-KEPT)
  let [variance, later] = [0n, 0n]
  for (let step = 0n; step <= steps; step++) {
    const time = end - step * stepSeconds
    const held = kept.findLast((each) => each.time <= time)
    if (held === undefined) {
      return { errorName: 'WindowBeforeHistory', args: [time, (kept[0] as Observed).time] }
    }
    if (held.value <= 0n) return { errorName: 'ValueNotPositive', args: [held.value] }
    const change = step === 0n ? 0n : lnRatio(later, held.value)
    variance += (change * change) >> 96n
    later = held.value
  }
  const yearly = (variance * YEAR_SECONDS) / (steps * stepSeconds)
  return (squareRoot(yearly << 96n) * WAD) >> 96n
}
