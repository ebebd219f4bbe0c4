/** From values to pixels, with the values at which an axis is marked. */
export interface Scale {
  readonly at: (value: number) => number
  readonly low: number
  readonly high: number
  readonly ticks: readonly number[]
  readonly label: (tick: number) => string
}

/** Steps between marks, times a power of ten. */
const STEPS = [1, 2, 5, 10] as const

/**
 * A scale whose ends are marks, over pixels from `start` to `end`.
 *
 * @param ticksMax most marks
 */
export function scaleOf(
  [low, high]: readonly [number, number],
  [start, end]: readonly [number, number],
  ticksMax: number,
): Scale {
  const span = high > low ? high - low : Math.abs(high) || 1
  const step = stepOf(span / ticksMax)
  const first = Math.floor(low / step + 1e-9) * step
  const last = Math.max(first + step, Math.ceil((low + span) / step - 1e-9) * step)
  const count = Math.round((last - first) / step)
  const ticks = Array.from({ length: count + 1 }, (_, index) => first + index * step)
  return { ...between([first, last], [start, end]), ticks, label: labelBy(step) }
}

/** A scale whose ends are exactly those given. */
export function exactScaleOf(
  range: readonly [number, number],
  pixels: readonly [number, number],
  ticksMax: number,
): Scale {
  const [low, high] = range
  const step = stepOf((high - low) / ticksMax)
  const first = Math.ceil(low / step - 1e-9)
  const last = Math.floor(high / step + 1e-9)
  const ticks = Array.from({ length: last - first + 1 }, (_, index) => (first + index) * step)
  return { ...between(range, pixels), ticks, label: labelBy(step) }
}

/** The same scale with its marks at given whole numbers. */
export function markedAt(scale: Scale, ticks: readonly number[]): Scale {
  return { ...scale, ticks, label: labelBy(1) }
}

/** A scale of powers of ten; what is too small for it is drawn at its end. */
export function logScaleOf(
  [low, high]: readonly [number, number],
  pixels: readonly [number, number],
): Scale {
  const first = Math.floor(Math.log10(low))
  const last = Math.max(first + 1, Math.ceil(Math.log10(high) - 1e-9))
  const linear = between([first, last], pixels)
  const ticks = Array.from({ length: last - first + 1 }, (_, index) => 10 ** (first + index))
  return {
    low: 10 ** first,
    high: 10 ** last,
    at: (value) => linear.at(Math.max(first, Math.log10(Math.max(value, Number.MIN_VALUE)))),
    ticks,
    label: (tick) => labelBy(Math.min(1, tick))(tick),
  }
}

function between(
  [low, high]: readonly [number, number],
  [start, end]: readonly [number, number],
): Pick<Scale, 'at' | 'low' | 'high'> {
  return { low, high, at: (value) => start + ((value - low) / (high - low)) * (end - start) }
}

function stepOf(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least))
  return (STEPS.find((step) => step * power >= least * (1 - 1e-9)) ?? 10) * power
}

/** As many digits after the point as the step needs, and thin spaces between thousands. */
function labelBy(step: number): (tick: number) => string {
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9))
  return (tick) => {
    const [whole = '', rest] = (Math.abs(tick) < step / 2 ? 0 : Math.abs(tick))
      .toFixed(Math.min(10, digits))
      .split('.')
    const grouped = whole.length > 4 ? whole.replace(/\B(?=(\d{3})+$)/g, '\u2009') : whole
    const sign = tick <= -step / 2 ? '−' : ''
    return sign + (rest === undefined ? grouped : `${grouped}.${rest}`)
  }
}

/** Least and greatest of values; 0 and 1 of none. */
export function extentOf(values: readonly number[]): readonly [number, number] {
  let low = Number.POSITIVE_INFINITY
  let high = Number.NEGATIVE_INFINITY
  for (const value of values) {
    if (value < low) low = value
    if (value > high) high = value
  }
  return low <= high ? [low, high] : [0, 1]
}
