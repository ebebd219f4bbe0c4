import { describe, expect, test } from 'vitest'
import type { Proposal } from '../../../../aggregator/messages/messages.ts'
import { opened, ROUND, Script } from '../../../support/script.ts'

const ALL = 0b1111
const [RANK_ZERO, RANK_ONE, THIRD, SELF] = new Script().order() as [number, number, number, number]
const WITHOUT_ZERO = ALL & ~(1 << RANK_ZERO)

/** No pair of this machine: nobody who names it makes a fast path possible. */
const OTHER = { expected: ALL, signing: 0 }

/** Observations held in time for inclusion, without a fast path. */
function observed(heard: readonly number[] = [RANK_ZERO, RANK_ONE, THIRD]): Script {
  const script = opened({ self: SELF })
  for (const sender of heard) script.receives(script.observation(sender, { pair: OTHER }))
  return script
}

type Given = Partial<Proposal>

function proposalFor(script: Script, given: Given = {}) {
  const rank = given.rank ?? 0
  return script.forge.proposal(script.observations(), {
    round: ROUND,
    sender: rank === 0 ? RANK_ZERO : RANK_ONE,
    observers: ALL,
    signingSet: WITHOUT_ZERO,
    expectedNext: ALL,
    ...given,
    rank,
  })
}

const signedSlots = (script: Script) => script.all('signShare').map((each) => each.slot)

describe('a sound proposal (protocol §6.7)', () => {
  test('is promised, then signed, when its time has come', () => {
    const script = observed()
    script.receives(proposalFor(script))
    script.waits(114)
    expect(signedSlots(script)).toEqual([])
    script.takes()
    script.waits(115)
    const types = script.takes().map((each) => each.type)
    expect(types.indexOf('persist')).toBeLessThan(types.indexOf('signShare'))
    expect(types.indexOf('signShare')).toBeLessThan(types.indexOf('broadcast'))
    expect(signedSlots(script)).toEqual([1])
  })

  test('of rank one waits for backupMs longer', () => {
    const script = observed()
    script.receives(proposalFor(script, { rank: 1 }))
    script.waits(154)
    expect(signedSlots(script)).toEqual([])
    script.waits(155)
    expect(signedSlots(script)).toEqual([2])
  })

  test('over the report signed before is signed under its own slot, promised once', () => {
    const script = observed().waits(130)
    script.receives(proposalFor(script), proposalFor(script, { rank: 1 }))
    script.waits(160)
    expect(signedSlots(script)).toEqual([1, 2])
    const promises = script.all('persist').filter((each) => each.promise.kind === 'share')
    expect(promises).toHaveLength(1)
  })

  test('is answered with the certificate when there is one', () => {
    const script = observed().waits(130)
    const proposal = proposalFor(script)
    const certificate = script.forge.certificate({
      round: ROUND,
      signingSet: 0b111,
      expectedNext: ALL,
    })
    script.receives(certificate)
    script.takes()
    script.receives(proposal)
    const message = { type: 'syncAnswer', messages: [certificate.bytes] }
    expect(script.takes()).toContainEqual({ type: 'send', to: RANK_ZERO, message })
    expect(signedSlots(script)).toEqual([])
  })
})

describe('each reason not to sign (protocol §6.7)', () => {
  /** Receives one proposal at its time and tells whether it was signed. */
  function isSigned(given: Given, script = observed()): boolean {
    script.waits(130).receives(proposalFor(script, given))
    return signedSlots(script).length > 0
  }

  test('control: as it stands it is signed', () => {
    expect(isSigned({})).toBe(true)
  })

  test.each<readonly [string, Given]>([
    ['too few observers', { observers: 0b0011, signingSet: WITHOUT_ZERO }],
    ['a signing set below t', { signingSet: WITHOUT_ZERO & ~(1 << THIRD) }],
    ['a signing set above t', { signingSet: ALL }],
    ['a report that does not recompute', { reportDigest: new Uint8Array(32) }],
    ['someone left out who was here in time', { observers: ALL & ~(1 << THIRD) }],
    ['a next set that drops without notices', { expectedNext: ALL & ~(1 << THIRD) }],
    ['a signer set without this node', { signingSet: ALL & ~(1 << SELF) }],
  ])('%s', (_, given) => {
    expect(isSigned(given)).toBe(false)
  })

  test('an observation that is not the one held', () => {
    const script = observed()
    const sound = proposalFor(script).message
    const digests = sound.observationDigests.map((digest, at) =>
      at === 0 ? new Uint8Array(32) : digest,
    )
    expect(isSigned({ observationDigests: digests }, script)).toBe(false)
    expect(script.notes()).toContain('PROPOSAL_REFUSED')
  })

  test('† another report signed before in the round', () => {
    // Without the third one's observation in time, two reports are possible.
    const script = observed([RANK_ZERO, RANK_ONE]).waits(70)
    script.receives(script.observation(THIRD, { pair: OTHER }))
    script.waits(130)
    script.receives(proposalFor(script))
    script.receives(proposalFor(script, { rank: 1, observers: ALL & ~(1 << THIRD) }))
    script.waits(170)
    expect(signedSlots(script)).toEqual([1])
  })

  test('after voteMs', () => {
    const script = observed().waits(240)
    script.receives(proposalFor(script))
    expect(signedSlots(script)).toEqual([])
  })

  test('in the silence after a start (§10.3), though the process before observed', () => {
    const script = opened({ self: SELF })
    const own = script.observations()[SELF]
    if (own === undefined) throw new Error('it observed')
    const others = [RANK_ZERO, RANK_ONE, THIRD].map((sender) =>
      script.observation(sender, { pair: OTHER }),
    )
    script.cluster.restart(SELF, 'kept')
    script.receives(own, ...others)
    const proposal = proposalFor(script)
    script.waits(130).receives(proposal)
    expect(script.all('halt')).toEqual([])
    expect(signedSlots(script)).toEqual([])
  })

  test('a nonce commitment of a signer off the curve (§5.1)', () => {
    const off = { hiding: new Uint8Array(33).fill(255), binding: new Uint8Array(33).fill(255) }
    const script = observed([RANK_ZERO, RANK_ONE])
    script.receives(script.observation(THIRD, { pair: OTHER, commitments: [off, off, off] }))
    expect(isSigned({}, script)).toBe(false)
  })

  test('† a complete pair held by fastMs, and another set proposed', () => {
    const script = opened({ self: SELF })
    for (const sender of [RANK_ZERO, RANK_ONE, THIRD]) {
      script.receives(script.observation(sender))
    }
    expect(script.round().isCompleteInTime).toBe(true)
    const before = signedSlots(script).length
    script.waits(130).receives(proposalFor(script, { observers: ALL & ~(1 << THIRD) }))
    expect(signedSlots(script)).toHaveLength(before)
  })

  test('† a pair that is complete only after fastMs does not bind: the rest may be left out', () => {
    const script = opened({ self: SELF })
    for (const sender of [RANK_ZERO, RANK_ONE]) script.receives(script.observation(sender))
    script.waits(91).receives(script.observation(THIRD))
    expect(script.round().completePair).not.toBeNull()
    expect(script.round().isCompleteInTime).toBe(false)
    const observers = ALL & ~(1 << THIRD)
    const signingSet = ALL & ~(1 << RANK_ONE)
    script.waits(130).receives(proposalFor(script, { observers, signingSet }))
    expect(signedSlots(script)).toEqual([1])
  })

  test('† someone kept against whom it holds n−f late notices', () => {
    const script = observed().waits(65)
    for (const sender of [RANK_ZERO, RANK_ONE]) {
      script.receives(script.forge.late({ round: ROUND, sender, members: 1 << THIRD }))
    }
    // Two notices are f+1: they drop whoever they name only if the proposer attaches them.
    expect(isSigned({}, script)).toBe(true)
    const other = observed().waits(65)
    for (const sender of [RANK_ZERO, RANK_ONE, THIRD]) {
      other.receives(other.forge.late({ round: ROUND, sender, members: 1 << THIRD }))
    }
    expect(isSigned({}, other)).toBe(false)
  })
})

describe('what is missing is pulled once (protocol §4.4, §6.6, §6.7)', () => {
  const pulls = (script: Script) =>
    script
      .all('send')
      .flatMap(({ to, message }) => (message.type === 'syncRequest' ? [{ to, message }] : []))
      .filter(({ message }) => message.round === ROUND)

  test('given an observation named but not held, then the proposer is asked, and it signs when it comes', () => {
    const whole = observed()
    const proposal = proposalFor(whole)
    const missing = whole.observations()[THIRD]
    if (missing === undefined) throw new Error('it was observed')
    const script = observed([RANK_ZERO, RANK_ONE]).waits(130)
    const own = script.observations()[SELF]
    // The proposal names the very observation that this machine made.
    expect(own?.digest).toEqual(whole.observations()[SELF]?.digest)
    script.receives(proposal)
    expect(pulls(script)).toEqual([
      {
        to: RANK_ZERO,
        message: { type: 'syncRequest', round: ROUND, observers: 1 << THIRD },
      },
    ])
    script.receives(missing)
    expect(signedSlots(script)).toEqual([1])
    script.waits(239)
    expect(pulls(script)).toHaveLength(1)
  })

  test('given a higher basis, then it signs as soon as that certificate comes', () => {
    const script = observed().waits(130)
    const certificate = script.forge.certificate({
      round: ROUND - 1,
      signingSet: WITHOUT_ZERO,
      expectedNext: ALL,
    })
    script.receives(proposalFor(script, { basis: { round: ROUND - 1, slot: 0 } }))
    expect(pulls(script)).toHaveLength(1)
    expect(signedSlots(script)).toEqual([])
    script.receives(certificate)
    expect(signedSlots(script)).toEqual([1])
  })
})
