import { describe, expect, test } from 'vitest'
import { opened, ROUND, Script } from '../../../support/script.ts'

// A clock that goes far ahead, and what shows that it is right or wrong (protocol §4.6). Four
// members, f = 1: two others are f+1, and two others with this one make a certificate.

const ALL = 0b1111
const PAIR = { expected: ALL, signing: 0b111 }
/** The round of the same time tomorrow. */
const TOMORROW = ROUND + 172_800
/** In doubt, a node that reaches others and hears nobody goes on after so many rounds. */
const WAITED = 16

const SETTLED = ROUND + 1

/** A member that heard the others in the round before. */
function settled(): Script {
  const script = opened()
  for (const member of [1, 2]) says(script, member, ROUND)
  return script.waits(0, SETTLED)
}

/** A member whose clock says tomorrow, from one event to the next. */
function leapt(round = TOMORROW): Script {
  return wakes(opened(), round)
}

function wakes(script: Script, round: number): Script {
  script.takes()
  script.sleeps(0, round)
  return script.reports({ type: 'alarmFired', nowMs: script.cluster.nowMs })
}

const says = (script: Script, sender: number, round: number) =>
  script.receives(script.forge.observation({ round, sender, pair: PAIR }))

/** A message of a round that the host finds too old for the window, and signed validly. */
const isHeardIn = (script: Script, round: number, ...members: readonly number[]) => {
  for (const member of members) {
    script.reports({ type: 'memberBehind', nowMs: script.cluster.nowMs, member, round })
  }
}

const answers = (script: Script, ...members: readonly number[]) => {
  for (const from of members)
    script.reports({ type: 'answered', nowMs: script.cluster.nowMs, from })
}

const promisedFrom = (script: Script, round: number) =>
  script.all('persist').filter(({ promise }) => promise.round >= round)

/** Rounds of its observations after the leap. */
const spokenFrom = (script: Script, round: number) =>
  script.sent('observation').flatMap((each) => (each.round >= round ? [each.round] : []))

/** A certificate of the committee, as anybody may bring it. */
function brings(script: Script, round: number): void {
  const message = script.forge.certificate({ round, expectedNext: ALL, signingSet: 0b111 })
  script.reports({ type: 'received', nowMs: script.cluster.nowMs, message, origin: 'sync' })
}

describe('a clock that leaps ahead', () => {
  test('promises nothing in the rounds of tomorrow, so that its key can speak today', () => {
    const script = leapt().waits(499, TOMORROW + 60)
    expect(script.notes()).toContain('CLOCK_DOUBTED')
    expect(script.state.clock).toBe('doubted')
    expect(promisedFrom(script, TOMORROW)).toEqual([])
  })

  test('erases no nonces of tomorrow, so that a signer that goes on can answer today', () => {
    const script = leapt().waits(499, TOMORROW + 20)
    expect(script.state.clock).toBe('doubted')
    const erased = script.all('eraseNonces').map(({ upTo }) => upTo)
    expect(erased.filter((upTo) => upTo >= TOMORROW)).toEqual([])
  })

  test('over 64 rounds is believed: a silence as long as that is what a mistake may cost', () => {
    // The round that opens is not among those that passed unseen.
    const last = SETTLED + 65
    const script = wakes(settled(), last)
    expect(script.state.clock).toBe('agrees')
    // First it hears whether another took its key over (§9.3).
    expect(spokenFrom(script.waits(100, last + 2), SETTLED + 1)).toEqual([last + 2])
    expect(wakes(settled(), last + 1).state.clock).toBe('doubted')
  })

  test('in steps that are small each is doubted when they are large together', () => {
    const script = settled()
    for (let leap = 1; leap <= 6; leap++) wakes(script, SETTLED + 11 * leap)
    expect(script.state.clock).toBe('agrees')
    wakes(script, SETTLED + 77)
    expect(script.state.clock).toBe('doubted')
  })
})

describe('a leap that is right: the machine was suspended', () => {
  test('given f+1 others in the rounds of its clock, then it speaks when it has heard a whole one', () => {
    const script = leapt()
    says(script, 1, TOMORROW)
    says(script, 2, TOMORROW)
    script.waits(0, TOMORROW + 1)
    expect(script.notes()).toContain('CLOCK_AGREES')
    script.waits(0, TOMORROW + 2)
    expect(spokenFrom(script, TOMORROW)).toEqual([TOMORROW + 2])
  })

  test('given a certificate of now, then one member is enough to bring it', () => {
    const script = leapt()
    brings(script, TOMORROW - 1)
    script.waits(0, TOMORROW + 2)
    expect(spokenFrom(script, TOMORROW)).toEqual([TOMORROW + 2])
  })

  test('given others ahead of it, then its clock is not ahead', () => {
    const script = leapt()
    for (const member of [1, 2]) {
      const { nowMs } = script.cluster
      script.reports({ type: 'memberAhead', nowMs, member, round: TOMORROW + 2 })
    }
    script.waits(0, TOMORROW + 1)
    expect(script.state.clock).toBe('agrees')
  })

  test('given a clock that was behind before, then a new barrier passes as well (§10.3)', () => {
    const script = opened()
    for (const member of [1, 2]) {
      script.reports({ type: 'memberAhead', nowMs: script.cluster.nowMs, member, round: TOMORROW })
    }
    script.waits(0, ROUND + 1)
    expect(script.state.clock).toBe('behind')
    wakes(script, TOMORROW + 1)
    expect(script.state.clock).toBe('agrees')
    script.waits(0, TOMORROW + 4)
    expect(spokenFrom(script, TOMORROW)).toEqual([TOMORROW + 3, TOMORROW + 4])
  })
})

describe('what f members can make of a doubt', () => {
  test('they cannot make it go on: one that says to be in tomorrow bears nothing out', () => {
    const script = leapt()
    for (let round = TOMORROW; round < TOMORROW + 40; round++) {
      script.waits(10, round)
      says(script, 3, round)
      isHeardIn(script, ROUND + round - TOMORROW, 1, 2)
      answers(script, 1, 2, 3)
    }
    expect(promisedFrom(script, TOMORROW)).toEqual([])
    expect(script.state.doubt?.isContradicted).toBe(true)
  })

  test('they cannot hold it: one that says to be in today contradicts nothing', () => {
    const script = leapt()
    for (let round = TOMORROW; round < TOMORROW + WAITED; round++) {
      script.waits(10, round)
      answers(script, 1, 2, 3)
      isHeardIn(script, ROUND + round - TOMORROW, 3)
    }
    script.waits(0, TOMORROW + WAITED)
    expect(spokenFrom(script, TOMORROW)).toEqual([TOMORROW + WAITED])
  })

  test('old messages of honest members, heard before or repeated, are no news', () => {
    const script = opened()
    says(script, 1, ROUND)
    says(script, 2, ROUND)
    wakes(script, TOMORROW)
    for (let round = TOMORROW; round < TOMORROW + WAITED; round++) {
      script.waits(10, round)
      answers(script, 1, 2, 3)
      isHeardIn(script, ROUND, 1, 2)
      isHeardIn(script, ROUND - 1, 1, 2)
    }
    script.waits(0, TOMORROW + WAITED)
    expect(spokenFrom(script, TOMORROW)).toEqual([TOMORROW + WAITED])
  })

  test('messages that were kept back hold it no longer than they last', () => {
    const script = leapt()
    for (let round = TOMORROW; round < TOMORROW + 30; round++) {
      script.waits(10, round)
      answers(script, 1, 2, 3)
      if (round < TOMORROW + 20) isHeardIn(script, ROUND + round - TOMORROW, 1, 2)
    }
    expect(script.notes()).toContain('CLOCK_CONTRADICTED')
    // The last was heard in round 19; eight rounds later it is stale.
    expect(spokenFrom(script, TOMORROW)[0]).toBe(TOMORROW + 28)
  })
})

describe('a committee of which nobody speaks', () => {
  test('goes on when enough for a certificate run and can be reached, and nobody speaks today', () => {
    const script = leapt()
    answers(script, 1, 2)
    script.waits(0, TOMORROW + WAITED)
    expect(script.notes()).toEqual(['CLOCK_DOUBTED', 'CLOCK_UNCONTRADICTED', 'CLOCK_AGREES'])
    expect(spokenFrom(script, TOMORROW)).toEqual([TOMORROW + WAITED])
  })

  test('stays silent where too few can be reached: it could certify nothing', () => {
    const script = leapt()
    answers(script, 1)
    script.waits(0, TOMORROW + 100)
    expect(promisedFrom(script, TOMORROW)).toEqual([])
  })

  test('waits from the answers on: a node without a network hears nobody, whatever its clock says', () => {
    const script = leapt().waits(10, TOMORROW + 100)
    answers(script, 1, 2)
    script.waits(10, TOMORROW + 100 + WAITED - 1)
    expect(promisedFrom(script, TOMORROW)).toEqual([])
    script.waits(0, TOMORROW + 100 + WAITED)
    expect(spokenFrom(script, TOMORROW)).toEqual([TOMORROW + 100 + WAITED])
  })

  test('is asked every eight rounds', () => {
    const script = leapt().waits(0, TOMORROW + 17)
    const asked = script.takes().filter(({ type }) => type === 'send')
    expect(asked).toHaveLength(3 * 3)
  })
})

describe('a start', () => {
  const started = (watermark: number, round: number) => {
    const script = new Script().sleeps(0, round)
    script.reports({
      ...{ type: 'started', nowMs: script.cluster.nowMs, watermark, certificate: null },
      ...{ evidence: [], past: [] },
    })
    return script.waits(0, round + 3)
  }

  test('far beyond the last promise is doubted: a machine may come up with a wrong clock', () => {
    const script = started(ROUND, TOMORROW)
    expect(script.notes()).toContain('CLOCK_DOUBTED')
    expect(promisedFrom(script, TOMORROW)).toEqual([])
  })

  test('soon after the last promise is believed', () => {
    const script = started(TOMORROW - 60, TOMORROW)
    expect(script.notes()).toEqual([])
    expect(spokenFrom(script, TOMORROW)).toEqual([TOMORROW + 2, TOMORROW + 3])
  })

  test('what others said up to the last promise was heard then, and contradicts nothing now', () => {
    const script = started(ROUND + 900, TOMORROW)
    for (let round = TOMORROW + 4; round < TOMORROW + 30; round++) {
      script.waits(10, round)
      answers(script, 1, 2, 3)
      isHeardIn(script, ROUND + round - TOMORROW, 1, 2)
    }
    expect(script.notes()).not.toContain('CLOCK_CONTRADICTED')
    expect(spokenFrom(script, TOMORROW).length).toBeGreaterThan(0)
  })
})
