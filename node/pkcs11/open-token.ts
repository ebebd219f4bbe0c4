import { equalBytes, fromHex } from '../../aggregator/values/bytes.ts'
import { OracleError } from '../errors.ts'
import type { Cryptoki, Handle } from './cryptoki.ts'
import { FLAGS, reasonOf } from './cryptoki.ts'

/** A private key in a token, as an operator names it. */
export interface TokenKeyName {
  /** Absolute path of the module, the shared library of whoever made the token. */
  readonly module: string
  /** Label of the token; this or `slot`, or both. */
  readonly token?: string | undefined
  readonly slot?: number | undefined
  /** Label of the key; this or `keyId`, or both. */
  readonly keyLabel?: string | undefined
  /** CKA_ID as hexadecimal. */
  readonly keyId?: string | undefined
}

export interface OpenToken {
  /**
   * Signs 32 bytes.
   *
   * @returns r and s, 64 bytes; s may be high, and whose they are has to be found out
   * @throws {OracleError} `PKCS11_KEY_UNSUITABLE`, `PKCS11_REFUSED`
   */
  readonly sign: (digest: Uint8Array) => Uint8Array
  readonly close: () => void
}

/** The object identifier 1.3.132.0.10 in DER (SEC 2). */
const SECP256K1 = fromHex('06052b8104000a')
const SIGNATURE_BYTES = 64

const PIN_WRONG = ['CKR_PIN_INCORRECT', 'CKR_PIN_INVALID', 'CKR_PIN_LEN_RANGE']
const PIN_LOCKED = ['CKR_PIN_LOCKED', 'CKR_PIN_EXPIRED', 'CKR_USER_PIN_NOT_INITIALIZED']
const TOKEN_MISSING = ['CKR_TOKEN_NOT_PRESENT', 'CKR_TOKEN_NOT_RECOGNIZED', 'CKR_DEVICE_REMOVED']
const KEY_UNSUITABLE = [
  ...['CKR_KEY_TYPE_INCONSISTENT', 'CKR_KEY_SIZE_RANGE', 'CKR_MECHANISM_INVALID'],
  ...['CKR_MECHANISM_PARAM_INVALID', 'CKR_KEY_FUNCTION_NOT_PERMITTED'],
]

/**
 * Finds a token, logs in once, and finds the key. The last try that a token has for a PIN is never
 * used: a mistake must not end in a token that its owner cannot open.
 *
 * @throws {OracleError} a `TokenFault`
 */
export function openToken(cryptoki: Cryptoki, name: TokenKeyName, pin: Uint8Array): OpenToken {
  const session = translating('PKCS11_TOKEN_MISSING', TOKEN_MISSING, () => {
    cryptoki.initialize()
    const slot = findSlot(cryptoki, name)
    assertMayTry(cryptoki, slot)
    return cryptoki.openSession(slot)
  })
  logIn(cryptoki, session, pin)
  const key = translating('PKCS11_TOKEN_MISSING', TOKEN_MISSING, () =>
    findKey(cryptoki, session, name),
  )
  return {
    sign: (digest) => {
      const signature = translating('PKCS11_KEY_UNSUITABLE', KEY_UNSUITABLE, () =>
        cryptoki.sign(session, key, digest),
      )
      if (signature.length === SIGNATURE_BYTES) return signature
      const seen = `the signature has ${signature.length} bytes in place of ${SIGNATURE_BYTES}`
      throw unsuitable(seen)
    },
    close: () => cryptoki.finalize(),
  }
}

function findSlot(cryptoki: Cryptoki, { module, token, slot }: TokenKeyName): Handle {
  const seen = cryptoki.slots().flatMap((each) => {
    const label = labelOf(cryptoki, each)
    return label === null ? [] : [{ slot: each, label }]
  })
  const found = seen.filter(
    (each) =>
      (token === undefined || each.label === token) &&
      (slot === undefined || Number(each.slot) === slot),
  )
  const wanted = [
    ...(token === undefined ? [] : [`labelled ${printable(token)}`]),
    ...(slot === undefined ? [] : [`in slot ${slot}`]),
  ].join(' and ')
  const [first] = found
  if (first === undefined) {
    const others = seen.flatMap(({ label }) => (label === '' ? [] : [printable(label)]))
    const instead = others.length === 0 ? 'none at all' : `only ${others.join(', ')}`
    throw new OracleError(
      'PKCS11_TOKEN_MISSING',
      `${module} shows no token ${wanted}, ${instead}; put it in, correct its name, or give this ` +
        'process the settings that the module reads',
      { context: { module, tokens: others.length } },
    )
  }
  if (found.length === 1) return first.slot
  const slots = found.map((each) => String(each.slot)).join(', ')
  throw ambiguous(`${found.length} tokens are ${wanted}, in the slots ${slots}; name the slot, too`)
}

/** Null for a slot whose token cannot be asked: another one may be the right one. */
function labelOf(cryptoki: Cryptoki, slot: Handle): string | null {
  try {
    return cryptoki.tokenInfo(slot).label
  } catch (error) {
    if (reasonOf(error) === null) throw error
    return null
  }
}

function assertMayTry(cryptoki: Cryptoki, slot: Handle): void {
  const { flags } = cryptoki.tokenInfo(slot)
  if ((flags & FLAGS.userPinLocked) !== 0) throw locked('its PIN is locked')
  if ((flags & FLAGS.userPinFinalTry) !== 0) throw locked('one try is left for its PIN')
}

function logIn(cryptoki: Cryptoki, session: Handle, pin: Uint8Array): void {
  try {
    cryptoki.login(session, pin)
  } catch (error) {
    const reason = reasonOf(error) ?? ''
    if (reason === 'CKR_USER_ALREADY_LOGGED_IN') return
    if (PIN_LOCKED.includes(reason)) throw locked(reason)
    if (!PIN_WRONG.includes(reason)) throw refused(error)
    throw new OracleError(
      'PKCS11_PIN_WRONG',
      `the token refuses the PIN (${reason}), and it is not tried again, since tokens lock after ` +
        'a few; correct the PIN',
      { context: { reason } },
    )
  }
}

function findKey(cryptoki: Cryptoki, session: Handle, name: TokenKeyName): Handle {
  const { keyLabel, keyId } = name
  const keys = cryptoki.privateKeys(session, {
    label: keyLabel ?? null,
    id: keyId === undefined ? null : fromHex(keyId),
  })
  const wanted = [
    ...(keyLabel === undefined ? [] : [`labelled ${printable(keyLabel)}`]),
    ...(keyId === undefined ? [] : [`with the id ${keyId}`]),
  ].join(' and ')
  const [key] = keys
  if (key === undefined) {
    throw new OracleError(
      'PKCS11_KEY_MISSING',
      `the token has no private key ${wanted}; make it, or correct its name`,
    )
  }
  if (keys.length > 1) throw ambiguous(`several private keys are ${wanted}; name the id, too`)
  if (!cryptoki.isEc(session, key)) throw unsuitable('it is of no elliptic curve')
  const curve = cryptoki.curveOf(session, key)
  if (curve === null || equalBytes(curve, SECP256K1)) return key
  throw unsuitable(
    `its curve is not secp256k1 (${Buffer.from(curve.subarray(0, 32)).toString('hex')})`,
  )
}

/** Gives some return values a code of their own; every other one is a refusal. */
function translating<T>(
  code: 'PKCS11_TOKEN_MISSING' | 'PKCS11_KEY_UNSUITABLE',
  reasons: readonly string[],
  work: () => T,
): T {
  try {
    return work()
  } catch (error) {
    if (!reasons.includes(reasonOf(error) ?? '')) throw refused(error)
    const { message } = error as Error
    if (code === 'PKCS11_KEY_UNSUITABLE') throw unsuitable(message)
    throw new OracleError(code, `${message}: the token is gone; put it back`, { cause: error })
  }
}

function refused(error: unknown): unknown {
  if (reasonOf(error) === null) return error
  const { message } = error as Error
  const advice = 'look at the token with the tools of whoever made it, and at the log of its module'
  return new OracleError('PKCS11_REFUSED', `${message}; ${advice}`, { cause: error })
}

function unsuitable(seen: string): OracleError {
  return new OracleError(
    'PKCS11_KEY_UNSUITABLE',
    `the key cannot sign for a chain: ${seen}; make one of secp256k1 (1.3.132.0.10) that may sign`,
  )
}

function locked(seen: string): OracleError {
  return new OracleError(
    'PKCS11_PIN_LOCKED',
    `the token was not asked to log in: ${seen}; log in once with its own tools, or unlock it`,
  )
}

function ambiguous(message: string): OracleError {
  return new OracleError('PKCS11_NAME_AMBIGUOUS', message)
}

/** What a token says goes into a log and a terminal. */
function printable(text: string): string {
  return text.slice(0, 64).replace(/[\p{C}\s]+/gu, ' ')
}
