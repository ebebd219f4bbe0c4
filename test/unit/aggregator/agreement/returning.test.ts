import { describe, expect, test } from 'vitest'
import { vouchedIn, withReturning } from '../../../../aggregator/agreement/returning.ts'
import { contextOf } from '../../../../aggregator/context.ts'
import type { Pair } from '../../../../aggregator/messages/messages.ts'
import { listMembers, type Members } from '../../../../aggregator/values/ids.ts'
import { referenceCrypto, testCommittee } from '../../../support/committee.ts'
import { Forge } from '../../../support/forge.ts'

const PROBE = 32
const testOf7 = testCommittee({ size: 7 })
const context = contextOf(referenceCrypto, testOf7.committee)
const forge = new Forge(testOf7, context)
const EXPECTED = 0b0011111
const PAIR: Pair = { expected: EXPECTED, signing: EXPECTED }

/** The expected set after a round in which each of the first members says its word. */
const nextAfter = (
  words: readonly Members[],
  about: { round?: number; observers?: Members } = {},
) => {
  const { round = PROBE, observers = EXPECTED } = about
  const observations = words.map((vouched, sender) =>
    forge.observation({ round, sender, pair: PAIR, vouched }),
  )
  return withReturning(context, { round, expected: EXPECTED, observers, observations })
}
const FIVE = 0b0100000
const SIX = 0b1000000

describe('who comes back (protocol §4.5)', () => {
  test('whom f+1 vouch for does; f liars alone let nobody back', () => {
    expect(testOf7.committee.f).toBe(2)
    expect(nextAfter([FIVE, FIVE, FIVE, 0, 0])).toBe(EXPECTED | FIVE)
    expect(nextAfter([FIVE, FIVE, 0, 0, 0])).toBe(EXPECTED)
  })

  test('f liars alone keep nobody out', () => {
    expect(nextAfter([0, 0, FIVE, FIVE, FIVE])).toBe(EXPECTED | FIVE)
  })

  test('one at a time: the smallest (index − r/probeEvery) mod n of those vouched for', () => {
    const both = Array.from({ length: 5 }, () => FIVE | SIX)
    expect(nextAfter(both)).toBe(EXPECTED | FIVE)
    expect(nextAfter(both, { round: 6 * PROBE })).toBe(EXPECTED | SIX)
    expect(nextAfter(both, { round: 7 * PROBE })).toBe(EXPECTED | FIVE)
  })

  test('who is silent takes nobody the place', () => {
    expect(nextAfter([SIX, SIX, SIX, 0, 0])).toBe(EXPECTED | SIX)
  })

  test('only the words of observers count', () => {
    expect(nextAfter([FIVE, FIVE, FIVE, 0, 0], { observers: 0b0011110 })).toBe(EXPECTED)
  })

  test('when somebody has left, only one of the observers comes back', () => {
    const both = [...Array.from({ length: 5 }, () => FIVE | SIX), 0, 0]
    expect(nextAfter(both, { observers: 0b1011110 })).toBe(EXPECTED | SIX)
    expect(nextAfter(both, { observers: 0b0011110 })).toBe(EXPECTED)
  })

  test('nobody comes back in another round', () => {
    // A decoder refuses such a word; the rule does not rest on it.
    expect(nextAfter([FIVE, FIVE, FIVE, FIVE, FIVE], { round: PROBE + 1 })).toBe(EXPECTED)
  })
})

describe('whom a member vouches for (protocol §4.5)', () => {
  /** What a node says in a round, when members were seen in the one before. */
  const said = (given: {
    readonly round?: number
    readonly included: Members
    readonly pairs?: Readonly<Record<number, Pair>>
    readonly convicted?: Members
    readonly ownPair?: Pair | null
  }) => {
    const { round = PROBE, included, pairs = {}, convicted = 0, ownPair = PAIR } = given
    const observations = listMembers(included).reduce<unknown[]>((held, sender) => {
      const pair = pairs[sender] ?? PAIR
      held[sender] = forge.observation({ round: round - 1, sender, pair })
      return held
    }, [])
    const before = { round: round - 1, pair: ownPair, included, observations }
    const state = { convicted, rounds: new Map([[round - 1, before]]) }
    const turn = { context, state } as unknown as Parameters<typeof vouchedIn>[0]
    const open = { round } as unknown as Parameters<typeof vouchedIn>[1]
    return vouchedIn(turn, open, PAIR)
  }

  test('excluded members whose observation of the round before was here in time', () => {
    expect(said({ included: EXPECTED | SIX })).toBe(SIX)
    expect(said({ included: EXPECTED })).toBe(0)
  })

  test('not in another round', () => {
    expect(said({ round: PROBE + 1, included: EXPECTED | SIX })).toBe(0)
  })

  test('not one that would name another pair, which a round cannot be fast with', () => {
    const other = { expected: 0b1111111, signing: EXPECTED }
    expect(said({ included: EXPECTED | FIVE | SIX, pairs: { 5: other } })).toBe(SIX)
  })

  test('not the convicted', () => {
    expect(said({ included: EXPECTED | FIVE | SIX, convicted: FIVE })).toBe(SIX)
  })

  test('nobody after a round that this node did not open', () => {
    expect(said({ included: EXPECTED | SIX, ownPair: null })).toBe(0)
  })
})
