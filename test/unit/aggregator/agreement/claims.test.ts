import { describe, expect, test } from 'vitest'
import { forgetClaims, owesClaim, rememberClaim } from '../../../../aggregator/agreement/claims.ts'
import type { Certificate, Observation } from '../../../../aggregator/messages/messages.ts'
import { initialState, type State } from '../../../../aggregator/state/state.ts'
import { testCommittee } from '../../../support/committee.ts'

const { committee } = testCommittee({ size: 4 })
const CLAIMANT = 2
const CLAIMED_IN = 100

/** A machine whose best certificate expects some members, and that asked one for another. */
function asked(basis = { round: 99, slot: 2 }, expectedNext = 0b1111): State {
  const state = initialState(committee, 0)
  state.best = { message: { expectedNext } } as State['best']
  rememberClaim(state, { sender: CLAIMANT, basis, round: CLAIMED_IN } as Observation)
  return state
}

const isOwedAfter = (state: State, round = CLAIMED_IN + 1) => owesClaim(state, CLAIMANT, round)
const certificate = (round: number, slot: number) => ({ round, slot }) as Certificate

describe('certificates that members claim (protocol §6.5)', () => {
  test('are owed from the next round on, for 512 rounds', () => {
    const state = asked()
    const ends = [CLAIMED_IN, CLAIMED_IN + 1, CLAIMED_IN + 512, CLAIMED_IN + 513]
    expect(ends.map((round) => isOwedAfter(state, round))).toEqual([false, true, true, false])
    expect(owesClaim(state, 1, CLAIMED_IN + 1)).toBe(false)
  })

  test('are borne out by one of the same round and slot, or of a higher slot, alone', () => {
    for (const [round, slot, isOwed] of [
      [99, 1, true],
      [98, 2, true],
      [100, 2, true],
      [99, 2, false],
    ] as const) {
      const state = asked()
      forgetClaims(state, certificate(round, slot))
      expect(isOwedAfter(state)).toBe(isOwed)
    }
    const state = asked({ round: 99, slot: 1 })
    forgetClaims(state, certificate(99, 2))
    expect(isOwedAfter(state)).toBe(false)
  })

  test('are not replaced by later ones, which might be true', () => {
    const state = asked()
    const later = { sender: CLAIMANT, basis: { round: 100, slot: 1 }, round: 101 }
    // What is asked for is what is owed, or it could not be brought any more.
    expect(rememberClaim(state, later as Observation)).toEqual({ round: 99, slot: 2 })
    forgetClaims(state, certificate(100, 1))
    expect(isOwedAfter(state, 102)).toBe(true)
  })

  test('are owed anew when the first is forgotten', () => {
    const state = asked()
    const round = CLAIMED_IN + 513
    const basis = { round: round - 1, slot: 2 }
    expect(rememberClaim(state, { sender: CLAIMANT, basis, round } as Observation)).toBe(basis)
    expect(isOwedAfter(state, round + 1)).toBe(true)
  })

  test('cost their senders one place: who is not expected owes nothing', () => {
    const state = asked(undefined, 0b1011)
    forgetClaims(state, certificate(100, 1))
    expect(isOwedAfter(state)).toBe(false)
  })
})
