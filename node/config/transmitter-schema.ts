import { getAddress, isAddress } from 'viem'
import { z } from 'zod'
import { DEFAULTS } from './defaults.ts'
import { filePath, shortName, whole } from './scalars.ts'

const CHAINS_MAX = 16

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
    timeoutMs: whole(100, 30_000).default(DEFAULTS.web3signer.timeoutMs),
    tls: tlsSchema.default({}),
  })
  .refine(
    ({ tls, url, urls }) =>
      Object.keys(tls).length === 0 ||
      [url, ...Object.values(urls)].every((each) => each.startsWith('https:')),
    { path: ['tls'], error: 'is given, so that every address must begin with https://' },
  )

/** The wallet that pays for gas: a keystore, or a remote signer. */
export const transmitterSchema = z.union(
  [filePath, z.strictObject({ web3signer: web3signerSchema })],
  'must be the path of a key file or {web3signer: {url, address}}',
)

export type TransmitterSetting = z.output<typeof transmitterSchema>
export type Web3SignerSetting = z.output<typeof web3signerSchema>
