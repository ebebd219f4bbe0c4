import { endianness } from 'node:os'
import koffi from 'koffi'
import { equalBytes } from '../../aggregator/values/bytes.ts'
import type { Cryptoki, Handle, KeyName } from './cryptoki.ts'
import { CryptokiError, reasonOf } from './cryptoki.ts'

/** Everything is declared as pkcs11.h has it; CK_ULONG is the platform's `unsigned long`. */
const ULONG_BYTES = koffi.sizeof('unsigned long')
/** The list of functions begins with its version, aligned like a pointer. */
const LIST_OFFSET = koffi.sizeof('void *')

koffi.struct('CK_TOKEN_INFO', {
  label: koffi.array('uint8', 32),
  manufacturerId: koffi.array('uint8', 32),
  model: koffi.array('uint8', 16),
  serialNumber: koffi.array('uint8', 16),
  flags: 'unsigned long',
  countsAndLengths: koffi.array('unsigned long', 10),
  versions: koffi.array('uint8', 4),
  utcTime: koffi.array('uint8', 16),
})
koffi.struct('CK_ATTRIBUTE', { type: 'unsigned long', value: 'void *', length: 'unsigned long' })
koffi.struct('CK_MECHANISM', {
  mechanism: 'unsigned long',
  parameter: 'void *',
  length: 'unsigned long',
})

/** Place in CK_FUNCTION_LIST, and parameters, of each function that is called. */
const FUNCTIONS = {
  C_Initialize: [0, 'void *args'],
  C_Finalize: [1, 'void *reserved'],
  C_GetSlotList: [4, 'uint8 present, _Out_ unsigned long *list, _Inout_ unsigned long *count'],
  C_GetTokenInfo: [6, 'unsigned long slot, _Out_ CK_TOKEN_INFO *info'],
  C_OpenSession: [
    12,
    'unsigned long slot, unsigned long flags, void *app, void *notify, ' +
      '_Out_ unsigned long *session',
  ],
  C_Login: [18, 'unsigned long session, unsigned long user, void *pin, unsigned long length'],
  C_GetAttributeValue: [
    24,
    'unsigned long session, unsigned long key, _Inout_ CK_ATTRIBUTE *asked, unsigned long count',
  ],
  C_FindObjectsInit: [26, 'unsigned long session, CK_ATTRIBUTE *asked, unsigned long count'],
  C_FindObjects: [
    27,
    'unsigned long session, _Out_ unsigned long *list, unsigned long max, ' +
      '_Out_ unsigned long *count',
  ],
  C_FindObjectsFinal: [28, 'unsigned long session'],
  C_SignInit: [42, 'unsigned long session, CK_MECHANISM *mechanism, unsigned long key'],
  C_Sign: [
    43,
    'unsigned long session, void *data, unsigned long length, void *signature, ' +
      '_Inout_ unsigned long *signatureLength',
  ],
} as const
const FUNCTIONS_LENGTH = 44

const CKO_PRIVATE_KEY = 3
const CKA = { class: 0x00, label: 0x03, keyType: 0x100, id: 0x102, ecParams: 0x180 } as const
const CKK_EC = 3
const CKF_SERIAL_SESSION = 4
const CKU_USER = 1
const CKM_ECDSA = 0x1041

const SLOTS_MAX = 256
const CURVE_BYTES_MAX = 1_024
const SIGNATURE_BYTES_MAX = 256
/** A key does not tell, or has no such attribute; its parameters may also be longer than any. */
const NO_ATTRIBUTE = [
  ...['CKR_ATTRIBUTE_TYPE_INVALID', 'CKR_ATTRIBUTE_SENSITIVE', 'CKR_BUFFER_TOO_SMALL'],
]

type Call = (name: keyof typeof FUNCTIONS, ...given: readonly unknown[]) => void

/**
 * Loads a module into this process. Whatever is wrong with its code is wrong with the process
 * from then on.
 *
 * @throws when the file is no shared library, or has not C_GetFunctionList
 */
export function loadModule(path: string): Cryptoki {
  const call = callsOf(path)
  return {
    initialize: () => call('C_Initialize', null),
    finalize: () => call('C_Finalize', null),
    slots() {
      const [list, count] = [new Array<Handle>(SLOTS_MAX).fill(0), [SLOTS_MAX]]
      call('C_GetSlotList', 1, list, count)
      return list.slice(0, count[0])
    },
    tokenInfo(slot) {
      const info = { label: [] as readonly number[], flags: 0 }
      call('C_GetTokenInfo', slot, info)
      return { label: Buffer.from(info.label).toString('utf8').trimEnd(), flags: info.flags }
    },
    openSession(slot) {
      const session: Handle[] = [0]
      call('C_OpenSession', slot, CKF_SERIAL_SESSION, null, null, session)
      return session[0] ?? 0
    },
    login: (session, pin) => call('C_Login', session, CKU_USER, pin, pin.length),
    privateKeys: (session, name) => privateKeys(call, session, name),
    isEc: (session, key) => isEc(call, session, key),
    curveOf: (session, key) => curveOf(call, session, key),
    sign(session, key, digest) {
      call('C_SignInit', session, { mechanism: CKM_ECDSA, parameter: null, length: 0 }, key)
      const [signature, length] = [new Uint8Array(SIGNATURE_BYTES_MAX), [SIGNATURE_BYTES_MAX]]
      call('C_Sign', session, digest, digest.length, signature, length)
      return signature.slice(0, length[0])
    },
  }
}

function callsOf(path: string): Call {
  const library = koffi.load(path)
  const getList = library.func('unsigned long C_GetFunctionList(_Out_ void **list)')
  const list: unknown[] = [null]
  throwUnlessOk('C_GetFunctionList', getList(list))
  const places: readonly unknown[] = koffi.decode(list[0], LIST_OFFSET, 'void *', FUNCTIONS_LENGTH)
  const functions = Object.entries(FUNCTIONS).map(([name, [place, parameters]]) => {
    const type = koffi.proto(`unsigned long ${name}(${parameters})`)
    return [name, koffi.decode(places[place], type)] as const
  })
  const byName = Object.fromEntries(functions)
  return (name, ...given) => throwUnlessOk(name, byName[name](...given))
}

function throwUnlessOk(name: string, returned: number | bigint): void {
  if (Number(returned) !== 0) throw new CryptokiError(name, Number(returned))
}

function privateKeys(call: Call, session: Handle, { label, id }: KeyName): readonly Handle[] {
  const asked = [
    attribute(CKA.class, ulongBytes(CKO_PRIVATE_KEY)),
    ...(label === null ? [] : [attribute(CKA.label, Buffer.from(label, 'utf8'))]),
    ...(id === null ? [] : [attribute(CKA.id, id)]),
  ]
  call('C_FindObjectsInit', session, asked, asked.length)
  const [list, count]: [Handle[], number[]] = [[0, 0], [0]]
  call('C_FindObjects', session, list, list.length, count)
  call('C_FindObjectsFinal', session)
  return list.slice(0, count[0])
}

function isEc(call: Call, session: Handle, key: Handle): boolean {
  const bytes = new Uint8Array(ULONG_BYTES)
  call('C_GetAttributeValue', session, key, [attribute(CKA.keyType, bytes)], 1)
  return equalBytes(bytes, ulongBytes(CKK_EC))
}

function curveOf(call: Call, session: Handle, key: Handle): Uint8Array | null {
  const bytes = new Uint8Array(CURVE_BYTES_MAX)
  const asked = [attribute(CKA.ecParams, bytes)]
  try {
    call('C_GetAttributeValue', session, key, asked, asked.length)
  } catch (error) {
    if (NO_ATTRIBUTE.includes(reasonOf(error) ?? '')) return null
    throw error
  }
  return bytes.subarray(0, asked[0]?.length)
}

function attribute(type: number, value: Uint8Array) {
  return { type, value, length: value.length }
}

function ulongBytes(value: number): Uint8Array {
  const bytes = Buffer.alloc(ULONG_BYTES)
  if (endianness() === 'LE') bytes.writeUIntLE(value, 0, 4)
  else bytes.writeUIntBE(value, ULONG_BYTES - 4, 4)
  return bytes
}
