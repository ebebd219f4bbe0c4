import { describe, expect, test } from 'vitest'
import { opened, ROUND, Script } from '../../support/script.ts'

const ALL = 0b1111

/**
 * A member that is no proposer of the round, with all observations held too late for the fast path.
 */
function signer(): { readonly script: Script; readonly rankZero: number } {
  const order = new Script().order()
  const [rankZero, , , self] = order as [number, number, number, number]
  const script = opened({ self }).waits(95)
  for (const sender of order) if (sender !== self) script.receives(script.observation(sender))
  return { script, rankZero }
}

function signableProposal(script: Script, rankZero: number) {
  return script.forge.proposal(script.observations(), {
    round: ROUND,
    sender: rankZero,
    rank: 0,
    observers: ALL,
    signingSet: ALL & ~(1 << rankZero),
    expectedNext: ALL,
  })
}

describe('the clock of a round (protocol §6)', () => {
  test('given a round in which nobody answers, then its alarms come in the order of its deadlines', () => {
    const script = opened()
    script.takes()
    script.waits(0, ROUND + 1)
    const alarms = script.takes().flatMap((each) => (each.type === 'setAlarm' ? [each.atMs] : []))
    const opening = script.openingMs(ROUND)
    expect(alarms.map((atMs) => atMs - opening)).toEqual([115, 120, 155, 160, 240, 500, 560])
  })

  test('given a signable proposal in time, then it is signed', () => {
    const { script, rankZero } = signer()
    script.waits(130).receives(signableProposal(script, rankZero))
    expect(script.sent('share')).toHaveLength(1)
  })

  test('given a sleep past voteMs, when a proposal is handed over before the alarm, then nothing is signed (§6.9)', () => {
    const { script, rankZero } = signer()
    const proposal = signableProposal(script, rankZero)
    script.sleeps(241).receives(proposal)
    expect(script.all('signShare')).toEqual([])
    expect(script.all('skipped').map((each) => each.round)).toContain(ROUND)
  })

  test('given a sleep over two rounds, when a message of now comes before the alarm, then it is kept (§4.2)', () => {
    const script = opened()
    const pair = { expected: ALL, signing: 0b111 }
    const now = ROUND + 3
    const observation = script.forge.observation({ round: now, sender: 1, pair })
    script.sleeps(10, now).receives(observation)
    expect(script.state.current).toBe(now)
    expect(script.round(now).counted & 0b10).toBe(0b10)
  })

  test('given a sleep over the opening, when it wakes within the window, then it observes late', () => {
    const script = opened()
    script.sleeps(50, ROUND + 1).reports({ type: 'alarmFired', nowMs: script.cluster.nowMs })
    expect(script.sent('observation').map((each) => each.round)).toEqual([ROUND, ROUND + 1])
  })

  test('given a sleep past the window of observations, when it wakes, then it neither observes nor accuses', () => {
    const script = opened()
    script.waits(499).sleeps(100, ROUND + 1)
    script.reports({ type: 'alarmFired', nowMs: script.cluster.nowMs })
    expect(script.sent('observation').map((each) => each.round)).toEqual([ROUND])
    expect(script.sent('late').map((each) => each.round)).toEqual([ROUND])
  })

  test('given a clock that runs backwards, then the time of the core stands still', () => {
    const script = opened().waits(60)
    script.reports({ type: 'alarmFired', nowMs: script.openingMs(ROUND - 3) })
    expect(script.state.nowMs).toBe(script.openingMs(ROUND) + 60)
    expect(script.state.current).toBe(ROUND)
  })

  test('given an alarm that fires, then another one is always set', () => {
    const script = opened()
    for (let fired = 0; fired < 20; fired++) {
      script.takes()
      script.reports({ type: 'alarmFired', nowMs: script.cluster.nowMs })
      expect(script.takes().map((each) => each.type)).toContain('setAlarm')
    }
  })

  test('given a time before the first round, then the alarm is set for it and nothing is sent', () => {
    const script = new Script()
    script.cluster.start(0)
    expect(script.all('setAlarm')).toEqual([{ type: 'setAlarm', atMs: script.openingMs(1) }])
    script.waits(0, 1)
    expect(script.all('broadcast')).toEqual([])
  })
})

describe('a wrong clock (protocol §4.2)', () => {
  const ahead = (script: Script, member: number, round: number) =>
    script.reports({ type: 'memberAhead', nowMs: script.cluster.nowMs, member, round })

  test('given f members far ahead, then the node goes on', () => {
    const script = opened()
    ahead(script, 1, Number.MAX_SAFE_INTEGER)
    script.waits(0, ROUND + 2)
    expect(script.notes()).not.toContain('CLOCK_BEHIND')
    expect(script.sent('observation')).toHaveLength(3)
  })

  test('given f+1 members two rounds ahead, then it raises an alarm and sends nothing of its own', () => {
    const script = opened()
    ahead(script, 1, ROUND + 3)
    ahead(script, 2, ROUND + 9)
    script.waits(499, ROUND + 1)
    const note = script.all('note').find((each) => each.code === 'CLOCK_BEHIND')
    expect(note).toMatchObject({ round: ROUND + 1, members: 0b110 })
    expect(script.all('broadcast').every((each) => each.message.message.round <= ROUND)).toBe(true)
  })

  test('given a clock that agrees again, then a new barrier passes before it speaks (§10.3)', () => {
    const script = opened()
    for (const member of [1, 2]) ahead(script, member, ROUND + 3)
    script.waits(0, ROUND + 6)
    expect(script.notes()).toContain('CLOCK_AGREES')
    const agreedAt = script.all('note').find((each) => each.code === 'CLOCK_AGREES')?.round ?? 0
    const spoke = script.sent('observation').map((each) => each.round)
    expect(spoke).toEqual([ROUND, ...spoke.filter((round) => round > agreedAt + 1)])
    expect(spoke.length).toBeGreaterThan(1)
  })
})
