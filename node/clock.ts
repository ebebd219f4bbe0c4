import type { DurationMs, UnixMs } from '../aggregator/values/time.ts'

/** Time as the node and its adapters see it. Tests replace it whole. */
export interface Clock {
  /** Unix time in whole milliseconds; never goes backwards within a process. */
  readonly nowMs: () => UnixMs
  /**
   * Calls `fire` once when `nowMs() >= atMs`: never early, as soon as the event loop is free. A new
   * alarm replaces the old one. A time in the past fires on the next turn of the event loop.
   */
  readonly setAlarm: (atMs: UnixMs, fire: () => void) => void
  readonly clearAlarm: () => void
}

/** The host's wall clock was stepped while the node ran. */
export interface ClockJump {
  /** Positive: the wall clock went forward; negative: back. */
  readonly byMs: DurationMs
  /** Whether the node follows the new time; a large step back is not followed. */
  readonly followed: boolean
}

/** Where time comes from: injected so that tests can step it. */
export interface TimeSources {
  /** The host's wall clock in milliseconds; may jump. */
  readonly wallMs: () => number
  /** Milliseconds, with a fraction, since some start; never jumps. */
  readonly monotonicMs: () => number
}

export interface WallClockOptions {
  /** A difference up to this is noise of the two clocks and changes nothing; default 2. */
  readonly toleranceMs?: DurationMs
  /** A step back up to this makes time stand still; a larger one is not followed; default 1_000. */
  readonly standstillMsMax?: DurationMs
  /** Told about each step once. */
  readonly onJump?: (jump: ClockJump) => void
}

/** Node's timers take at most 2^31−1 ms; waking once a minute also notices steps of the clock. */
const TIMER_MS_MAX = 60_000

/** Two readings farther apart than this were interrupted. */
const READING_MS_MAX = 0.5

const HOST_TIME: TimeSources = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
}

/**
 * The wall clock, carried by the monotonic clock between looks at it. A step forward is followed at
 * once. After a small step back time stands still until the wall clock has caught up. A large step
 * back is not followed, because standing still would silence the node for that long: it is
 * reported, and an operator restarts the node when the new time is the right one (protocol §4.2 and
 * §4.6 keep a node with a wrong clock from doing harm).
 */
export class WallClock implements Clock {
  readonly #time: TimeSources
  readonly #toleranceMs: number
  readonly #standstillMsMax: number
  readonly #listeners: ((jump: ClockJump) => void)[]
  /** Wall time minus monotonic time, with a fraction. */
  #offsetMs: number
  #lastMs: UnixMs
  /** Wall time minus monotonic time of a step back that is not followed; null when none. */
  #refusedOffsetMs: number | null = null
  #alarm: Alarm | null = null

  constructor(options: WallClockOptions = {}, time: TimeSources = HOST_TIME) {
    this.#time = time
    this.#toleranceMs = options.toleranceMs ?? 2
    this.#standstillMsMax = options.standstillMsMax ?? 1_000
    this.#listeners = options.onJump === undefined ? [] : [options.onJump]
    this.#offsetMs = offsetOf(time)
    this.#lastMs = Math.floor(time.wallMs())
  }

  /** Tells another listener of each step from now on. */
  tell(onJump: (jump: ClockJump) => void): void {
    this.#listeners.push(onJump)
  }

  /** How far the wall clock is behind by a step that is not followed; null when it is not. */
  get setBackMs(): DurationMs | null {
    const refused = this.#refusedOffsetMs
    return refused === null ? null : Math.round(this.#offsetMs - refused)
  }

  /** The same time with its fraction, for measuring alone; may differ from `nowMs` by a step. */
  preciseMs(): number {
    return this.#preciseMs()
  }

  nowMs(): UnixMs {
    const preciseMs = this.#preciseMs()
    this.#lastMs = Math.max(this.#lastMs, Math.floor(preciseMs))
    return this.#lastMs
  }

  setAlarm(atMs: UnixMs, fire: () => void): void {
    this.clearAlarm()
    const alarm: Alarm = { atMs, fire, timer: undefined, immediate: undefined }
    this.#alarm = alarm
    this.#arm(alarm)
  }

  clearAlarm(): void {
    clearTimeout(this.#alarm?.timer)
    clearImmediate(this.#alarm?.immediate)
    this.#alarm = null
  }

  #arm(alarm: Alarm): void {
    // Time may stand still at #lastMs for a moment, so the remaining time is taken from nowMs().
    const remainingMs = alarm.atMs - Math.max(this.nowMs(), this.#preciseMs())
    if (remainingMs >= 1) {
      const waitMs = Math.min(Math.floor(remainingMs), TIMER_MS_MAX)
      alarm.timer = setTimeout(() => this.#wake(alarm), waitMs)
      return
    }
    // Timers count whole milliseconds; the last fraction is passed in turns of the event loop, so
    // that a round opens on its millisecond.
    alarm.immediate = setImmediate(() => this.#wake(alarm))
  }

  #wake(alarm: Alarm): void {
    if (this.#alarm !== alarm) return
    if (this.nowMs() < alarm.atMs) {
      this.#arm(alarm)
      return
    }
    this.#alarm = null
    alarm.fire()
  }

  #preciseMs(): number {
    const beforeMs = this.#time.monotonicMs()
    const wallMs = this.#time.wallMs()
    const monotonicMs = this.#time.monotonicMs()
    // Between the two looks the host may have run something else; such a pair of readings says
    // nothing about a step, and the next one will.
    if (monotonicMs - beforeMs <= READING_MS_MAX) this.#compare(wallMs - monotonicMs)
    return monotonicMs + this.#offsetMs
  }

  /** Decides what a reading of both clocks means. */
  #compare(wallOffsetMs: number): void {
    const byMs = wallOffsetMs - this.#offsetMs
    if (Math.abs(byMs) <= this.#toleranceMs) this.#refusedOffsetMs = null
    else if (byMs < -this.#standstillMsMax) this.#refuse(wallOffsetMs, byMs)
    else this.#follow(wallOffsetMs, byMs)
  }

  #follow(wallOffsetMs: number, byMs: number): void {
    this.#offsetMs = wallOffsetMs
    this.#refusedOffsetMs = null
    this.#tellAll({ byMs: Math.round(byMs), followed: true })
  }

  #refuse(wallOffsetMs: number, byMs: number): void {
    const known = this.#refusedOffsetMs
    if (known !== null && Math.abs(known - wallOffsetMs) <= this.#toleranceMs) return
    this.#refusedOffsetMs = wallOffsetMs
    this.#tellAll({ byMs: Math.round(byMs), followed: false })
  }

  #tellAll(jump: ClockJump): void {
    for (const listener of this.#listeners) listener(jump)
  }
}

interface Alarm {
  readonly atMs: UnixMs
  readonly fire: () => void
  timer: NodeJS.Timeout | undefined
  immediate: NodeJS.Immediate | undefined
}

/** The first offset, from the least interrupted of a few readings. */
function offsetOf(time: TimeSources): number {
  let best = { gapMs: Number.POSITIVE_INFINITY, offsetMs: 0 }
  for (let reading = 0; reading < 5; reading++) {
    const beforeMs = time.monotonicMs()
    const wallMs = time.wallMs()
    const afterMs = time.monotonicMs()
    const gapMs = afterMs - beforeMs
    if (gapMs < best.gapMs) best = { gapMs, offsetMs: wallMs - afterMs }
  }
  return best.offsetMs
}
