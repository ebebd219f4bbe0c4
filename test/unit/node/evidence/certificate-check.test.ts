import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { contextOf } from '../../../../aggregator/context.ts'
import { decode } from '../../../../aggregator/messages/codec.ts'
import { isCertificateSound } from '../../../../aggregator/messages/validate.ts'
import { toHex } from '../../../../aggregator/values/bytes.ts'
import { listMembers } from '../../../../aggregator/values/ids.ts'
import { checkCertificate } from '../../../../node/evidence/certificate-check.ts'
import { cryptoOf, loadEcdsa } from '../../../../node/keys/native.ts'
import { testCommittee } from '../../../support/committee.ts'
import { Forge } from '../../../support/forge.ts'
import { runs } from '../../../support/property.ts'

const test = testCommittee()
const context = contextOf(cryptoOf(loadEcdsa({ fallback: 'allow' })), test.committee)
const forge = new Forge(test, context)
const { message, bytes } = forge.certificate({
  round: 40,
  signingSet: 0b1101,
  expectedNext: 0b1111,
})

/** As the API gives it. */
const view = {
  committeeDigest: toHex(test.committee.digest),
  round: message.round,
  timestampMs: message.timestampMs,
  path: 'fast',
  observers: listMembers(message.observers),
  slot: message.slot,
  signingSet: listMembers(message.signingSet),
  expectedNext: listMembers(message.expectedNext),
  words: message.words.map(toHex),
  signature: toHex(message.signature),
}
const check = (changes: object = {}) =>
  checkCertificate(context, JSON.stringify({ ...view, ...changes }))

describe('a certificate that somebody shows', () => {
  it('is valid as hexadecimal and as JSON, and says what the committee said', () => {
    const proof = checkCertificate(context, `0x${toHex(bytes)}\n`)
    expect(check()).toEqual(proof)
    expect(proof).toMatchObject({
      type: 'valid',
      facts: {
        round: 40,
        observers: [0, 1, 2, 3],
        signers: [0, 2, 3],
        slot: 0,
        feeds: [{ name: 'BTC/USD', value: '60000.00000001', spread: '0.00000001', observers: 4 }],
        isTimely: true,
      },
    })
  })

  it.each([
    ['form', { slot: 3 }],
    ['form', { signature: 'xyz' }],
    ['committee', { committeeDigest: '00'.repeat(32) }],
    ['round', { round: 0 }],
    ['feeds', { words: [...view.words, ...view.words] }],
    ['words', { words: ['ff'.repeat(32)] }],
    ['members', { observers: [0, 1, 30] }],
    ['signingSet', { signingSet: [0, 1] }],
    ['signature', { signingSet: [0, 1, 2] }],
    ['signature', { expectedNext: [0, 1, 2] }],
    ['signature', { timestampMs: message.timestampMs + 1 }],
    ['signature', { slot: 1 }],
  ])('fails the check of %s after %j', (failed, changes) => {
    expect(check(changes)).toMatchObject({ type: 'invalid', failed })
  })

  it.each([
    ['form', ''],
    ['form', '{'],
    ['form', 'a price'],
    ['form', '0x01'],
    ['form', toHex(bytes.slice(0, -1))],
    ['committee', toHex(bytes).replace(toHex(test.committee.digest), '11'.repeat(32))],
  ])('fails the check of %s when it is %s', (failed, text) => {
    expect(checkCertificate(context, text)).toMatchObject({ failed, facts: null })
  })

  it('is judged as the core judges it, whatever bit was flipped', () => {
    fc.assert(
      fc.property(fc.nat({ max: bytes.length * 8 - 1 }), (bit) => {
        const changed = bytes.slice()
        changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
        const decoded = decode(test.committee, changed)
        const isSound = decoded?.type === 'certificate' && isCertificateSound(context, decoded)
        expect(isSound).toBe(false)
        expect(checkCertificate(context, toHex(changed)).type).toBe('invalid')
      }),
      runs(120),
    )
  })
})
