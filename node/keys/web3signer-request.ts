import { readFile } from 'node:fs/promises'
import { Agent, request } from 'undici'
import { z } from 'zod'
import type { DurationMs } from '../../aggregator/values/time.ts'
import { isTimeoutCode, isTlsCode, readBounded } from '../bounded-http.ts'
import { codeOf, OracleError } from '../errors.ts'
import { readPrivateFile } from './private-file.ts'

/** Files in PEM, each read anew for every request: a renewed certificate needs no restart. */
export interface TlsFiles {
  /** Who may vouch for the signer, instead of the authorities that Node knows. */
  readonly ca?: string | undefined
  /** Shows the signer who asks. */
  readonly certificate?: string | undefined
  /** Of the certificate; only its owner may read it. */
  readonly key?: string | undefined
}

export interface Web3SignerEndpoint {
  readonly url: URL
  readonly timeoutMs: DurationMs
  readonly tls: TlsFiles
  readonly signal: AbortSignal
}

export interface RpcQuestion {
  readonly method: string
  readonly params: readonly unknown[]
}

/** The largest transaction that the settings allow has less than half of it as hexadecimal. */
const ANSWER_BYTES_MAX = 1_048_576
const CA_BYTES_MAX = 1_048_576
const REASON_LENGTH_MAX = 200

const answerSchema = z.union([
  z.object({ error: z.object({ code: z.number(), message: z.string() }) }),
  z.object({ result: z.unknown() }).refine(({ result }) => result !== undefined),
])

/**
 * Asks a Web3Signer one thing, on a connection of its own: no redirect is followed, no content
 * encoding taken, and the answer is counted while it arrives.
 *
 * @returns the `result` of the answer, whatever it is
 * @throws {OracleError} a `SignerFault`
 */
export async function askWeb3Signer(
  endpoint: Web3SignerEndpoint,
  question: RpcQuestion,
): Promise<unknown> {
  const { url, timeoutMs } = endpoint
  const agent = await agentFor(endpoint)
  // One limit for all of it: connection, handshake, and an answer that trickles.
  const late = AbortSignal.timeout(timeoutMs)
  try {
    const { statusCode, body } = await request(url, {
      dispatcher: agent,
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json',
        'accept-encoding': 'identity',
      },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, ...question }),
      signal: AbortSignal.any([late, endpoint.signal]),
    })
    const bytes = await readBounded(body, ANSWER_BYTES_MAX)
    if (bytes === null) throw answerTooLarge(url)
    return resultOf(bytes, { host: url.host, status: statusCode })
  } catch (cause) {
    throw failure(cause, { url, timeoutMs, isLate: late.aborted })
  } finally {
    await agent.destroy()
  }
}

async function agentFor({ url, timeoutMs, tls }: Web3SignerEndpoint): Promise<Agent> {
  const files = await readFiles(url, tls)
  return new Agent({
    connections: 1,
    // A signature every few seconds: a kept connection would mostly be one that the other end
    // has closed, and a question on it is lost.
    pipelining: 0,
    allowH2: false,
    maxHeaderSize: 16_384,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    connect: { timeout: timeoutMs, ...files },
  })
}

async function readFiles(url: URL, { ca, certificate, key }: TlsFiles) {
  try {
    return {
      ...(ca !== undefined && { ca: await readBoundedFile(ca) }),
      ...(certificate !== undefined && { cert: await readBoundedFile(certificate) }),
      ...(key !== undefined && { key: await readPrivateFile(key) }),
    }
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new OracleError(
      'WEB3SIGNER_TLS_INVALID',
      `the files of keys.transmitter.web3signer.tls cannot be used: ${reason}`,
      { context: { host: url.host, cause: codeOf(cause) }, cause },
    )
  }
}

async function readBoundedFile(path: string): Promise<string> {
  const text = await readFile(path, 'utf8')
  if (text.length <= CA_BYTES_MAX) return text
  throw new Error(`${path} is too large for certificates`)
}

function resultOf(
  bytes: Uint8Array,
  { host, status }: { readonly host: string; readonly status: number },
): unknown {
  const answer = answerSchema.safeParse(jsonFrom(bytes))
  if (!answer.success) {
    throw new OracleError(
      'WEB3SIGNER_ANSWER_INVALID',
      `${host} answered with status ${status} and no JSON-RPC; check the address of the signer, ` +
        'its --http-host-allowlist, and that it was started with the command eth1',
      { context: { host, status } },
    )
  }
  if ('result' in answer.data) return answer.data.result
  const { code, message } = answer.data.error
  throw new OracleError(
    'WEB3SIGNER_REFUSED',
    `the signer at ${host} refused: ${printable(message)} (${code}); its own log says why`,
    { context: { host, status, rpcCode: code } },
  )
}

/** Undefined for what is no JSON. */
function jsonFrom(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    return undefined
  }
}

/** Somebody else's words go into a log, a page and a terminal. */
function printable(text: string): string {
  return text.slice(0, REASON_LENGTH_MAX).replace(/[\p{C}\s]+/gu, ' ')
}

function answerTooLarge({ host }: URL): OracleError {
  return new OracleError(
    'WEB3SIGNER_ANSWER_TOO_LARGE',
    `${host} answered with more than ${ANSWER_BYTES_MAX} bytes; find out who answers there`,
    { context: { host, bytesMax: ANSWER_BYTES_MAX } },
  )
}

interface Scene {
  readonly url: URL
  readonly timeoutMs: DurationMs
  readonly isLate: boolean
}

function failure(cause: unknown, { url, timeoutMs, isLate }: Scene): OracleError {
  if (cause instanceof OracleError) return cause
  const { host } = url
  const code = codeOf(cause)
  const details = { context: { host, cause: code }, cause }
  if (isLate || isTimeoutCode(code)) {
    const message =
      `the signer at ${host} did not answer within ${timeoutMs} ms; look at what stands behind ` +
      'it, and raise keys.transmitter.web3signer.timeoutMs if that is how long it takes'
    return new OracleError('WEB3SIGNER_TIMEOUT', message, details)
  }
  if (isTlsCode(code)) {
    const message =
      `no TLS with the signer at ${host} (${code}); compare keys.transmitter.web3signer.tls ` +
      'with its certificate and with the clients that it lets in'
    return new OracleError('WEB3SIGNER_TLS_INVALID', message, details)
  }
  const message = `the signer at ${host} cannot be reached (${code}); start it, or correct its url`
  return new OracleError('WEB3SIGNER_UNREACHABLE', message, details)
}
