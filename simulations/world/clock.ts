const US_PER_MS = 1_000
const PPM = 1_000_000

/**
 * A member's own clock as a function of the world's time: offset, drift, steps and freezes. World
 * time is whole microseconds from the start of the simulation; the core gets whole milliseconds.
 */
export interface Clock {
  /** What the clock shows at a world time, in milliseconds since the Unix epoch. */
  readonly readMs: (nowUs: number) => number
  /**
   * Earliest world time, from now on, at which the clock shows at least this; null while frozen.
   */
  readonly worldUsOf: (clockMs: number, nowUs: number) => number | null
  /** Moves the clock at once; negative moves it back. */
  readonly shift: (nowUs: number, byUs: number) => void
  /** Changes how fast it runs: 0 is true, −1,000,000 stands still. */
  readonly setDrift: (nowUs: number, driftPpm: number) => void
}

export interface ClockOptions {
  /** What a true clock shows at world time 0, in milliseconds since the Unix epoch. */
  readonly epochMs: number
  readonly offsetUs: number
  readonly driftPpm: number
}

/** How far a clock has come, in microseconds since the epoch of the world. */
export function createClock(options: ClockOptions): Clock {
  let sinceUs = 0
  let shownUs = options.offsetUs
  let driftPpm = options.driftPpm

  const shownAt = (nowUs: number): number => {
    const elapsedUs = nowUs - sinceUs
    return shownUs + elapsedUs + Math.floor((elapsedUs * driftPpm) / PPM)
  }
  const settle = (nowUs: number): void => {
    shownUs = shownAt(nowUs)
    sinceUs = nowUs
  }
  return {
    readMs: (nowUs) => options.epochMs + Math.floor(shownAt(nowUs) / US_PER_MS),
    worldUsOf: (clockMs, nowUs) => {
      const targetUs = (clockMs - options.epochMs) * US_PER_MS
      if (shownAt(nowUs) >= targetUs) return nowUs
      const rate = PPM + driftPpm
      if (rate <= 0) return null
      let atUs = sinceUs + Math.ceil(((targetUs - shownUs) / rate) * PPM)
      // The division above is exact only to the last bit: never fire early.
      while (shownAt(atUs) < targetUs) atUs += 1
      return atUs < nowUs ? nowUs : atUs
    },
    shift: (nowUs, byUs) => {
      settle(nowUs)
      shownUs += byUs
    },
    setDrift: (nowUs, ppm) => {
      settle(nowUs)
      driftPpm = ppm
    },
  }
}
