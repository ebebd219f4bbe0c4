/** Why a token signs nothing; each is explained in docs/errors.md. */
export const TOKEN_FAULTS = [
  'PKCS11_MODULE_UNUSABLE',
  'PKCS11_TOKEN_MISSING',
  'PKCS11_PIN_UNREADABLE',
  'PKCS11_PIN_WRONG',
  'PKCS11_PIN_LOCKED',
  'PKCS11_KEY_MISSING',
  'PKCS11_KEY_UNSUITABLE',
  'PKCS11_NAME_AMBIGUOUS',
  'PKCS11_REFUSED',
  'PKCS11_SIGNATURE_FOREIGN',
  'PKCS11_PROCESS_ENDED',
  'PKCS11_TIMEOUT',
] as const

export type TokenFault = (typeof TOKEN_FAULTS)[number]
