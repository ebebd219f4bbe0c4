import { Agent, request } from 'undici'
import { codeOf, OracleError } from '../errors.ts'

/** The largest answer that is read: 1024 feeds with 255 proofs take less than half of it. */
export const BODY_BYTES_MAX = 2_097_152

export interface HttpClientOptions {
  /** How long an answer may take, headers and body. */
  readonly timeoutMs: number
}

/** Asks one gateway; it follows no redirects and reads no compressed bodies. */
export class HttpClient {
  readonly #options: HttpClientOptions
  readonly #agent: Agent

  constructor(options: HttpClientOptions) {
    this.#options = options
    this.#agent = new Agent({ connections: 4, connect: { timeout: options.timeoutMs } })
  }

  /**
   * @throws {OracleError} `GATEWAY_UNREACHABLE`, `GATEWAY_REFUSED`, `GATEWAY_ANSWER_INVALID`; the
   * signal's reason when it was aborted
   */
  async json(url: string, signal: AbortSignal | undefined): Promise<unknown> {
    const text = await this.#text(url, signal)
    try {
      return JSON.parse(text)
    } catch {
      throw new OracleError('GATEWAY_ANSWER_INVALID', `${url} answered without JSON`, {
        context: { url },
      })
    }
  }

  /** The body of an endless answer, chunk by chunk. Ends when the gateway ends it. */
  async *chunks(url: string, signal: AbortSignal | undefined): AsyncGenerator<string> {
    const answer = await this.#ask(url, signal)
    try {
      if (answer.statusCode !== 200) throw refusedBy(url, answer.statusCode, '')
      yield* answer.body.setEncoding('utf8') as AsyncIterable<string>
    } catch (cause) {
      if (cause instanceof OracleError || signal?.aborted === true) throw cause
      throw unreachable(url, cause)
    } finally {
      answer.body.on('error', () => undefined).destroy()
    }
  }

  async close(): Promise<void> {
    await this.#agent.destroy()
  }

  async #text(url: string, signal: AbortSignal | undefined): Promise<string> {
    // Of the whole answer: who sends a byte now and then resets what waits for a byte.
    const deadline = AbortSignal.timeout(this.#options.timeoutMs)
    const answer = await this.#ask(url, signal, deadline)
    let text = ''
    try {
      for await (const chunk of answer.body.setEncoding('utf8')) {
        text += chunk
        if (text.length <= BODY_BYTES_MAX) continue
        answer.body.on('error', () => undefined).destroy()
        throw new OracleError('GATEWAY_ANSWER_INVALID', `${url} answers without end`, {
          context: { url, bytesMax: BODY_BYTES_MAX },
        })
      }
    } catch (cause) {
      if (cause instanceof OracleError || signal?.aborted === true) throw cause
      throw unreachable(url, cause)
    }
    if (answer.statusCode === 200) return text
    throw refusedBy(url, answer.statusCode, text)
  }

  /** Asks until the caller's signal or the deadline; a stream has none of the latter. */
  async #ask(url: string, signal: AbortSignal | undefined, deadline?: AbortSignal) {
    const ends = [signal, deadline].filter((each) => each !== undefined)
    try {
      return await request(url, {
        dispatcher: this.#agent,
        headersTimeout: this.#options.timeoutMs,
        bodyTimeout: 0,
        headers: { 'accept-encoding': 'identity' },
        ...(ends.length > 0 && { signal: AbortSignal.any(ends) }),
      })
    } catch (cause) {
      if (signal?.aborted === true) throw cause
      throw unreachable(url, cause)
    }
  }
}

function unreachable(url: string, cause: unknown): OracleError {
  return new OracleError('GATEWAY_UNREACHABLE', `${url} does not answer; use another gateway`, {
    context: { url, cause: codeOf(cause) },
    cause,
  })
}

/** What a gateway refuses with is shown only when it is one of our codes. */
function refusedBy(url: string, status: number, text: string): OracleError {
  const code = /^\{"code":"([A-Z][A-Z0-9_]{1,63})"\}$/.exec(text)?.[1] ?? ''
  return new OracleError('GATEWAY_REFUSED', `${url} answered ${status} ${code}`.trimEnd(), {
    context: { url, status, code },
  })
}
