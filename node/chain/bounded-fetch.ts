import { request } from 'undici'
import { readBounded } from '../bounded-http.ts'
import { OracleError } from '../errors.ts'

/** Answers above this are cut off: the largest honest one, a full block, is far below. */
const RPC_BYTES_MAX = 8_388_608

/**
 * A `fetch` for JSON-RPC endpoints, which are not trusted: no redirects, no compression that could
 * unfold, and no answer beyond the limit.
 *
 * @throws {OracleError} RPC_ANSWER_TOO_LARGE
 */
export async function boundedFetch(
  input: string | URL | Request,
  init?: RequestInit,
): Promise<Response> {
  const answer = await request(String(input instanceof Request ? input.url : input), {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'accept-encoding': 'identity' },
    body: typeof init?.body === 'string' ? init.body : null,
    signal: init?.signal ?? null,
  })
  const text = await readBounded(answer.body, RPC_BYTES_MAX)
  if (text === null) {
    throw new OracleError('RPC_ANSWER_TOO_LARGE', 'the endpoint answered with too many bytes', {
      context: { bytesMax: RPC_BYTES_MAX },
    })
  }
  const type = answer.headers['content-type']
  return new Response(text, {
    status: answer.statusCode,
    headers: typeof type === 'string' ? { 'content-type': type } : {},
  })
}
