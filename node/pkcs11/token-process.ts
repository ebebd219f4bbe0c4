import { type ChildProcess, fork } from 'node:child_process'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { DurationMs } from '../../aggregator/values/time.ts'
import { OracleError } from '../errors.ts'
import type { Secret } from '../keys/secret.ts'
import { type FromChild, fromChildSchema, type ToChild } from './child-messages.ts'
import type { TokenKeyName } from './open-token.ts'

// The same extension as this file: sources run as they are, the package runs as JavaScript.
const CHILD = fileURLToPath(new URL(`./child${extname(import.meta.url)}`, import.meta.url))
/** What a module may take to let go of its token. */
const CLOSE_MS_MAX = 1_000

type Answer = Exclude<FromChild, { readonly type: 'failed' }>

interface OpenOptions {
  readonly pin: Secret
  readonly openMsMax: DurationMs
  /** Ends a login at once: a module that hangs in it is not waited for. */
  readonly signal: AbortSignal
}

interface Waiting {
  readonly resolve: (answer: Answer) => void
  readonly reject: (error: OracleError) => void
}

/**
 * A process with a module in it, logged in to one token. It answers in the order of its questions;
 * when it fails at one, or dies, whatever waits is refused.
 */
export class TokenProcess {
  readonly #child: ChildProcess
  readonly #waiting: Waiting[] = []
  readonly #ended: Promise<void>
  #end: OracleError | null = null
  #hasSigned = false

  private constructor(module: string) {
    this.#child = fork(CHILD, {
      serialization: 'advanced',
      execArgv: [],
      // A vendor's words would stand between the lines of the log, and in results on stdout.
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    })
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#ended = promise
    const over = (how: string) => {
      this.#finish(processEnded(module, how))
      resolve()
    }
    this.#child.on('message', (message) => this.#hear(message, module))
    this.#child.once('exit', (code, signal) => over(signal ?? `exit code ${code}`))
    this.#child.once('error', ({ message }) => over(message))
  }

  /**
   * Starts a process and logs in to a token. The PIN goes over a channel that only the two have.
   *
   * @throws {OracleError} a `TokenFault`
   */
  static async open(
    name: TokenKeyName,
    { pin, openMsMax, signal }: OpenOptions,
  ): Promise<TokenProcess> {
    const started = new TokenProcess(name.module)
    const onStop = () => started.kill(processEnded(name.module, 'it is not needed any more'))
    signal.addEventListener('abort', onStop)
    const timer = setTimeout(() => started.kill(neverOpened(name.module, openMsMax)), openMsMax)
    try {
      await pin.use((bytes) => started.#ask({ type: 'open', name, pin: bytes }))
      return started
    } catch (error) {
      void started.close()
      throw error
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', onStop)
    }
  }

  /** Whether nothing can be asked of it any more. */
  get isOver(): boolean {
    return this.#end !== null
  }

  /** Whether it has signed something: what fails now once worked. */
  get hasSigned(): boolean {
    return this.#hasSigned
  }

  /**
   * Has 32 bytes signed.
   *
   * @returns r and s, 64 bytes
   * @throws {OracleError} a `TokenFault`
   */
  async sign(digest: Uint8Array): Promise<Uint8Array> {
    const answer = await this.#ask({ type: 'sign', digest })
    if (answer.type !== 'signed') throw this.#stranger()
    this.#hasSigned = true
    return answer.signature
  }

  /** Ends it at once; a module that hangs cannot be asked to. */
  kill(why: OracleError): void {
    this.#finish(why)
    this.#child.kill('SIGKILL')
  }

  /** Lets it close its session and end, and waits for that, not for ever. */
  async close(): Promise<void> {
    this.#finish(processEnded('the module', 'it was ended'))
    if (this.#child.connected) this.#child.disconnect()
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), CLOSE_MS_MAX)
    await this.#ended
    clearTimeout(timer)
  }

  #ask(question: ToChild): Promise<Answer> {
    if (this.#end !== null) return Promise.reject(this.#end)
    const { promise, resolve, reject } = Promise.withResolvers<Answer>()
    this.#waiting.push({ resolve, reject })
    // What cannot be sent any more is refused when the process has ended.
    this.#child.send(question, () => undefined)
    return promise
  }

  #hear(message: unknown, module: string): void {
    const parsed = fromChildSchema.safeParse(message)
    const next = this.#waiting.shift()
    if (!parsed.success || next === undefined) {
      this.kill(this.#stranger(module))
      next?.reject(this.#stranger(module))
    } else if (parsed.data.type === 'failed') {
      const { code, message: reason } = parsed.data
      next.reject(new OracleError(code, reason, { context: { module } }))
    } else next.resolve(parsed.data)
  }

  #stranger(module = 'the module'): OracleError {
    return processEnded(module, 'it said what nobody asked')
  }

  #finish(why: OracleError): void {
    this.#end ??= why
    for (const { reject } of this.#waiting.splice(0)) reject(this.#end)
  }
}

function processEnded(module: string, how: string): OracleError {
  return new OracleError(
    'PKCS11_PROCESS_ENDED',
    `the process that ${module} runs in ended (${how}); the next signature starts it again`,
    { context: { module, how } },
  )
}

function neverOpened(module: string, openMsMax: DurationMs): OracleError {
  return new OracleError(
    'PKCS11_TIMEOUT',
    `${module} did not log in within ${openMsMax} ms; look at the token and the way to it`,
    { context: { module, openMsMax } },
  )
}
