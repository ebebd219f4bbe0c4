import { describe, expect, test } from 'vitest'
import { fromHex } from '../../../../aggregator/values/bytes.ts'
import type { Cryptoki } from '../../../../node/pkcs11/cryptoki.ts'
import { CryptokiError, FLAGS } from '../../../../node/pkcs11/cryptoki.ts'
import { openToken, type TokenKeyName } from '../../../../node/pkcs11/open-token.ts'

const SECP256K1 = fromHex('06052b8104000a')
const P256 = fromHex('06082a8648ce3d030107')
const PIN = Buffer.from('1234')
const NAME = { module: '/m.so', token: 'ours', keyLabel: 'oracle' }

/** A module with one good token and key, and what a test changes of it; its calls in order. */
function fake(changed: Partial<Cryptoki> = {}) {
  const calls: string[] = []
  const good: Cryptoki = {
    initialize: () => undefined,
    finalize: () => undefined,
    slots: () => [3],
    tokenInfo: () => ({ label: 'ours', flags: 0 }),
    openSession: (slot) => Number(slot) * 10,
    login: () => undefined,
    privateKeys: () => [5],
    isEc: () => true,
    curveOf: () => SECP256K1,
    sign: () => new Uint8Array(64),
  }
  const all = Object.entries({ ...good, ...changed }).map(([name, work]) => [
    name,
    (...given: never[]) => {
      calls.push(name)
      return (work as (...args: never[]) => unknown)(...given)
    },
  ])
  return { cryptoki: Object.fromEntries(all) as Cryptoki, calls }
}

const returns = (reason: number) => (): never => {
  throw new CryptokiError('C_Any', reason)
}

function codeOfOpening(changed: Partial<Cryptoki>, name: TokenKeyName = NAME): string {
  try {
    openToken(fake(changed).cryptoki, name, PIN).sign(new Uint8Array(32))
    return 'OK'
  } catch (error) {
    return (error as { readonly code: string }).code
  }
}

const LABELS = ['other', 'ours', 'ours']
const several: Partial<Cryptoki> = {
  slots: () => [0, 1, 2],
  tokenInfo: (slot) => ({ label: LABELS[Number(slot)] ?? '', flags: 0 }),
}

describe('the token', () => {
  test('is found by its label among others', () => {
    const seen: unknown[] = []
    const { cryptoki } = fake({
      ...several,
      tokenInfo: (slot) => ({ label: Number(slot) === 2 ? 'ours' : 'other', flags: 0 }),
      openSession: (slot) => seen.push(slot),
    })
    openToken(cryptoki, NAME, PIN)
    expect(seen).toEqual([2])
  })

  test('is found beside one that cannot be asked', () => {
    const tokenInfo = (slot: unknown) =>
      slot === 0 ? returns(0xe1)() : { label: 'ours', flags: 0 }
    expect(codeOfOpening({ slots: () => [0, 1], tokenInfo })).toBe('OK')
  })

  test.each([
    ['no token', { slots: () => [] }, NAME, 'PKCS11_TOKEN_MISSING'],
    ['another label', several, { ...NAME, token: 'third' }, 'PKCS11_TOKEN_MISSING'],
    ['another slot', several, { ...NAME, token: undefined, slot: 9 }, 'PKCS11_TOKEN_MISSING'],
    [
      'label and slot of two',
      several,
      { ...NAME, token: 'other', slot: 1 },
      'PKCS11_TOKEN_MISSING',
    ],
    ['one label of two', several, NAME, 'PKCS11_NAME_AMBIGUOUS'],
    ['one label of two, and a slot', several, { ...NAME, slot: 2 }, 'OK'],
    ['a slot alone', several, { ...NAME, token: undefined, slot: 0 }, 'OK'],
    ['gone at the session', { openSession: returns(0xe0) }, NAME, 'PKCS11_TOKEN_MISSING'],
    ['an error of its own', { initialize: returns(0x5) }, NAME, 'PKCS11_REFUSED'],
    ['a return value without a name', { slots: returns(0x8000_0001) }, NAME, 'PKCS11_REFUSED'],
  ] as const)('%s: %#', (_what, changed, name, code) => {
    expect(codeOfOpening(changed, name)).toBe(code)
  })

  test('what a label says cannot write to a terminal', () => {
    const { cryptoki } = fake({ tokenInfo: () => ({ label: '\u001b[2Jbad', flags: 0 }) })
    expect(() => openToken(cryptoki, NAME, PIN)).toThrow(/only {2}?\[2Jbad|only \[2Jbad/)
  })
})

describe('the PIN', () => {
  test.each([
    ['incorrect', 0xa0, 'PKCS11_PIN_WRONG'],
    ['of a wrong length', 0xa2, 'PKCS11_PIN_WRONG'],
    ['locked', 0xa4, 'PKCS11_PIN_LOCKED'],
    ['expired', 0xa3, 'PKCS11_PIN_LOCKED'],
    ['never set', 0x102, 'PKCS11_PIN_LOCKED'],
    ['given before', 0x100, 'OK'],
    ['not asked for, by a broken token', 0x30, 'PKCS11_REFUSED'],
  ])('%s', (_what, returned, code) => {
    expect(codeOfOpening({ login: returns(returned) })).toBe(code)
  })

  test('is tried once', () => {
    const { cryptoki, calls } = fake({ login: returns(0xa0) })
    expect(() => openToken(cryptoki, NAME, PIN)).toThrow('not tried again')
    expect(calls.filter((call) => call === 'login')).toHaveLength(1)
  })

  test.each([
    ['one try is left', FLAGS.userPinFinalTry],
    ['it is locked', FLAGS.userPinLocked],
  ])('is not tried when %s', (_what, flags) => {
    const { cryptoki, calls } = fake({ tokenInfo: () => ({ label: 'ours', flags }) })
    expect(() => openToken(cryptoki, NAME, PIN)).toThrow('not asked to log in')
    expect(calls).not.toContain('login')
  })
})

describe('the key', () => {
  test('is asked for by label and id', () => {
    const asked: unknown[] = []
    const { cryptoki } = fake({ privateKeys: (session, name) => [asked.push({ session, name })] })
    openToken(cryptoki, { ...NAME, keyId: '01ff' }, PIN)
    openToken(cryptoki, { ...NAME, keyLabel: undefined, keyId: '02' }, PIN)
    expect(asked).toEqual([
      { session: 30, name: { label: 'oracle', id: Uint8Array.of(1, 255) } },
      { session: 30, name: { label: null, id: Uint8Array.of(2) } },
    ])
  })

  test.each([
    ['is missing', { privateKeys: () => [] }, 'PKCS11_KEY_MISSING'],
    ['shares its name', { privateKeys: () => [5, 6] }, 'PKCS11_NAME_AMBIGUOUS'],
    ['is of no curve', { isEc: () => false }, 'PKCS11_KEY_UNSUITABLE'],
    ['is of another curve', { curveOf: (): Uint8Array => P256 }, 'PKCS11_KEY_UNSUITABLE'],
    ['does not tell its curve', { curveOf: (): null => null }, 'OK'],
    ['is of another kind', { sign: returns(0x63) }, 'PKCS11_KEY_UNSUITABLE'],
    ['may not sign', { sign: returns(0x68) }, 'PKCS11_KEY_UNSUITABLE'],
    ['signs at another length', { sign: () => new Uint8Array(96) }, 'PKCS11_KEY_UNSUITABLE'],
    ['is taken away', { sign: returns(0x60) }, 'PKCS11_REFUSED'],
  ] as const)('%s', (_what, changed: Partial<Cryptoki>, code) => {
    expect(codeOfOpening(changed)).toBe(code)
  })
})

test('a mistake in our own code is not called one of the token', () => {
  const broken = { sign: () => Buffer.from(undefined as never) }
  expect(() => openToken(fake(broken).cryptoki, NAME, PIN).sign(new Uint8Array(32))).toThrow(
    TypeError,
  )
})
