import { codeOf, OracleError } from '../errors.ts'

/** The largest answer that is read: 1024 feeds with 255 proofs take less than half of it. */
export const BODY_BYTES_MAX = 2_097_152

export interface HttpClientOptions {
  /** How long an answer may take, headers and body. */
  readonly timeoutMs: number
}

/** Asks one gateway with the `fetch` that every runtime has; it follows no redirects. */
export class HttpClient {
  readonly #timeoutMs: number
  readonly #closing = new AbortController()

  constructor({ timeoutMs }: HttpClientOptions) {
    this.#timeoutMs = timeoutMs
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
    const opening = new AbortController()
    const timer = setTimeout(() => opening.abort(), this.#timeoutMs)
    try {
      const answer = await this.#ask(url, signal, opening.signal)
      clearTimeout(timer)
      // A refusal may be a body without end too.
      if (answer.status !== 200) await answer.body?.cancel()
      if (answer.status !== 200) throw refusedBy(url, answer.status, '')
      yield* textOf(answer)
    } catch (cause) {
      throw failure(url, cause, signal)
    } finally {
      clearTimeout(timer)
    }
  }

  /** Ends what is being read; whatever is asked afterwards is `GATEWAY_UNREACHABLE`. */
  async close(): Promise<void> {
    this.#closing.abort()
  }

  async #text(url: string, signal: AbortSignal | undefined): Promise<string> {
    // Of the whole answer: who sends a byte now and then resets what waits for a byte.
    const deadline = AbortSignal.timeout(this.#timeoutMs)
    try {
      const answer = await this.#ask(url, signal, deadline)
      let text = ''
      for await (const chunk of textOf(answer)) {
        text += chunk
        if (text.length > BODY_BYTES_MAX) throw endless(url)
      }
      if (answer.status === 200) return text
      throw refusedBy(url, answer.status, text)
    } catch (cause) {
      throw failure(url, cause, signal)
    }
  }

  #ask(url: string, signal: AbortSignal | undefined, deadline: AbortSignal): Promise<Response> {
    const ends = [this.#closing.signal, deadline, ...(signal === undefined ? [] : [signal])]
    return fetch(url, { redirect: 'manual', signal: AbortSignal.any(ends) })
  }
}

/** Decoded as it comes; whoever leaves the loop ends the connection. */
async function* textOf({ body }: Response): AsyncGenerator<string> {
  if (body === null) return
  // Not `for await` over the body, which some browsers do not know.
  const reader = body.getReader()
  const decoder = new TextDecoder()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) break
      yield decoder.decode(value, { stream: true })
    }
    yield decoder.decode()
  } finally {
    // It fails when the body did, which is thrown already.
    reader.cancel().catch(() => undefined)
  }
}

/** What is thrown for whatever was caught: our own as it is, the caller's reason to leave. */
function failure(url: string, cause: unknown, signal: AbortSignal | undefined): unknown {
  if (cause instanceof OracleError) return cause
  if (signal?.aborted === true) return signal.reason
  return new OracleError('GATEWAY_UNREACHABLE', `${url} does not answer; use another gateway`, {
    context: { url, cause: reasonOf(cause) },
    cause,
  })
}

/** `fetch` wraps what the system said, where it says anything. */
function reasonOf(cause: unknown): string {
  const code = codeOf(cause)
  return code === 'UNKNOWN' && cause instanceof Error ? codeOf(cause.cause) : code
}

function endless(url: string): OracleError {
  return new OracleError('GATEWAY_ANSWER_INVALID', `${url} answers without end`, {
    context: { url, bytesMax: BODY_BYTES_MAX },
  })
}

/** What a gateway refuses with is shown only when it is one of our codes. */
function refusedBy(url: string, status: number, text: string): OracleError {
  const code = /^\{"code":"([A-Z][A-Z0-9_]{1,63})"\}$/.exec(text)?.[1] ?? ''
  // Browsers hide the status of a redirect that is not followed.
  const said = status === 0 ? 'with a redirect' : `${status} ${code}`.trimEnd()
  return new OracleError('GATEWAY_REFUSED', `${url} answered ${said}`, {
    context: { url, status, code },
  })
}
