import { describe, expect, test } from 'vitest'
import type {
  Observation,
  Proposal,
  SignatureShare,
} from '../../../../aggregator/messages/messages.ts'
import { hasMember, membersOf } from '../../../../aggregator/values/ids.ts'
import { opened, ROUND, Script } from '../../../support/script.ts'

const ALL = 0b1111
const ORDER = new Script().order() as [number, number, number, number]
const [RANK_ZERO, RANK_ONE, THIRD, FOURTH] = ORDER
const OTHERS = [RANK_ONE, THIRD, FOURTH]
const WITHHOLDER = RANK_ONE
const ANSWERING = [THIRD, FOURTH]

describe('who withholds its share of the fast path (protocol §6.6)', () => {
  /** The first proposer, when everybody's observation was here but one share was not. */
  function withheld(given: {
    readonly at?: number
    readonly about?: Partial<Observation>
    readonly answering?: readonly number[]
    readonly instead?: Partial<SignatureShare>
  }): Script {
    const { at = 10, about = {}, answering = ANSWERING, instead = null } = given
    const script = opened({ self: RANK_ZERO })
    for (const sender of OTHERS) {
      script.waits(sender === OTHERS.at(-1) ? at : 10)
      script.receives(script.observation(sender, about))
    }
    const { signing } = script.pair()
    const choice = { observers: ALL, slot: 0, signingSet: signing, expectedNext: ALL }
    const observations = script.observations()
    for (const sender of answering.filter((each) => hasMember(signing, each))) {
      script.receives(script.forge.share(observations, { round: ROUND, sender, ...choice }))
    }
    if (instead !== null) {
      const made = { round: ROUND, sender: WITHHOLDER, ...choice, ...instead }
      script.receives(script.forge.share(observations, made))
    }
    return script
  }
  const proposedBy = (script: Script) => script.waits(120).sent('proposal')[0]?.signingSet
  /** What the proposal's certificate leaves in memory. */
  const remembered = (script: Script) => {
    const about = { round: ROUND, slot: 1, signingSet: 0b111, expectedNext: ALL }
    script.receives(script.forge.certificate(about))
    return script.state.unansweredUntil[WITHHOLDER]
  }

  test('is asked last in the proposal that follows, and for 512 rounds', () => {
    const script = withheld({})
    expect(proposedBy(script)).toBe(ALL & ~(1 << WITHHOLDER))
    expect(remembered(script.waits(130))).toBe(ROUND + 512)
    expect(script.state.unansweredUntil.filter((until) => until > 0)).toHaveLength(1)
  })

  test('is remembered at voteMs, too', () => {
    const script = withheld({}).waits(240)
    expect(script.state.unansweredUntil[WITHHOLDER]).toBe(ROUND + 512)
  })

  test('has not answered with a share on other inputs', () => {
    const script = withheld({ instead: { inputsDigest: new Uint8Array(32) } })
    expect(remembered(script.waits(130))).toBe(ROUND + 512)
  })

  test('may not have had what it was to sign, if that was complete only after includeMs', () => {
    const script = withheld({ at: 61 })
    expect(script.round().isCompleteInTime).toBe(true)
    expect(remembered(script.waits(130))).toBe(0)
  })

  test('cannot sign with nonces that are no points', () => {
    const off = { hiding: new Uint8Array(33).fill(255), binding: new Uint8Array(33).fill(255) }
    const sound = opened({ self: RANK_ZERO }).observation(WITHHOLDER).message.commitments
    const commitments: Observation['commitments'] = [off, sound[1], sound[2]]
    const script = withheld({ about: { commitments }, answering: [] })
    expect(remembered(script.waits(130))).toBe(0)
  })

  test('may have heard another observation of somebody who said two things', () => {
    const script = withheld({})
    script.receives(script.forge.evidence(FOURTH, 3))
    expect(remembered(script.waits(130))).toBe(0)
  })

  test('is not blamed by a node that stood still: its share may wait unread', () => {
    const script = withheld({})
    expect(remembered(script.sleeps(141))).toBe(0)
  })
})

describe('who leaves a proposal without an answer (protocol §6.6)', () => {
  const SIGNERS = membersOf([RANK_ZERO, THIRD, FOURTH])

  /** Members that the second certificate leaves in memory, after a first proposal. */
  function silentAfter(given: Partial<Proposal>, at: number, convicted?: number): number[] {
    const script = opened({ self: RANK_ONE })
    // No pair of this machine, so that the fast path asks for nothing.
    const pair = { expected: ALL, signing: 0 }
    for (const sender of [RANK_ZERO, THIRD, FOURTH]) {
      script.receives(script.observation(sender, { pair }))
    }
    const sets = { observers: ALL, signingSet: SIGNERS, expectedNext: ALL }
    const about = { round: ROUND, sender: RANK_ZERO, rank: 0 as const, ...sets, ...given }
    script.waits(at).receives(script.forge.proposal(script.observations(), about))
    if (convicted !== undefined) script.receives(script.forge.evidence(convicted, 3))
    const signingSet = membersOf([RANK_ONE, THIRD, FOURTH])
    const certificate = { round: ROUND, slot: 2, signingSet, expectedNext: ALL }
    script.waits(175).receives(script.forge.certificate(certificate))
    const { unansweredUntil } = script.state
    return ORDER.filter((each) => (unansweredUntil[each] ?? 0) > ROUND)
  }

  test('is remembered when the second one has certified', () => {
    expect(silentAfter({}, 130)).toEqual([RANK_ZERO, THIRD, FOURTH])
  })

  test('† had no time for one that was held back', () => {
    expect(silentAfter({}, 170)).toEqual([])
  })

  test('† could not sign one that names a certificate which nobody has', () => {
    expect(silentAfter({ basis: { round: ROUND, slot: 1 } }, 130)).toEqual([])
  })

  test('† may hold another proposal of who is convicted since', () => {
    expect(silentAfter({}, 130, RANK_ZERO)).toEqual([])
  })

  /** Whom a proposer remembers when one of its signers sent a share on something else. */
  function answeredOtherwise(self: number): number[] {
    const script = opened({ self })
    const pair = { expected: ALL, signing: 0 }
    for (const sender of ORDER.filter((each) => each !== self)) {
      script.receives(script.observation(sender, { pair }))
    }
    const about = { round: ROUND, observers: ALL, signingSet: SIGNERS, expectedNext: ALL }
    script.waits(125)
    if (self !== RANK_ZERO) {
      const proposed = { ...about, sender: RANK_ZERO, rank: 0 as const }
      script.receives(script.forge.proposal(script.observations(), proposed))
    }
    const named = self === RANK_ZERO ? script.sent('proposal')[0]?.signingSet : SIGNERS
    const share = { ...about, slot: 1, signingSet: named ?? 0 }
    for (const sender of ORDER.filter(
      (each) => each !== self && hasMember(share.signingSet, each),
    )) {
      const expectedNext = sender === THIRD ? membersOf([RANK_ZERO, RANK_ONE, THIRD]) : ALL
      const made = { ...share, sender, expectedNext }
      script.receives(script.forge.share(script.observations(), made))
    }
    script.waits(240)
    const { unansweredUntil } = script.state
    return ORDER.filter((each) => (unansweredUntil[each] ?? 0) > ROUND)
  }

  test('† has not answered its proposer with a share on something else', () => {
    expect(answeredOtherwise(RANK_ZERO)).toEqual([THIRD])
  })

  test('may have answered another proposal, for all that others know', () => {
    expect(answeredOtherwise(FOURTH)).toEqual([])
  })

  /** Whom a second proposal leaves in memory, after a first one that may have bound somebody. */
  function silentInSecond(given: { readonly isBound: boolean; readonly hasEvidence: boolean }) {
    const script = opened({ self: FOURTH })
    const pair = { expected: ALL, signing: 0 }
    for (const sender of [RANK_ZERO, RANK_ONE, THIRD]) {
      script.receives(script.observation(sender, { pair }))
    }
    const observations = script.observations()
    const withFirst = { round: ROUND, observers: ALL, expectedNext: ALL }
    const without = ALL & ~(1 << RANK_ZERO)
    const withoutFirst = { round: ROUND, observers: without, expectedNext: without }
    // Nobody signs for who is convicted, nor leaves out who is not.
    const [one, other] = given.hasEvidence ? [withFirst, withoutFirst] : [withoutFirst, withFirst]
    if (given.isBound) {
      const signingSet = membersOf([RANK_ZERO, RANK_ONE, THIRD])
      const share = { ...one, slot: 1, sender: THIRD, signingSet }
      script.waits(125).receives(script.forge.share(observations, share))
    }
    if (given.hasEvidence) script.receives(script.forge.evidence(RANK_ZERO, ROUND))
    const signingSet = membersOf([RANK_ONE, THIRD, FOURTH])
    const second = { ...other, sender: RANK_ONE, rank: 1 as const, signingSet }
    script.waits(150).receives(script.forge.proposal(observations, second))
    script.waits(240)
    const { unansweredUntil } = script.state
    return ORDER.filter((each) => (unansweredUntil[each] ?? 0) > ROUND)
  }

  test('† cannot sign a second report, when a contradiction bound it to another one', () => {
    expect(silentInSecond({ isBound: true, hasEvidence: true })).toEqual([RANK_ONE])
    expect(silentInSecond({ isBound: false, hasEvidence: true })).toEqual([RANK_ONE, THIRD])
  })

  test('is not excused by a share on anything, when nobody has contradicted itself', () => {
    expect(silentInSecond({ isBound: true, hasEvidence: false })).toContain(THIRD)
  })
})
