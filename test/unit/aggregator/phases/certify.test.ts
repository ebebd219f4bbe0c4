import { describe, expect, test } from 'vitest'
import { firstInTurn } from '../../../../aggregator/committee/turn-order.ts'
import { signedMessageOf } from '../../../../aggregator/report/digests.ts'
import { referenceCrypto } from '../../../support/committee.ts'
import { opened, ROUND, Script, type ScriptOptions } from '../../../support/script.ts'

const ALL = 0b1111
/** The first t as the committee lists them (protocol §4.3). */
const SIGNERS = 0b0111
/** The signers in turn order, then the one that is none. */
const ORDER = [...firstInTurn(new Script().order(), SIGNERS, 3), 3] as [
  number,
  number,
  number,
  number,
]
const FAST = { observers: ALL, slot: 0, signingSet: SIGNERS, expectedNext: ALL }

/** A machine that holds all observations of the fast path. */
function complete(self: number, options: ScriptOptions = {}): Script {
  const script = opened({ self, ...options })
  for (const sender of ORDER) if (sender !== self) script.receives(script.observation(sender))
  return script
}

const shareOf = (script: Script, sender: number, given: { share?: Uint8Array } = {}) =>
  script.forge.share(script.observations(), { round: ROUND, sender, ...FAST, ...given })

describe('the fast path (protocol §4.4, §6.4)', () => {
  test('given the observations of all expected members, then a signer promises and signs at once', () => {
    const script = complete(ORDER[0])
    expect(script.sent('share')).toMatchObject([
      { slot: 0, signingSet: SIGNERS, expectedNext: ALL },
    ])
  })

  test('given a member that is no signer, then it does not sign', () => {
    expect(complete(ORDER[3]).all('signShare')).toEqual([])
  })

  test.each([
    [90, 1],
    [91, 0],
  ])('given the last observation %i ms after the opening, then %i shares', (atMs, shares) => {
    const script = opened({ self: ORDER[0] })
    for (const sender of [ORDER[1], ORDER[2]]) script.receives(script.observation(sender))
    script.waits(atMs).receives(script.observation(ORDER[3]))
    expect(script.sent('share')).toHaveLength(shares)
  })

  test('† given one member that names another pair, then the round has no fast path', () => {
    const script = opened({ self: ORDER[0] })
    for (const sender of [ORDER[1], ORDER[2]]) script.receives(script.observation(sender))
    const pair = { expected: ALL, signing: 0b1110 & ~SIGNERS }
    script.receives(script.observation(ORDER[3], { pair }))
    expect(script.round().completePair).toBeNull()
    expect(script.all('signShare')).toEqual([])
  })

  test('† given the pair that all of its members name, then it counts although it is not the own one', () => {
    const self = ORDER[3]
    const script = opened({ self })
    const pair = { expected: ALL & ~(1 << self), signing: ALL & ~(1 << self) }
    for (const sender of ORDER.slice(0, 3)) script.receives(script.observation(sender, { pair }))
    expect(script.round().completePair).toEqual(pair)
  })

  test('given a pair of fewer than t members, then it is no fast path', () => {
    const script = opened({ self: ORDER[0] })
    const pair = { expected: 1 << ORDER[1], signing: 1 << ORDER[1] }
    script.receives(script.observation(ORDER[1], { pair }))
    expect(script.round().completePair).toBeNull()
  })
})

describe('combining (protocol §6.8)', () => {
  test('given t shares, then the first two signers in turn order combine and publish at once', () => {
    for (const self of [ORDER[0], ORDER[1]]) {
      const script = complete(self)
      for (const sender of ORDER.slice(0, 3)) {
        if (sender !== self) script.receives(shareOf(script, sender))
      }
      expect(script.all('combine')).toHaveLength(1)
      const [published] = script.all('publish')
      expect(published?.message.message).toMatchObject({ type: 'certificate', ...certified })
    }
  })

  const certified = { round: ROUND, slot: 0, signingSet: SIGNERS, expectedNext: ALL }

  test('given the third signer, then it combines at once, and publishes after hopMs', () => {
    const script = complete(ORDER[2]).waits(10)
    for (const sender of [ORDER[0], ORDER[1]]) script.receives(shareOf(script, sender))
    expect(script.all('certified')).toHaveLength(1)
    script.waits(29)
    expect(script.all('publish')).toEqual([])
    script.waits(30)
    expect(script.all('publish')).toHaveLength(1)
    script.waits(200)
    expect(script.all('publish')).toHaveLength(1)
  })

  test('given a certificate from elsewhere within hopMs, then it does not publish its own', () => {
    const script = complete(ORDER[2]).waits(10)
    for (const sender of [ORDER[0], ORDER[1]]) script.receives(shareOf(script, sender))
    script.receives(
      script.forge.certificate({ round: ROUND, signingSet: SIGNERS, expectedNext: ALL }),
    )
    script.waits(200)
    expect(script.all('publish')).toEqual([])
    expect(script.all('certified')).toHaveLength(1)
  })

  test('† given only a lower certificate within hopMs, then it publishes its own', () => {
    const script = complete(ORDER[2]).waits(125)
    const proposed = { ...FAST, round: ROUND, sender: ORDER[0], rank: 0 } as const
    script.receives(script.forge.proposal(script.observations(), proposed))
    for (const sender of [ORDER[0], ORDER[1]]) {
      const slot = { ...FAST, slot: 1 }
      script.receives(script.forge.share(script.observations(), { round: ROUND, sender, ...slot }))
    }
    script.receives(
      script.forge.certificate({ round: ROUND, signingSet: SIGNERS, expectedNext: ALL }),
    )
    script.waits(200)
    expect(script.all('publish').map((each) => each.message.message)).toMatchObject([{ slot: 1 }])
  })

  test('given shares before the last observation, then they are combined when it comes', () => {
    const whole = complete(ORDER[0])
    const script = opened({ self: ORDER[0] })
    for (const sender of [ORDER[1], ORDER[2]]) {
      script.receives(script.observation(sender), shareOf(whole, sender))
    }
    expect(script.all('combine')).toEqual([])
    script.receives(script.observation(ORDER[3]))
    expect(script.all('publish')).toHaveLength(1)
  })

  test('given a wrong share, then its sender is named, ranks last, and the others are free of blame', () => {
    const script = complete(ORDER[0])
    script.receives(shareOf(script, ORDER[1], { share: new Uint8Array(32).fill(1) }))
    script.receives(shareOf(script, ORDER[2]))
    expect(script.all('publish')).toEqual([])
    const note = script.all('note').find((each) => each.code === 'SHARE_INVALID')
    expect(note?.members).toBe(1 << ORDER[1])
    expect(script.state.unansweredUntil[ORDER[1]]).toBe(ROUND + 512)
    expect(script.state.unansweredUntil[ORDER[2]]).toBe(0)
  })

  test('given a host that could not combine, then nobody is blamed', () => {
    const combine = () => ({ type: 'refused', culprits: 0 }) as const
    const crypto = { ...referenceCrypto, threshold: { ...referenceCrypto.threshold, combine } }
    const script = complete(ORDER[0], { crypto })
    for (const sender of [ORDER[1], ORDER[2]]) script.receives(shareOf(script, sender))
    expect(script.all('combine')).toHaveLength(1)
    expect(script.all('publish')).toEqual([])
    expect(script.all('note')).toEqual([])
  })

  test('given a share under other inputs, then it is never combined with this attempt', () => {
    const script = complete(ORDER[0])
    const other = shareOf(script, ORDER[1]).message
    script.receives(script.forge.seal({ ...other, inputsDigest: new Uint8Array(32) }))
    script.receives(shareOf(script, ORDER[2]))
    expect(script.all('combine')).toEqual([])
  })

  test('given the certificate, then it verifies and stands for the signed message of §7', () => {
    const script = complete(ORDER[0])
    for (const sender of [ORDER[1], ORDER[2]]) script.receives(shareOf(script, sender))
    const { keccak256, threshold } = script.context.crypto
    const message = script.all('publish')[0]?.message.message
    if (message?.type !== 'certificate') throw new Error('a certificate was published')
    const reportDigest = script.sent('share')[0]?.reportDigest ?? new Uint8Array()
    const signed = signedMessageOf(keccak256, { ...message, reportDigest })
    const { publicKey } = script.test.committee.groupKey
    expect(threshold.verify(publicKey, signed, message.signature)).toBe(true)
    expect(threshold.verify(publicKey, signed.with(0, 0), message.signature)).toBe(false)
  })
})

describe('the end of a round (protocol §6.9, §4.3)', () => {
  test('given a certificate, then it is kept, shown, the nonces die, and nothing more is done', () => {
    const script = opened()
    script.takes()
    const certificate = script.forge.certificate({
      round: ROUND,
      signingSet: 0b111,
      expectedNext: ALL,
    })
    script.receives(certificate)
    expect(script.takes().map((each) => each.type)).toEqual([
      'keepCertificate',
      'certified',
      'eraseNonces',
      'setAlarm',
    ])
    expect(script.state.best).toBe(certificate)
    script.waits(499)
    expect(script.takes()).toEqual([])
  })

  test('given no certificate by voteMs, then the round is skipped and its nonces die', () => {
    const script = opened()
    script.takes()
    script.waits(240)
    const ends = script.takes().filter((each) => ['skipped', 'eraseNonces'].includes(each.type))
    expect(ends).toEqual([
      { type: 'eraseNonces', upTo: ROUND },
      { type: 'skipped', round: ROUND },
    ])
  })

  test('given a certificate of a skipped round, then it still counts', () => {
    const script = opened().waits(300)
    script.receives(
      script.forge.certificate({ round: ROUND, signingSet: 0b111, expectedNext: ALL }),
    )
    expect(script.all('certified')).toHaveLength(1)
    expect(script.state.best?.message.round).toBe(ROUND)
  })

  test('given a certificate of a round that has not opened, then the nonces of the open one live on', () => {
    const script = opened()
    const next = { round: ROUND + 1, signingSet: 0b111, expectedNext: ALL }
    script.receives(script.forge.certificate(next))
    expect(script.all('eraseNonces').filter(({ upTo }) => upTo >= ROUND)).toEqual([])
    expect(script.round().isClosed).toBe(false)
  })

  test('given a certificate of a far round, then validity alone decides (§4.2)', () => {
    const script = opened()
    const far = script.forge.certificate({
      round: ROUND + 1_000,
      signingSet: 0b111,
      expectedNext: ALL,
    })
    script.receives(far)
    expect(script.state.best).toBe(far)
    expect(script.state.rounds.size).toBeLessThan(18)
  })

  test('given a worse certificate, then the best one stays', () => {
    const script = opened()
    const make = (round: number) =>
      script.forge.certificate({ round, signingSet: 0b111, expectedNext: ALL })
    script.receives(make(ROUND), make(ROUND - 1))
    expect(script.state.best?.message.round).toBe(ROUND)
    expect(script.all('keepCertificate')).toHaveLength(1)
  })

  test('given a certificate that one member brought alone, then all get it; from gossip they have it', () => {
    const script = opened()
    const make = (round: number) =>
      script.forge.certificate({ round, signingSet: 0b111, expectedNext: ALL })
    script.receives(make(ROUND - 2))
    expect(script.all('publish')).toEqual([])
    const message = make(ROUND - 1)
    script.reports({ type: 'received', nowMs: script.cluster.nowMs, message, origin: 'sync' })
    expect(script.all('publish')).toEqual([{ type: 'publish', message }])
    script.reports({ type: 'received', nowMs: script.cluster.nowMs, message, origin: 'sync' })
    expect(script.all('publish')).toHaveLength(1)
  })

  test('given a share after the round ended, then it is not revealed', () => {
    const script = opened({ self: ORDER[0], refuses: () => true })
    for (const sender of ORDER.slice(1)) script.receives(script.observation(sender))
    expect(script.all('signShare')).toHaveLength(1)
    script.waits(241)
    const share = new Uint8Array(32)
    script.reports({
      type: 'shareSigned',
      nowMs: script.cluster.nowMs,
      round: ROUND,
      slot: 0,
      share,
    })
    expect(script.sent('share')).toEqual([])
  })
})
