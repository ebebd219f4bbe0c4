/** A handle of a module: of a slot, a session or an object. */
export type Handle = number | bigint

/** What a token says of itself. */
export interface TokenInfo {
  readonly label: string
  readonly flags: number
}

/** What a private key is called; what is null is not looked at. */
export interface KeyName {
  readonly label: string | null
  readonly id: Uint8Array | null
}

/**
 * The few functions of PKCS #11 (OASIS, version 2.40) that a signature takes. Each throws a
 * `CryptokiError` for every return value but CKR_OK.
 */
export interface Cryptoki {
  readonly initialize: () => void
  readonly finalize: () => void
  /** Slots that hold a token. */
  readonly slots: () => readonly Handle[]
  readonly tokenInfo: (slot: Handle) => TokenInfo
  readonly openSession: (slot: Handle) => Handle
  readonly login: (session: Handle, pin: Uint8Array) => void
  /** The first two private keys of that name: a second one is one too many. */
  readonly privateKeys: (session: Handle, name: KeyName) => readonly Handle[]
  /** Whether CKA_KEY_TYPE is CKK_EC. */
  readonly isEc: (session: Handle, key: Handle) => boolean
  /** CKA_EC_PARAMS; null when the key has none, or does not tell. */
  readonly curveOf: (session: Handle, key: Handle) => Uint8Array | null
  /** CKM_ECDSA over 32 bytes, whatever the module answers. */
  readonly sign: (session: Handle, key: Handle, digest: Uint8Array) => Uint8Array
}

/** Flags of a token that stand for what its PIN may still do. */
export const FLAGS = {
  userPinFinalTry: 0x0002_0000,
  userPinLocked: 0x0004_0000,
} as const

/** Return values that are told apart, or that an operator meets. */
const NAMES: ReadonlyMap<number, string> = new Map([
  [0x02, 'CKR_HOST_MEMORY'],
  [0x03, 'CKR_SLOT_ID_INVALID'],
  [0x05, 'CKR_GENERAL_ERROR'],
  [0x06, 'CKR_FUNCTION_FAILED'],
  [0x07, 'CKR_ARGUMENTS_BAD'],
  [0x11, 'CKR_ATTRIBUTE_SENSITIVE'],
  [0x12, 'CKR_ATTRIBUTE_TYPE_INVALID'],
  [0x30, 'CKR_DEVICE_ERROR'],
  [0x31, 'CKR_DEVICE_MEMORY'],
  [0x32, 'CKR_DEVICE_REMOVED'],
  [0x50, 'CKR_FUNCTION_CANCELED'],
  [0x54, 'CKR_FUNCTION_NOT_SUPPORTED'],
  [0x60, 'CKR_KEY_HANDLE_INVALID'],
  [0x62, 'CKR_KEY_SIZE_RANGE'],
  [0x63, 'CKR_KEY_TYPE_INCONSISTENT'],
  [0x68, 'CKR_KEY_FUNCTION_NOT_PERMITTED'],
  [0x70, 'CKR_MECHANISM_INVALID'],
  [0x71, 'CKR_MECHANISM_PARAM_INVALID'],
  [0x82, 'CKR_OBJECT_HANDLE_INVALID'],
  [0xa0, 'CKR_PIN_INCORRECT'],
  [0xa1, 'CKR_PIN_INVALID'],
  [0xa2, 'CKR_PIN_LEN_RANGE'],
  [0xa3, 'CKR_PIN_EXPIRED'],
  [0xa4, 'CKR_PIN_LOCKED'],
  [0xb0, 'CKR_SESSION_CLOSED'],
  [0xb1, 'CKR_SESSION_COUNT'],
  [0xb3, 'CKR_SESSION_HANDLE_INVALID'],
  [0xe0, 'CKR_TOKEN_NOT_PRESENT'],
  [0xe1, 'CKR_TOKEN_NOT_RECOGNIZED'],
  [0x100, 'CKR_USER_ALREADY_LOGGED_IN'],
  [0x101, 'CKR_USER_NOT_LOGGED_IN'],
  [0x102, 'CKR_USER_PIN_NOT_INITIALIZED'],
  [0x104, 'CKR_USER_ANOTHER_ALREADY_LOGGED_IN'],
  [0x150, 'CKR_BUFFER_TOO_SMALL'],
  [0x190, 'CKR_CRYPTOKI_NOT_INITIALIZED'],
])

/** A module returned something else than CKR_OK. */
export class CryptokiError extends Error {
  /** Of the return value, such as `CKR_PIN_INCORRECT`; a number where it has none here. */
  readonly reason: string

  constructor(call: string, returned: number) {
    const reason = NAMES.get(returned) ?? `0x${returned.toString(16)}`
    super(`${call} returned ${reason}`)
    this.name = 'CryptokiError'
    this.reason = reason
  }
}

/** The reason of a `CryptokiError`; null for anything else. */
export function reasonOf(error: unknown): string | null {
  return error instanceof CryptokiError ? error.reason : null
}
