import { describe, expect, it } from 'vitest'
import { Limiter, limiterOptionsFor } from '../../../../node/gossip/limiter.ts'

const OPTIONS = {
  burst: 10,
  perSecond: 5,
  rejectsMax: 20,
  surplusMax: 30,
  banMs: 60_000,
  banMsMax: 3_600_000,
}

/** A clock that the test moves by hand. */
class HandClock {
  ms = 1_000
  readonly nowMs = () => this.ms
}

function limiterAt() {
  const clock = new HandClock()
  return { clock, limiter: new Limiter(OPTIONS, clock) }
}

function rejectTimes(limiter: Limiter, times: number): string[] {
  return Array.from({ length: times }, () => limiter.reject(3))
}

describe('the limiter', () => {
  it('lets a burst pass, drops the rest, and refills with time', () => {
    const { clock, limiter } = limiterAt()
    const burst = Array.from({ length: 12 }, () => limiter.admit(3))
    expect(burst).toEqual([...Array.from({ length: 10 }, () => 'pass'), 'drop', 'drop'])
    clock.ms += 400
    expect([limiter.admit(3), limiter.admit(3), limiter.admit(3)]).toEqual(['pass', 'pass', 'drop'])
    expect(limiter.record(3).surplus).toBe(3)
  })

  it('counts each peer for itself', () => {
    const { limiter } = limiterAt()
    for (let count = 0; count < 11; count++) limiter.admit(3)
    expect(limiter.admit(3)).toBe('drop')
    expect(limiter.admit(4)).toBe('pass')
  })

  it('cuts a peer that goes on after its messages are dropped', () => {
    const { limiter } = limiterAt()
    const answers = Array.from({ length: 40 }, () => limiter.admit(3))
    expect(answers.indexOf('cut')).toBe(39)
    expect(limiter.isBanned(3)).toBe(true)
    expect(limiter.admit(3)).toBe('drop')
  })

  it('cuts at the twentieth reject and not before', () => {
    const { limiter } = limiterAt()
    expect(rejectTimes(limiter, 19)).toEqual(Array.from({ length: 19 }, () => 'counted'))
    expect(limiter.isBanned(3)).toBe(false)
    expect(limiter.reject(3)).toBe('cut')
    expect(limiter.isBanned(3)).toBe(true)
    expect(limiter.record(3)).toEqual({ rejects: 20, surplus: 0, bans: 1 })
  })

  it('forgives one reject a minute, so that rare faults never add up', () => {
    const { clock, limiter } = limiterAt()
    for (let count = 0; count < 100; count++) {
      expect(limiter.reject(3)).toBe('counted')
      clock.ms += 60_000
    }
  })

  it('doubles each ban up to the longest, and forgets after as long a peace', () => {
    const { clock, limiter } = limiterAt()
    const banOnce = () => {
      rejectTimes(limiter, 20)
      let minutes = 0
      for (; limiter.isBanned(3); minutes++) clock.ms += 60_000
      return minutes
    }
    expect([1, 2, 3, 4, 5, 6, 7, 8].map(banOnce)).toEqual([1, 2, 4, 8, 16, 32, 60, 60])
    clock.ms += 3_600_001
    expect(banOnce()).toBe(1)
  })

  it('is sized by the messages that protocol §13 grants, times n', () => {
    expect(limiterOptionsFor({ members: 4, roundMs: 500 })).toMatchObject({
      burst: 448,
      perSecond: 224,
      rejectsMax: 20,
    })
    const large = limiterOptionsFor({ members: 31, roundMs: 1_000 })
    expect(large.perSecond).toBeGreaterThanOrEqual(14 * 31)
  })

  it('keeps no more accounts than it may, and forgets the oldest first', () => {
    const clock = new HandClock()
    const limiter = new Limiter<string>({ ...OPTIONS, accountsMax: 2 }, clock)
    for (const host of ['a', 'b']) limiter.ban(host)
    limiter.admit('c')
    expect(['a', 'b', 'c'].map((host) => limiter.isBanned(host))).toEqual([false, true, false])
  })
})
