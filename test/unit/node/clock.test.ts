import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type ClockJump, WallClock } from '../../../node/clock.ts'

/** Two clocks of a host that a test can step apart. */
class FakeHost {
  wall = 1_000_000
  monotonic = 5_000
  readonly wallMs = () => this.wall
  readonly monotonicMs = () => this.monotonic

  passes(ms: number): void {
    this.wall += ms
    this.monotonic += ms
  }
}

let host: FakeHost
let jumps: ClockJump[]
let clock: WallClock

beforeEach(() => {
  host = new FakeHost()
  jumps = []
  clock = new WallClock({ onJump: (jump) => jumps.push(jump) }, host)
})

afterEach(() => {
  clock.clearAlarm()
  vi.useRealTimers()
})

test('nowMs is whole milliseconds of the wall clock', () => {
  host.passes(10.75)
  expect(clock.nowMs()).toBe(1_000_010)
  expect(jumps).toEqual([])
})

test('nowMs ignores the noise between the two clocks', () => {
  host.wall += 2
  expect(clock.nowMs()).toBe(1_000_000)
  expect(jumps).toEqual([])
})

test('being interrupted between two readings is no step', () => {
  const interrupted = {
    monotonicMs: () => host.monotonic,
    wallMs: () => {
      host.passes(40)
      return host.wall
    },
  }
  const busy = new WallClock({ onJump: (jump) => jumps.push(jump) }, interrupted)
  const firstMs = busy.nowMs()
  expect(busy.nowMs() - firstMs).toBe(40)
  expect(jumps).toEqual([])
})

test('nowMs follows a step forward at once and reports it', () => {
  host.wall += 5_000
  expect(clock.nowMs()).toBe(1_005_000)
  expect(jumps).toEqual([{ byMs: 5_000, followed: true }])
})

test('nowMs stands still after a small step back, until the wall clock has caught up', () => {
  host.passes(1_000)
  expect(clock.nowMs()).toBe(1_001_000)
  host.wall -= 300
  expect(clock.nowMs()).toBe(1_001_000)
  host.passes(200)
  expect(clock.nowMs()).toBe(1_001_000)
  host.passes(200)
  expect(clock.nowMs()).toBe(1_001_100)
  expect(jumps).toEqual([{ byMs: -300, followed: true }])
})

test('nowMs does not follow a large step back, and reports it once', () => {
  host.wall -= 3_600_000
  expect(clock.nowMs()).toBe(1_000_000)
  host.passes(500)
  expect(clock.nowMs()).toBe(1_000_500)
  expect(jumps).toEqual([{ byMs: -3_600_000, followed: false }])
})

test('a large step back that is undone and repeated is reported again', () => {
  host.wall -= 3_600_000
  clock.nowMs()
  host.wall += 3_600_000
  clock.nowMs()
  host.wall -= 3_600_000
  clock.nowMs()
  expect(jumps).toHaveLength(2)
})

test('setAlarm fires once, never early', async () => {
  const real = new WallClock()
  for (let i = 0; i < 20; i++) {
    const atMs = real.nowMs() + 7
    const firedMs = await new Promise<number>((resolve) => {
      real.setAlarm(atMs, () => resolve(real.nowMs()))
    })
    expect(firedMs).toBeGreaterThanOrEqual(atMs)
  }
})

test('setAlarm in the past fires on the next turn, not inside the call', async () => {
  let fired = false
  clock.setAlarm(0, () => {
    fired = true
  })
  expect(fired).toBe(false)
  await new Promise((resolve) => setImmediate(resolve))
  expect(fired).toBe(true)
})

test('setAlarm replaces the alarm before it', async () => {
  const fired: string[] = []
  clock.setAlarm(0, () => fired.push('first'))
  clock.setAlarm(0, () => fired.push('second'))
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
  expect(fired).toEqual(['second'])
})

test('clearAlarm keeps the alarm from firing', async () => {
  let fired = false
  clock.setAlarm(0, () => {
    fired = true
  })
  clock.clearAlarm()
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
  expect(fired).toBe(false)
})

test('an alarm farther away than one timer lasts is armed again until its time', () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate'] })
  let fired = 0
  clock.setAlarm(clock.nowMs() + 150_000, () => fired++)
  for (let minutes = 0; minutes < 3; minutes++) {
    expect(fired).toBe(0)
    host.passes(60_000)
    vi.advanceTimersByTime(60_000)
  }
  vi.advanceTimersByTime(1)
  expect(fired).toBe(1)
})
