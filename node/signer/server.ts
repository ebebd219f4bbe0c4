import { createServer, type Server, type Socket } from 'node:net'
import { codeOf } from '../errors.ts'
import type { Startable } from '../lifecycle.ts'
import type { Log } from '../logging.ts'
import { serveSigner } from './connection.ts'
import type { SignerService } from './service.ts'
import { prepareSocket, protectSocket, type SocketAccess, unreachable } from './socket-file.ts'

export interface SignerServerOptions {
  readonly path: string
  readonly access: SocketAccess
}

export interface SignerServerDependencies {
  readonly service: SignerService
  readonly log: Log
  /** The signer is broken: nothing may be signed any more. */
  readonly onFault: (error: unknown) => void
}

/** A node, the one that takes its place, and somebody who asks for the status. */
const CONNECTIONS_MAX = 4

/**
 * Listens on a local socket for the node. Whoever may open the socket may have signed what the
 * signer does not refuse; the rights of the file are the authentication.
 */
export class SignerServer implements Startable {
  readonly name = 'signer socket'
  readonly #options: SignerServerOptions
  readonly #dependencies: SignerServerDependencies
  readonly #sockets = new Set<Socket>()
  #server: Server | null = null

  constructor(options: SignerServerOptions, dependencies: SignerServerDependencies) {
    this.#options = options
    this.#dependencies = dependencies
  }

  /** @throws {OracleError} what `prepareSocket` throws */
  async start(): Promise<void> {
    if (this.#server !== null) return
    const { path, access } = this.#options
    await prepareSocket(path, access)
    const server = createServer((socket) => this.#serve(socket))
    server.maxConnections = CONNECTIONS_MAX
    this.#server = server
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    server.once('error', (error) => reject(unreachable(path, codeOf(error))))
    // Nobody else may open it in the moment before it has its rights: its folder is private.
    server.listen(path, resolve)
    await promise
    await protectSocket(path, access)
  }

  async stop(): Promise<void> {
    const server = this.#server
    if (server === null) return
    this.#server = null
    for (const socket of this.#sockets) socket.destroy()
    await new Promise<void>((resolve) => server.close(() => resolve()))
  }

  #serve(socket: Socket): void {
    const { log, service, onFault } = this.#dependencies
    this.#sockets.add(socket)
    log.info('signer.connected', { connections: this.#sockets.size })
    socket.on('close', () => {
      this.#sockets.delete(socket)
      log.info('signer.disconnected', { connections: this.#sockets.size })
    })
    serveSigner(socket, { service, onFault, onCut: (code) => log.warn('signer.cut', { code }) })
  }
}
