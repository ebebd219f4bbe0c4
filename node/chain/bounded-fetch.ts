import { request } from 'undici'
import { OracleError } from '../errors.ts'

/** Answers above this are cut off: the largest honest one, a full block, is far below. */
export const RPC_BYTES_MAX = 8_388_608

/**
 * A `fetch` for JSON-RPC endpoints, which are not trusted: no redirects, no compression that could
 * unfold, and no answer beyond `bytesMax`.
 *
 * @throws {OracleError} RPC_ANSWER_TOO_LARGE
 */
export function boundedFetch(bytesMax: number = RPC_BYTES_MAX): typeof fetch {
  return async (input, init) => {
    const answer = await request(String(input instanceof Request ? input.url : input), {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'accept-encoding': 'identity' },
      body: typeof init?.body === 'string' ? init.body : null,
      signal: init?.signal ?? null,
    })
    const chunks: Uint8Array[] = []
    let bytes = 0
    for await (const chunk of answer.body as AsyncIterable<Uint8Array>) {
      bytes += chunk.length
      if (bytes > bytesMax) {
        // Leaving the loop destroys the body and with it the connection.
        throw new OracleError('RPC_ANSWER_TOO_LARGE', 'the endpoint answered with too many bytes', {
          context: { bytesMax },
        })
      }
      chunks.push(chunk)
    }
    const type = answer.headers['content-type']
    return new Response(Buffer.concat(chunks), {
      status: answer.statusCode,
      headers: typeof type === 'string' ? { 'content-type': type } : {},
    })
  }
}
