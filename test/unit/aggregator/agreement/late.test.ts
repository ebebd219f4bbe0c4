import { describe, expect, test } from 'vitest'
import { opened, ROUND, Script } from '../../../support/script.ts'

const ALL = 0b1111
/** A pair that this machine never names without a certificate. */
const OTHER = { expected: ALL, signing: 0b1110 }

/** A machine two rounds into its work, in whose rounds the others name the pairs given. */
function afterTwoRounds(
  script: Script,
  names: (sender: number, round: number) => { expected: number; signing: number } | null,
): Script {
  for (const round of [ROUND, ROUND + 1]) {
    script.waits(1, round)
    for (const sender of [1, 2, 3]) {
      const pair = names(sender, round) ?? script.pair(round)
      script.receives(
        script.forge.observation({ round, sender, pair, basis: script.round(round).basis }),
      )
    }
  }
  return script.waits(60, ROUND + 1)
}

const lateIn = (script: Script, round: number) =>
  script.sent('late').find((late) => late.round === round)?.members ?? 0

describe('late notices (protocol §6.5)', () => {
  test('given missing members at includeMs, then they are named once, promised before sent', () => {
    const script = opened()
    script.receives(script.observation(2))
    script.takes()
    script.waits(60)
    const effects = script.takes().map((each) => each.type)
    expect(effects.slice(0, 2)).toEqual(['persist', 'broadcast'])
    expect(script.sent('late')).toEqual([
      { type: 'late', round: ROUND, sender: 0, members: 0b1010 },
    ])
    script.waits(400)
    expect(script.sent('late')).toHaveLength(1)
  })

  test('given everyone in time, then no notice is sent', () => {
    const script = opened()
    for (const sender of [1, 2, 3]) script.receives(script.observation(sender))
    expect(script.waits(100).sent('late')).toEqual([])
  })

  test('given an observation outside its window, then its sender is missing', () => {
    const script = opened()
    for (const sender of [1, 2]) script.receives(script.observation(sender))
    script.receives(script.observation(3, { timestampMs: script.openingMs(ROUND) + 66 }))
    expect(lateIn(script.waits(60), ROUND)).toBe(0b1000)
  })

  test('given a certificate by includeMs, then no notice is sent', () => {
    const script = opened()
    script.receives(
      script.forge.certificate({ round: ROUND, signingSet: 0b111, expectedNext: ALL }),
    )
    expect(script.waits(100).sent('late')).toEqual([])
  })

  test('given the silence after a start, then no notice is sent', () => {
    const script = new Script().starts().waits(499, ROUND - 1)
    expect(script.sent('late')).toEqual([])
  })

  test('given another pair named in two rounds running, then its sender is named', () => {
    const script = afterTwoRounds(opened(), (sender) => (sender === 2 ? OTHER : null))
    expect(lateIn(script, ROUND)).toBe(0)
    expect(lateIn(script, ROUND + 1)).toBe(0b100)
  })

  test('given another pair named in one round only, then its sender is not named', () => {
    const script = afterTwoRounds(opened(), (sender, round) =>
      sender === 2 && round === ROUND + 1 ? OTHER : null,
    )
    expect(lateIn(script, ROUND + 1)).toBe(0)
  })

  test('given f+1 others with a better certificate, then pairs are no complaint', () => {
    const script = opened()
    for (const round of [ROUND, ROUND + 1]) {
      script.waits(1, round)
      for (const sender of [1, 2, 3]) {
        const basis = { round: round - 1, slot: 0 }
        script.receives(script.forge.observation({ round, sender, pair: OTHER, basis }))
      }
    }
    expect(lateIn(script.waits(60, ROUND + 1), ROUND + 1)).toBe(0)
  })

  test('given a stale pair whose certificate arrives after the opening, then pairs are no complaint either', () => {
    const script = opened()
    for (const round of [ROUND, ROUND + 1]) {
      script.waits(1, round)
      const basis = { round: round - 1, slot: 0 }
      const expectedNext = round === ROUND ? 0b1110 : ALL
      const pair = { expected: expectedNext, signing: 0b1110 }
      for (const sender of [1, 2, 3]) {
        script.receives(script.forge.observation({ round, sender, pair, basis }))
      }
      // The certificate that the others started from comes when the pair is frozen already.
      script.receives(
        script.forge.certificate({ round: round - 1, signingSet: 0b1110, expectedNext }),
      )
    }
    expect(lateIn(script.waits(60, ROUND + 1), ROUND + 1)).toBe(0)
  })

  describe('given certificates that come before an opening, and a member that names the old pair', () => {
    const namedWhenHeldFrom = (atMs: number): number => {
      const script = opened()
      for (const round of [ROUND + 1, ROUND + 2]) {
        script.waits(atMs, round - 1)
        const signingSet = round === ROUND + 1 ? 0b0111 : 0b1011
        script.receives(
          script.forge.certificate({ round: round - 1, signingSet, expectedNext: ALL }),
        )
        script.waits(1, round)
        for (const sender of [1, 2, 3]) {
          const pair = sender === 2 ? OTHER : script.pair(round)
          const { basis } = script.round(round)
          script.receives(script.forge.observation({ round, sender, pair, basis }))
        }
      }
      return lateIn(script.waits(60, ROUND + 2), ROUND + 2)
    }

    test('when a hop and the skew have passed since, it is named: it could have them too', () => {
      expect(namedWhenHeldFrom(475)).toBe(0b100)
    })

    test('when they came later, it is not: they were let go so that honest pairs differ', () => {
      expect(namedWhenHeldFrom(476)).toBe(0)
    })
  })
})

describe('the round after a lost one (protocol §4.3)', () => {
  /** A round in which members say who was late, and what is expected in the next. */
  const expectedAfter = (notices: readonly (readonly [sender: number, members: number])[]) => {
    const script = opened()
    for (const sender of [1, 2]) script.receives(script.observation(sender))
    // This machine names member 3 itself.
    script.waits(61)
    for (const [sender, members] of notices) {
      script.receives(script.forge.late({ round: ROUND, sender, members }))
    }
    return { script, expected: () => script.waits(1, ROUND + 1).pair(ROUND + 1).expected }
  }

  test('given f+1 notices, then whom they name is not expected', () => {
    expect(expectedAfter([[1, 0b1000]]).expected()).toBe(0b0111)
  })

  test('given f notices, then everyone is expected: f alone can slander nobody', () => {
    expect(expectedAfter([]).expected()).toBe(ALL)
    expect(expectedAfter([[1, 0b0100]]).expected()).toBe(ALL)
  })

  test('given fewer than t members without the absent ones, then everyone is expected', () => {
    const notices = [
      [1, 0b1100],
      [2, 0b0100],
    ] as const
    expect(expectedAfter(notices).expected()).toBe(ALL)
  })

  test('given a certificate of the round, then it alone decides', () => {
    const { script, expected } = expectedAfter([[1, 0b1000]])
    script.receives(
      script.forge.certificate({ round: ROUND, signingSet: 0b0111, expectedNext: ALL }),
    )
    expect(expected()).toBe(ALL)
  })
})
