import { describe, expect, test } from 'vitest'
import { opened, ROUND, Script } from '../../../support/script.ts'

const ALL = 0b1111
/** A pair that this machine never names without a certificate. */
const OTHER = { expected: ALL, signing: 0b1110 }

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

  test('given a stale pair whose certificate comes after the opening, then pairs are no complaint', () => {
    // It has a lower certificate of the round, or the lost round alone would excuse them.
    const script = opened().waits(100)
    script.receives(
      script.forge.certificate({ round: ROUND, signingSet: 0b111, expectedNext: ALL }),
    )
    const round = ROUND + 1
    script.waits(1, round)
    const sets = { signingSet: 0b1110, expectedNext: 0b1110 }
    const pair = { expected: sets.expectedNext, signing: sets.signingSet }
    const basis = { round: ROUND, slot: 2 }
    for (const sender of [1, 2, 3]) {
      script.receives(script.forge.observation({ round, sender, pair, basis }))
    }
    // The certificate that the others started from comes when the pair is frozen already.
    script.receives(script.forge.certificate({ ...basis, ...sets }))
    expect(lateIn(script.waits(60, round), round)).toBe(0)
  })
})

describe('notices about pairs (protocol §6.5)', () => {
  interface Told {
    /** When this machine gets the certificate of the round before; never when left out. */
    readonly certificateMs?: number
    /** When it convicts member 3, in the round before. */
    readonly convictionMs?: number
    readonly basis?: { readonly round: number; readonly slot: number }
  }

  /** Whom the machine names when member 2 names another pair in one round. */
  const namedWhen = ({ certificateMs, convictionMs, basis }: Told): number => {
    const script = opened()
    const { forge } = script
    const moments: (readonly [atMs: number, act: () => void])[] = []
    if (convictionMs !== undefined) {
      const contradictions = [1n, 2n].map((value) => script.observation(3, { values: [value] }))
      moments.push([convictionMs, () => script.receives(...contradictions)])
    }
    if (certificateMs !== undefined) {
      const certificate = forge.certificate({ round: ROUND, signingSet: 0b111, expectedNext: ALL })
      moments.push([certificateMs, () => script.receives(certificate)])
    }
    for (const [atMs, act] of moments.toSorted(([one], [other]) => one - other)) {
      script.waits(atMs)
      act()
    }
    const round = ROUND + 1
    script.waits(1, round)
    for (const sender of [1, 2, 3]) {
      const isOther = sender === 2
      const pair = isOther ? OTHER : script.pair(round)
      const named = isOther ? (basis ?? script.round(round).basis) : script.round(round).basis
      script.receives(forge.observation({ round, sender, pair, basis: named }))
    }
    return lateIn(script.waits(60, round), round)
  }

  test('given another pair from the same certificate, then its sender is named at once', () => {
    expect(namedWhen({ certificateMs: 100 })).toBe(0b100)
    expect(namedWhen({ certificateMs: 499 })).toBe(0b100)
  })

  test('given a pair from a lower certificate, then only if all could have the higher one', () => {
    const basis = { round: ROUND - 1, slot: 0 }
    expect(namedWhen({ certificateMs: 475, basis })).toBe(0b100)
    expect(namedWhen({ certificateMs: 476, basis })).toBe(0)
  })

  test('given a pair from a higher certificate, then its sender is asked, not named', () => {
    expect(namedWhen({ certificateMs: 100, basis: { round: ROUND, slot: 1 } })).toBe(0)
  })

  interface Claimed {
    /** Comes in the round of the claim. */
    readonly brought?: boolean
    /** Rounds from the claim to the one in which this machine says who was late. */
    readonly after?: number
    /** Expected by the certificate of the round of the claim; everyone by the later ones. */
    readonly expectedNext?: number
  }

  /** Member 2 claims a certificate of slot 2 in one round; whom the machine names in a later. */
  const namedAfterClaim = ({ brought, after = 1, expectedNext = ALL }: Claimed): number => {
    const script = opened()
    const { forge } = script
    const sets = { signingSet: 0b111, expectedNext: ALL }
    script.waits(100).receives(forge.certificate({ round: ROUND, ...sets }))
    const claimed = { round: ROUND, slot: 2 }
    const claimedIn = ROUND + 1
    const last = claimedIn + after
    for (let round = claimedIn; round <= last; round++) {
      script.waits(1, round)
      for (const sender of [1, 2, 3]) {
        const isClaim = sender === 2 && round === claimedIn
        const pair = isClaim ? OTHER : script.pair(round)
        const basis = isClaim ? claimed : script.round(round).basis
        script.receives(forge.observation({ round, sender, pair, basis }))
      }
      if (round === last) break
      if (brought) script.receives(forge.certificate({ ...claimed, ...sets }))
      const next = round === claimedIn ? expectedNext : ALL
      script
        .waits(100, round)
        .receives(forge.certificate({ round, signingSet: 0b1011, expectedNext: next }))
    }
    return lateIn(script.waits(60, last), last)
  }

  test('given a claim of a certificate that never came, then its sender is named next time', () => {
    expect(namedAfterClaim({})).toBe(0b100)
    expect(namedAfterClaim({ brought: true })).toBe(0)
  })

  test('a claim outlives its round, or one in every 17 would cost its sender nothing', () => {
    expect(namedAfterClaim({ after: 17 })).toBe(0b100)
  })

  test('who lost its place for a claim owes nothing when it is expected again', () => {
    expect(namedAfterClaim({ after: 2 })).toBe(0b100)
    expect(namedAfterClaim({ after: 2, expectedNext: 0b1011 })).toBe(0)
  })

  test('given a lost round before, then nobody is named: its notices may differ', () => {
    expect(namedWhen({})).toBe(0)
  })

  test('given a conviction that not all could have yet, then nobody is named', () => {
    expect(namedWhen({ certificateMs: 100, convictionMs: 475 })).toBe(0b100)
    expect(namedWhen({ certificateMs: 100, convictionMs: 476 })).toBe(0)
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
