import type { Server } from 'node:http'
import { OracleError } from './errors.ts'

/**
 * Listens on 127.0.0.1.
 *
 * @param port 0 takes any free one
 * @param what for the error: who cannot listen
 * @throws {OracleError} `MARKET_PORT_TAKEN`
 */
export async function listenAsMarket(server: Server, port: number, what: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject)
  server.listen(port, '127.0.0.1', resolve)
  try {
    await promise
  } catch (cause) {
    throw new OracleError(
      'MARKET_PORT_TAKEN',
      `${what} cannot listen on 127.0.0.1:${port}; choose another --port, or 0 for any`,
      { context: { port }, cause },
    )
  } finally {
    server.off('error', reject)
  }
}

/** Stops listening, and ends requests that are kept open on purpose: they would hold it up. */
export async function closeServer(server: Server): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  server.close(() => resolve())
  server.closeAllConnections()
  await promise
}
