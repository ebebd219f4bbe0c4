import { type Address, getAddress, isAddress } from 'viem'
import { z } from 'zod'
import { filePath, shortName, whole } from '../settings/scalars.ts'
import { DEFAULTS } from './defaults.ts'

const CHAINS_MAX = 16

/** Where the PIN of a token comes from: never from an argument or the environment. */
const pinSchema = z.union(
  [z.strictObject({ file: filePath }), z.strictObject({ descriptor: whole(0, 1_023) })],
  'must be one of {file: PATH} and {descriptor: NUMBER}',
)

/** An account; one in mixed case must carry the right checksum, which finds a mistyped digit. */
const accountAddress = z.string().transform((text, context) => {
  const isHex = /^0x[0-9a-fA-F]{40}$/.test(text)
  const isMixed = /[a-f]/.test(text) && /[A-F]/.test(text)
  if (isHex && (!isMixed || isAddress(text))) return getAddress(text.toLowerCase())
  const message = isHex
    ? 'has a wrong checksum: a digit is mistyped, or its case was changed'
    : 'must be an address: 0x and 40 hexadecimal digits'
  context.addIssue({ code: 'custom', message })
  return z.NEVER
})

/** As PKCS #11 pads it: a longer one is no label of a token. */
const TOKEN_LABEL_BYTES_MAX = 32

const label = z
  .string()
  .min(1, 'must not be empty')
  .max(256, 'is too long for a label')
  .refine((text) => !/\p{C}/u.test(text), 'must hold no control characters')

/** A key in a token, by the module of whoever made the token (PKCS #11). */
const pkcs11Schema = z
  .strictObject({
    module: filePath,
    token: label
      .refine((text) => Buffer.byteLength(text) <= TOKEN_LABEL_BYTES_MAX, {
        error: `must have at most ${TOKEN_LABEL_BYTES_MAX} bytes: no token has a longer label`,
      })
      .optional(),
    slot: whole(0, Number.MAX_SAFE_INTEGER).optional(),
    keyLabel: label.optional(),
    keyId: z
      .string()
      .regex(/^(?:[0-9a-fA-F]{2}){1,128}$/, 'must be 1 to 128 bytes as hexadecimal digits, quoted')
      .optional(),
    pin: pinSchema,
    address: accountAddress,
    timeoutMs: whole(100, 30_000).default(DEFAULTS.remoteSigner.timeoutMs),
  })
  .refine(({ token, slot }) => token !== undefined || slot !== undefined, {
    path: ['token'],
    error: 'is missing: name the token by its label (token), its slot (slot), or both',
  })
  .refine(({ keyLabel, keyId }) => keyLabel !== undefined || keyId !== undefined, {
    path: ['keyLabel'],
    error: 'is missing: name the key by its label (keyLabel), its id (keyId), or both',
  })

const signerUrl = z
  .url({ protocol: /^https?$/, error: 'must be an http:// or https:// address' })
  .max(2_048, 'is too long for an address')
  .refine((text) => !/^https?:\/\/[^/]*@/.test(text), {
    error: 'must hold no user and password; a client shows who it is by tls.certificate',
  })

/** Files in PEM for the connection to a remote signer. */
const tlsSchema = z
  .strictObject({
    ca: filePath.optional(),
    certificate: filePath.optional(),
    key: filePath.optional(),
  })
  .refine(({ certificate, key }) => (certificate === undefined) === (key === undefined), {
    error: 'needs both certificate and key, or neither',
  })

/** A Web3Signer that holds the key; its process signs for one chain, by its own setting. */
const web3signerSchema = z
  .strictObject({
    url: signerUrl,
    urls: z
      .record(shortName, signerUrl)
      .refine((urls) => Object.keys(urls).length <= CHAINS_MAX, `takes at most ${CHAINS_MAX}`)
      .default({}),
    address: accountAddress,
    timeoutMs: whole(100, 30_000).default(DEFAULTS.remoteSigner.timeoutMs),
    tls: tlsSchema.default({}),
  })
  .refine(
    ({ tls, url, urls }) =>
      Object.keys(tls).length === 0 ||
      [url, ...Object.values(urls)].every((each) => each.startsWith('https:')),
    { path: ['tls'], error: 'is given, so that every address must begin with https://' },
  )

/** The wallet that pays for gas: a keystore, a remote signer, or a token. */
export const transmitterSchema = z.union(
  [
    filePath,
    z.strictObject({ web3signer: web3signerSchema }),
    z.strictObject({ pkcs11: pkcs11Schema }),
  ],
  'must be the path of a key file, {web3signer: {url, address}} or {pkcs11: {module, …}}',
)

export type TransmitterSetting = z.output<typeof transmitterSchema>
export type Web3SignerSetting = z.output<typeof web3signerSchema>
export type Pkcs11Setting = z.output<typeof pkcs11Schema>

/** The account of a key that is not in a file; a file tells it only to who opens it. */
export function accountElsewhere(transmitter: TransmitterSetting | undefined): Address | null {
  if (typeof transmitter !== 'object') return null
  return 'web3signer' in transmitter ? transmitter.web3signer.address : transmitter.pkcs11.address
}
