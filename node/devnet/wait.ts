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

/**
 * Below what systems hand out by themselves (32768 and up on Linux, 49152 elsewhere): a port that
 * was free a moment ago must not become the near end of somebody's connection before it is used.
 */
const PORTS = { first: 10_240, end: 32_768 } as const
/** Processes that run at the same time have different numbers and so begin at different ports. */
let nextPort = PORTS.first + ((process.pid * 64) % (PORTS.end - PORTS.first))

/**
 * Ports of the loopback interface that nobody listens on now, all different, and different from
 * those given before.
 *
 * @throws {OracleError} `DEVNET_NO_PORTS`
 */
export async function freePorts(count: number): Promise<readonly number[]> {
  const ports: number[] = []
  const isPossible = count <= PORTS.end - PORTS.first
  for (let at = PORTS.first; isPossible && at < PORTS.end && ports.length < count; at++) {
    const port = nextPort
    nextPort = port + 1 === PORTS.end ? PORTS.first : port + 1
    if (await isFree(port)) ports.push(port)
  }
  if (ports.length === count) return ports
  throw new OracleError('DEVNET_NO_PORTS', `fewer than ${count} ports of 127.0.0.1 are free`, {
    context: { wanted: count, found: ports.length },
  })
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  return await new Promise((resolve) => {
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
