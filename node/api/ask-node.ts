import { request } from 'undici'
import type { ApiConfig } from '../config/schema.ts'
import { codeOf, OracleError } from '../errors.ts'

const TIMEOUT_MS = 5_000
const BYTES_MAX = 33_554_432

/** Where an API with these settings is asked. */
export function apiAddress({ host, port }: Pick<ApiConfig, 'host' | 'port'>): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}

/**
 * What a node answers to a question, as JSON that is still to be checked.
 *
 * @throws {OracleError} `NODE_UNREACHABLE`
 */
export async function askNode(address: string, path: string): Promise<unknown> {
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS)
    const answer = await request(`${address}${path}`, { signal })
    let text = ''
    for await (const chunk of answer.body.setEncoding('utf8')) {
      text += chunk
      if (text.length > BYTES_MAX) throw new Error('the answer is too long')
    }
    if (answer.statusCode !== 200) throw new Error(`HTTP ${answer.statusCode}`)
    return JSON.parse(text)
  } catch (cause) {
    throw unreachable(address, cause)
  }
}

/** The answer of something that is no node, or one of another version. */
export function noNodeOfOurs(address: string): OracleError {
  return unreachable(address, new Error('this is no node of ours'))
}

function unreachable(address: string, cause: unknown): OracleError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new OracleError(
    'NODE_UNREACHABLE',
    `no node answers at ${address}; is it running, and is this its api.port?`,
    { context: { address, code: codeOf(cause), reason }, cause },
  )
}
