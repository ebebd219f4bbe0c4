import { keccak_256 } from '@noble/hashes/sha3.js'
import { ascii, toHex } from '../../aggregator/values/bytes.ts'
import { OracleError } from '../errors.ts'
import { signatoriesOf } from './signature.ts'

/** Begin as nothing does that a wallet or a member signs, so their signatures move nothing. */
const QUESTIONS = ['Parallax: whose key signs here?', 'Parallax: and whose signs this?'].map(
  (text) => keccak_256(ascii(text)),
)

/** What a token can be asked to sign without any consequence. */
export const QUESTION = QUESTIONS[0] as Uint8Array

/**
 * Finds out whose signatures a token makes: one can be of two keys, two have one in common. The
 * public key in a token is an object of its own, which may be missing, or another one's.
 *
 * @returns compressed
 * @throws {OracleError} `PKCS11_KEY_UNSUITABLE`, and what `sign` rejects with
 */
export async function askPublicKey(
  sign: (digest: Uint8Array) => Promise<Uint8Array>,
): Promise<Uint8Array> {
  const seen: string[][] = []
  const keys = new Map<string, Uint8Array>()
  for (const question of QUESTIONS) {
    const signatories = signatoriesOf(await sign(question), question)
    for (const { publicKey } of signatories) keys.set(toHex(publicKey), publicKey)
    seen.push(signatories.map(({ publicKey }) => toHex(publicKey)))
  }
  const [first = [], second = []] = seen
  const own = keys.get(first.find((key) => second.includes(key)) ?? '')
  if (own !== undefined) return own
  throw new OracleError(
    'PKCS11_KEY_UNSUITABLE',
    'two signatures of the key have no public key in common; make one of secp256k1 (1.3.132.0.10)',
  )
}
