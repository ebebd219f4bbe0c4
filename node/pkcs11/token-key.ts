import { equalBytes } from '../../aggregator/values/bytes.ts'
import type { DurationMs } from '../../aggregator/values/time.ts'
import { codeOf, OracleError } from '../errors.ts'
import type { Secret } from '../keys/secret.ts'
import type { Startable } from '../lifecycle.ts'
import type { TokenKeyName } from './open-token.ts'
import { TokenProcess } from './token-process.ts'

export interface Patience {
  /** For all of it. A login that takes longer goes on for the next signature. */
  readonly timeoutMs: DurationMs
  /** Who stops does not wait for a token. */
  readonly signal: AbortSignal
}

export interface TokenKeyDependencies {
  /** The PIN as it is now; whoever calls erases it. */
  readonly readPin: () => Promise<Secret>
}

/** Modules of network tokens may take seconds for the first session; beyond this one hangs. */
export const OPEN_MS_MAX = 30_000

/**
 * A private key in a token, for as many users as there are. The module runs in a process of its
 * own, which is started for the first signature and again whenever a session is over.
 */
export class TokenKey implements Startable {
  readonly name = 'token'
  readonly #name: TokenKeyName
  readonly #readPin: TokenKeyDependencies['readPin']
  #process: TokenProcess | null = null
  #opening: Promise<TokenProcess> | null = null
  #refusedPin: Secret | null = null
  readonly #stopping = new AbortController()

  constructor(name: TokenKeyName, { readPin }: TokenKeyDependencies) {
    this.#name = name
    this.#readPin = readPin
  }

  /** For people. */
  get place(): string {
    const { token, slot } = this.#name
    return `token ${token ?? `in slot ${slot}`}`
  }

  /** Nothing: who needs a signature starts it, and a node starts without. */
  start(): Promise<void> {
    return Promise.resolve()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#opening?.catch(() => undefined)
    await this.#process?.close()
    this.#refusedPin?.erase()
  }

  /**
   * Has 32 bytes signed. A session that worked before and fails now has expired, its token was
   * taken out and put back, or its process died: it is made anew, once.
   *
   * @returns r and s, 64 bytes; s may be high
   * @throws {OracleError} a `TokenFault`
   */
  async sign(digest: Uint8Array, { timeoutMs, signal }: Patience): Promise<Uint8Array> {
    const over = Promise.withResolvers<never>()
    over.promise.catch(() => undefined)
    const timer = setTimeout(() => over.reject(timeout(this.#name, timeoutMs)), timeoutMs)
    const onStop = () => over.reject(stopped(this.#name))
    signal.addEventListener('abort', onStop)
    const inTime = <T>(work: Promise<T>): Promise<T> => Promise.race([work, over.promise])
    try {
      if (signal.aborted) throw stopped(this.#name)
      const first = await inTime(this.#opened())
      const isProven = first.hasSigned
      try {
        return await this.#signBy(first, inTime(first.sign(digest)))
      } catch (error) {
        const isOver = signal.aborted || codeOf(error) === 'PKCS11_TIMEOUT'
        if (!isProven || isOver) throw error
      }
      const second = await inTime(this.#opened())
      return await this.#signBy(second, inTime(second.sign(digest)))
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', onStop)
    }
  }

  async #signBy(used: TokenProcess, signature: Promise<Uint8Array>): Promise<Uint8Array> {
    try {
      return await signature
    } catch (error) {
      if (error instanceof OracleError && error.code === 'PKCS11_TIMEOUT') used.kill(error)
      else void used.close()
      throw error
    }
  }

  #opened(): Promise<TokenProcess> {
    if (this.#process?.isOver === false) return Promise.resolve(this.#process)
    this.#opening ??= this.#open().finally(() => {
      this.#opening = null
    })
    return this.#opening
  }

  async #open(): Promise<TokenProcess> {
    const pin = await this.#readPin()
    let isRefused = false
    try {
      const { signal } = this.#stopping
      if (signal.aborted) throw stopped(this.#name)
      if (isSame(this.#refusedPin, pin)) throw refusedBefore()
      this.#process = await TokenProcess.open(this.#name, { pin, openMsMax: OPEN_MS_MAX, signal })
      return this.#process
    } catch (error) {
      isRefused = codeOf(error) === 'PKCS11_PIN_WRONG'
      throw error
    } finally {
      if (isRefused) this.#refusedPin = pin
      else pin.erase()
    }
  }
}

function isSame(before: Secret | null, pin: Secret): boolean {
  return before?.use((a) => pin.use((b) => equalBytes(a, b))) === true
}

function refusedBefore(): OracleError {
  return new OracleError(
    'PKCS11_PIN_WRONG',
    'the token refused this PIN, and it is not tried again, since tokens lock after a few; ' +
      'correct the PIN',
  )
}

function timeout({ module }: TokenKeyName, timeoutMs: DurationMs): OracleError {
  return new OracleError(
    'PKCS11_TIMEOUT',
    `the token did not sign within ${timeoutMs} ms; look at what stands behind ${module}, and ` +
      'raise timeoutMs if that is how long it takes',
    { context: { module, timeoutMs } },
  )
}

function stopped({ module }: TokenKeyName): OracleError {
  return new OracleError('PKCS11_PROCESS_ENDED', `${module} is not used any more`)
}
