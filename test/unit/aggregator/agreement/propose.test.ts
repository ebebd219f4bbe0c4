import { describe, expect, test } from 'vitest'
import { firstInTurn } from '../../../../aggregator/committee/turn-order.ts'
import type { Observation, Proposal } from '../../../../aggregator/messages/messages.ts'
import { membersOf } from '../../../../aggregator/values/ids.ts'
import { opened, ROUND, Script } from '../../../support/script.ts'

const ALL = 0b1111
const ORDER = new Script().order() as [number, number, number, number]
const [RANK_ZERO, RANK_ONE, THIRD, FOURTH] = ORDER
const OTHER = { expected: ALL, signing: 0 }
const FIRST_THREE = membersOf(firstInTurn(ORDER, ALL, 3))

/** The proposer of a rank with observations held; without a fast path unless they name its pair. */
function proposer(rank: 0 | 1, given: Partial<Observation> = { pair: OTHER }): Script {
  const self = rank === 0 ? RANK_ZERO : RANK_ONE
  const script = opened({ self })
  for (const sender of ORDER) {
    if (sender !== self) script.receives(script.observation(sender, given))
  }
  return script
}

const proposals = (script: Script): readonly Proposal[] => script.sent('proposal')

describe('whose turn it is (protocol §6.6)', () => {
  test.each([
    [0, 119, 120],
    [1, 159, 160],
  ] as const)('rank %i proposes at its time, promised before sent', (rank, before, at) => {
    const script = proposer(rank).waits(before)
    expect(proposals(script)).toEqual([])
    script.takes()
    script.waits(at)
    const types = script.takes().map((each) => each.type)
    expect(types.slice(0, 2)).toEqual(['persist', 'broadcast'])
    expect(proposals(script)).toHaveLength(1)
    expect(proposals(script)[0]).toMatchObject({ rank, round: ROUND })
  })

  test('nobody else proposes', () => {
    const script = opened({ self: THIRD })
    for (const sender of [RANK_ZERO, RANK_ONE, FOURTH]) {
      script.receives(script.observation(sender, { pair: OTHER }))
    }
    expect(proposals(script.waits(239))).toEqual([])
  })

  test('nobody proposes with a certificate, nor in the silence after a start', () => {
    const certified = proposer(0)
    const { forge } = certified
    certified.receives(forge.certificate({ round: ROUND, signingSet: 0b111, expectedNext: ALL }))
    expect(proposals(certified.waits(239))).toEqual([])
    const silent = new Script({ self: RANK_ZERO }).starts(ROUND + 1).waits(1)
    for (const sender of ORDER) silent.receives(silent.observation(sender, { pair: OTHER }))
    expect(proposals(silent.waits(239))).toEqual([])
  })

  test('nobody proposes with fewer than 2f+1 observations', () => {
    const script = opened({ self: RANK_ZERO })
    script.receives(script.observation(THIRD))
    expect(proposals(script.waits(239))).toEqual([])
  })
})

describe('what is proposed (protocol §6.6)', () => {
  test('every observation held, signed by the first t in turn order', () => {
    const script = proposer(0).waits(120)
    const [proposal] = proposals(script)
    expect(proposal).toMatchObject({
      observers: ALL,
      signingSet: FIRST_THREE,
      expectedNext: ALL,
      basis: { round: 0, slot: 0 },
    })
    expect(proposal?.observationDigests).toEqual(script.observations().map((each) => each?.digest))
  })

  test('no observation of the convicted, who are expected no more; the evidence is attached', () => {
    const script = proposer(0)
    script.receives(script.forge.evidence(FOURTH, 3)).waits(120)
    const without = ALL & ~(1 << FOURTH)
    expect(proposals(script)[0]).toMatchObject({
      observers: without,
      signingSet: without,
      expectedNext: without,
    })
    expect(proposals(script)[0]?.evidence.map((each) => each.message.accused)).toEqual([FOURTH])
  })

  test('all notices held are attached; f+1 of them drop a member', () => {
    const script = proposer(0)
    for (const sender of [RANK_ONE, THIRD]) {
      script.receives(script.forge.late({ round: ROUND, sender, members: 1 << FOURTH }))
    }
    const [proposal] = proposals(script.waits(120))
    expect(proposal?.lates.map((each) => each.message.sender)).toEqual(
      [RANK_ONE, THIRD].sort((a, b) => a - b),
    )
    expect(proposal?.expectedNext).toBe(ALL & ~(1 << FOURTH))
  })

  test('exactly the complete pair, even when its last member came after fastMs', () => {
    const script = opened({ self: RANK_ZERO })
    for (const sender of [RANK_ONE, THIRD]) script.receives(script.observation(sender))
    script.waits(95).receives(script.observation(FOURTH)).waits(120)
    expect(script.round().isCompleteInTime).toBe(false)
    expect(proposals(script)[0]?.observers).toBe(ALL)
  })

  test('the report that the proposer has signed, again', () => {
    const script = opened({ self: RANK_ZERO })
    for (const sender of [RANK_ONE, THIRD, FOURTH]) script.receives(script.observation(sender))
    const signed = script.sent('share')[0]?.reportDigest
    expect(signed).toBeDefined()
    expect(proposals(script.waits(120))[0]?.reportDigest).toEqual(signed)
  })

  test('rank one adopts the set of a valid first proposal', () => {
    const script = opened({ self: RANK_ONE })
    for (const sender of [RANK_ZERO, THIRD]) {
      script.receives(script.observation(sender, { pair: OTHER }))
    }
    // After includeMs, so that the first proposer may leave it out, and the second would take it.
    script.waits(70).receives(script.observation(FOURTH, { pair: OTHER }))
    const observers = ALL & ~(1 << FOURTH)
    const first = script.forge.proposal(script.observations(), {
      round: ROUND,
      sender: RANK_ZERO,
      rank: 0,
      observers,
      // Without the second proposer: it has not signed this report and may not have to.
      signingSet: ALL & ~(1 << RANK_ONE),
      expectedNext: ALL,
    })
    script.waits(125).receives(first).waits(160)
    expect(proposals(script)[0]?.observers).toBe(observers)
  })

  test('rank one does not adopt what it would not sign', () => {
    const script = proposer(1)
    const first = script.forge.proposal(script.observations(), {
      round: ROUND,
      sender: RANK_ZERO,
      rank: 0,
      observers: ALL & ~(1 << FOURTH),
      signingSet: ALL & ~(1 << FOURTH),
      expectedNext: ALL,
    })
    script.waits(125).receives(first).waits(160)
    expect(proposals(script)[0]?.observers).toBe(ALL)
  })
})

describe('who is asked to sign (protocol §5.1, §6.6)', () => {
  const firstProposal = (script: Script) =>
    script.forge.proposal(script.observations(), {
      round: ROUND,
      sender: RANK_ZERO,
      rank: 0,
      observers: ALL,
      signingSet: FIRST_THREE,
      expectedNext: ALL,
    })

  test('whoever has not answered the first proposal comes last in the second', () => {
    const script = proposer(1).waits(122)
    script.receives(firstProposal(script))
    const observations = script.observations()
    const choice = { observers: ALL, slot: 1, signingSet: FIRST_THREE, expectedNext: ALL }
    script.receives(
      script.forge.share(observations, { round: ROUND, sender: RANK_ZERO, ...choice }),
    )
    script.waits(160)
    expect(proposals(script)[0]?.signingSet).toBe(ALL & ~(1 << THIRD))
  })

  test('an answer within two hops is none too late: nobody is remembered as silent', () => {
    const script = proposer(1).waits(122)
    script.receives(firstProposal(script)).waits(161)
    const observations = script.observations()
    const choice = { observers: ALL, slot: 1, signingSet: FIRST_THREE, expectedNext: ALL }
    for (const sender of [RANK_ZERO, THIRD]) {
      script.receives(script.forge.share(observations, { round: ROUND, sender, ...choice }))
    }
    expect(script.all('certified')).toHaveLength(1)
    script.waits(239)
    expect(script.state.unansweredUntil).toEqual([0, 0, 0, 0])
  })

  test('whoever stays silent to the end ranks last for 512 rounds', () => {
    const script = proposer(1).waits(122)
    script.receives(firstProposal(script)).waits(240)
    expect(script.state.unansweredUntil[THIRD]).toBe(ROUND + 512)
    expect(script.notes()).toContain('SHARE_MISSING')
  })

  test('nobody whose nonces are no points is named', () => {
    const off = { hiding: new Uint8Array(33).fill(255), binding: new Uint8Array(33).fill(255) }
    const script = opened({ self: RANK_ZERO })
    for (const sender of [RANK_ONE, FOURTH]) {
      script.receives(script.observation(sender, { pair: OTHER }))
    }
    script.receives(script.observation(THIRD, { pair: OTHER, commitments: [off, off, off] }))
    const [proposal] = proposals(script.waits(120))
    expect(proposal?.observers).toBe(ALL)
    expect(proposal?.signingSet).toBe(ALL & ~(1 << THIRD))
  })
})
