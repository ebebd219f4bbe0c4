import { randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'

const SOCKETS_MAX = 4_096

/** Opens sockets to one port of loopback from many of its addresses, 127.0.1.1 and onwards. */
export class Attacker {
  readonly #port: number
  readonly #hosts: number
  readonly #sockets = new Set<Socket>()
  readonly #waiting: { readonly count: number; readonly resolve: () => void }[] = []
  #closed = 0
  #opened = 0
  #answered = 0

  constructor(port: number, hosts: number) {
    this.#port = port
    this.#hosts = hosts
  }

  get openSockets(): number {
    return this.#sockets.size
  }

  /** Sockets on which the other end has said something. */
  get answered(): number {
    return this.#answered
  }

  open(): Socket | null {
    if (this.#sockets.size >= SOCKETS_MAX) return null
    const localAddress = `127.0.1.${1 + (this.#opened++ % this.#hosts)}`
    const socket = connect({ port: this.#port, host: '127.0.0.1', localAddress })
    this.#sockets.add(socket)
    socket
      .on('error', () => undefined)
      .on('close', () => {
        this.#sockets.delete(socket)
        this.#closed += 1
        for (const { count, resolve } of this.#waiting) if (this.#closed >= count) resolve()
      })
    return socket
  }

  /** As far as the victim's costly answer, with a fresh key that nobody knows. */
  handshake(): void {
    const socket = this.open()
    if (socket === null) return
    const said = ['/multistream/1.0.0', '/noise'].map((line) => {
      const text = Buffer.from(`${line}\n`)
      return Buffer.concat([Buffer.from([text.length]), text])
    })
    socket.write(Buffer.concat([...said, Buffer.from([0, 32]), randomBytes(32)]))
    socket.once('data', () => {
      this.#answered += 1
    })
    socket.resume()
  }

  /** Resolves when the other end has hung up on so many. */
  closed(count: number): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push({ count, resolve })
      if (this.#closed >= count) resolve()
    })
  }

  closeAll(): void {
    for (const socket of this.#sockets) socket.destroy()
  }
}
