/** What every client of HTTP here needs: bodies that are counted, and failures by their kind. */

/**
 * Reads a body and counts it while it arrives.
 *
 * @returns null when it has more than `bytesMax` bytes; then it is destroyed, and with it the
 * connection
 */
export async function readBounded(
  body: AsyncIterable<unknown>,
  bytesMax: number,
): Promise<Buffer<ArrayBuffer> | null> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    bytes += chunk.length
    // Leaving the loop destroys the body.
    if (bytes > bytesMax) return null
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

const TIMEOUT_CODES: ReadonlySet<string> = new Set([
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_CONNECT_TIMEOUT',
])

/** Whether a code of undici says that something took too long. */
export function isTimeoutCode(code: string): boolean {
  return TIMEOUT_CODES.has(code)
}

/** Codes of OpenSSL and Node for a chain that does not verify, and of a handshake that fails. */
export function isTlsCode(code: string): boolean {
  return /^(CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_TLS_|ERR_SSL_|EPROTO)/.test(code)
}
