import { codeOf, OracleError } from '../errors.ts'
import type { PassphraseSource, Terminal } from '../keys/passphrase.ts'
import { readPassphrase } from '../keys/passphrase.ts'
import { Secret } from '../keys/secret.ts'

/**
 * Reads the PIN of a token, a copy for each who asks. A file is read each time, so a PIN that was
 * corrected needs no restart; what can be read once only is kept.
 *
 * @returns rejects with `PKCS11_PIN_UNREADABLE`
 */
export function pinReader(source: PassphraseSource, terminal: Terminal): () => Promise<Secret> {
  if (source.from === 'file') return () => readPin(source, terminal)
  let kept: Promise<Secret> | undefined
  return async () => {
    kept ??= readPin(source, terminal)
    return (await kept).use((bytes) => Secret.of(bytes))
  }
}

async function readPin(source: PassphraseSource, terminal: Terminal): Promise<Secret> {
  try {
    return await readPassphrase(source, terminal)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new OracleError('PKCS11_PIN_UNREADABLE', `there is no PIN for the token: ${reason}`, {
      context: { cause: codeOf(cause) },
      cause,
    })
  }
}
