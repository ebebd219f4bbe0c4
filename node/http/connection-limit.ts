import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import { clientNetwork } from '../client-network.ts'
import { Tally } from './tally.ts'

/** Why a connection was closed as soon as it came. */
export type ConnectionRefusal = 'total' | 'address'

export interface ConnectionLimits {
  /** Of all addresses together. */
  readonly connectionsMax: number
  /** Of one address, or one network of IPv6 (`client-network.ts`). */
  readonly connectionsPerAddressMax: number
}

/**
 * Closes what is more than a server may have open, of all and of one address: whoever has one
 * address must not keep everybody else out. What a connection carries does not matter, be it a
 * request, events or a WebSocket; nothing is answered, since whoever opens so many reads nothing.
 */
export class ConnectionLimit {
  readonly #server: Server
  readonly #byAddress = new Tally()
  #perAddressMax = 0

  constructor(server: Server, onRefused: (refusal: ConnectionRefusal) => void) {
    this.#server = server
    server.on('drop', () => onRefused('total'))
    server.on('connection', (socket: Socket) => {
      if (this.#admit(socket)) return
      onRefused('address')
      socket.destroy()
    })
  }

  /** Other limits from now on; connections that are open stay. */
  set({ connectionsMax, connectionsPerAddressMax }: ConnectionLimits): void {
    this.#server.maxConnections = connectionsMax
    this.#perAddressMax = connectionsPerAddressMax
  }

  #admit(socket: Socket): boolean {
    const address = clientNetwork(socket.remoteAddress ?? '')
    if (this.#byAddress.of(address) >= this.#perAddressMax) return false
    this.#byAddress.add(address)
    socket.once('close', () => this.#byAddress.remove(address))
    return true
  }
}
