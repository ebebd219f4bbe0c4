import { createServer } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { OracleError } from '../errors.ts'

export interface WaitOptions {
  /** What is waited for, in an error. */
  readonly what: string
  readonly timeoutMs: number
  readonly signal: AbortSignal
  /** Called between two looks; throws when waiting has become useless. */
  readonly check?: () => void
}

const LOOK_EVERY_MS = 100

/**
 * Looks until `probe` gives something other than null.
 *
 * @throws {OracleError} `DEVNET_TIMEOUT`; the signal's reason when it is aborted
 */
export async function waitFor<T>(probe: () => Promise<T | null>, options: WaitOptions): Promise<T> {
  const deadlineMs = performance.now() + options.timeoutMs
  for (;;) {
    options.signal.throwIfAborted()
    const found = await probe().catch(() => null)
    if (found !== null) return found
    options.check?.()
    if (performance.now() > deadlineMs) {
      const message = `waited ${options.timeoutMs} ms for ${options.what} in vain`
      throw new OracleError('DEVNET_TIMEOUT', `${message}; see the logs in the run directory`, {
        context: { what: options.what, timeoutMs: options.timeoutMs },
      })
    }
    await delay(LOOK_EVERY_MS, undefined, { signal: options.signal })
  }
}

/** Ports of the loopback interface that nobody listens on now, all different. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer())
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve, reject) => {
          server.once('error', reject)
          server.listen(0, '127.0.0.1', () => {
            const address = server.address()
            if (address !== null && typeof address === 'object') resolve(address.port)
            else reject(new Error('no port'))
          })
        }),
    ),
  )
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))))
  return ports
}
