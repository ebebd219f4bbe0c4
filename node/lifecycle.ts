import { codeOf, OracleError } from './errors.ts'

/** A long-lived part of the node. Both functions are idempotent: a second call does nothing. */
export interface Startable {
  /** Names the part in logs and errors. */
  readonly name: string
  /** Resolves when the part works; `signal` aborts what has not finished yet. */
  readonly start: (signal: AbortSignal) => Promise<void>
  /** Resolves when nothing of the part runs any more. */
  readonly stop: () => Promise<void>
}

/** Parts that were started together; disposing stops them. */
export interface Running extends AsyncDisposable {
  /** Stops every part in reverse order; further calls wait for the first. */
  readonly stop: () => Promise<void>
}

export interface StartOptions {
  /** Aborting it during the start stops what was started and rejects with its reason. */
  readonly signal?: AbortSignal
  /** How long one part may take to stop before it is given up and named; default 10_000. */
  readonly stopTimeoutMs?: number
}

const STOP_TIMEOUT_MS = 10_000

/**
 * Starts the parts one after another, and hands back what stops them in reverse. When one fails to
 * start, those before it are stopped again and its error is thrown. Aborting the signal after the
 * start does nothing by itself: whoever holds the result decides when to stop.
 *
 * @throws the error of the part that failed, or the signal's reason
 */
export async function startAll(
  parts: readonly Startable[],
  options: StartOptions = {},
): Promise<Running> {
  const { signal = new AbortController().signal, stopTimeoutMs = STOP_TIMEOUT_MS } = options
  const started: Startable[] = []
  try {
    for (const part of parts) {
      signal.throwIfAborted()
      // Before the start, not after: a part that fails halfway holds things to give back, too.
      started.push(part)
      await part.start(signal)
    }
    signal.throwIfAborted()
  } catch (error) {
    await stopReversed(started, stopTimeoutMs).catch(() => undefined)
    throw error
  }
  let stopping: Promise<void> | null = null
  const stop = () => {
    stopping ??= stopReversed(started, stopTimeoutMs)
    return stopping
  }
  return { stop, [Symbol.asyncDispose]: stop }
}

/** Stops each part even when another fails; the failures are reported together at the end. */
async function stopReversed(parts: readonly Startable[], timeoutMs: number): Promise<void> {
  const failed: { readonly name: string; readonly cause: unknown }[] = []
  for (const part of parts.toReversed()) {
    try {
      await stopInTime(part, timeoutMs)
    } catch (cause) {
      failed.push({ name: part.name, cause })
    }
  }
  const first = failed[0]
  if (first === undefined) return
  const names = failed.map(({ name }) => name).join(', ')
  throw new OracleError('STOP_FAILED', `could not stop ${names}; end the process`, {
    context: { parts: names, cause: codeOf(first.cause) },
    cause: first.cause,
  })
}

async function stopInTime(part: Startable, timeoutMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`${part.name} did not stop within ${timeoutMs} ms`))
    }, timeoutMs)
  })
  try {
    await Promise.race([part.stop(), late])
  } finally {
    clearTimeout(timer)
  }
}
