import { connect, createServer, type Server, type Socket } from 'node:net'
import type { Prng } from '../../simulations/determinism/prng.ts'

/** What happens to bytes on their way from one member to another; undefined leaves them alone. */
export interface LinkFault {
  /** Each piece waits this long. */
  readonly delayMs?: number
  /** And up to this much more, each piece its own; pieces of one connection keep their order. */
  readonly jitterMs?: number
  /** Nothing arrives in this direction; the connection stays open. */
  readonly isCut?: boolean
  /** Of a million pieces, so many have one bit flipped: the end of an authenticated connection. */
  readonly corruptPpm?: number
}

/** Says what is wrong now with the way from one member to another. */
export type FaultOf = (from: number, to: number) => LinkFault | undefined

export interface LinkOptions {
  /** Who dials through this link, and whom it reaches. */
  readonly dialler: number
  readonly target: number
  readonly host: string
  readonly connectTo: { readonly host: string; readonly port: number }
  readonly faultOf: FaultOf
  readonly chance: Prng
}

/**
 * The way by which one member dials another: every connection passes it in both directions, and
 * each direction suffers what its fault says at the time.
 */
export class Link {
  readonly #options: LinkOptions
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #holdsUntilMs = 0

  private constructor(options: LinkOptions) {
    this.#options = options
    this.#server = createServer((socket) => this.#join(socket))
  }

  static async open(options: LinkOptions): Promise<Link> {
    const link = new Link(options)
    await new Promise<void>((resolve, reject) => {
      link.#server.once('error', reject).listen(0, options.host, resolve)
    })
    return link
  }

  /** When the last piece that a fault held back arrives, by `performance.now`. */
  get holdsUntilMs(): number {
    return this.#holdsUntilMs
  }

  get port(): number {
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('the link is closed')
    return address.port
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
  }

  #join(near: Socket): void {
    const { dialler, target, connectTo } = this.#options
    const far = connect(connectTo)
    for (const socket of [near, far]) {
      this.#sockets.add(socket)
      socket.setNoDelay(true)
      socket.on('error', () => undefined)
      socket.on('close', () => {
        this.#sockets.delete(socket)
        near.destroy()
        far.destroy()
      })
    }
    this.#carry(near, far, { from: dialler, to: target })
    this.#carry(far, near, { from: target, to: dialler })
  }

  #carry(source: Socket, sink: Socket, way: { readonly from: number; readonly to: number }): void {
    const { faultOf, chance } = this.#options
    let freeAtMs = 0
    source.on('data', (piece: Buffer) => {
      const fault = faultOf(way.from, way.to)
      if (fault?.isCut === true) return
      if (chance.chance(fault?.corruptPpm ?? 0)) flipBit(piece, chance)
      const { delayMs = 0, jitterMs = 0 } = fault ?? {}
      const waitMs = delayMs + (jitterMs === 0 ? 0 : chance.below(jitterMs + 1))
      const nowMs = performance.now()
      freeAtMs = Math.max(freeAtMs, nowMs + waitMs)
      if (freeAtMs <= nowMs) sink.write(piece)
      else setTimeout(() => sink.destroyed || sink.write(piece), freeAtMs - nowMs)
      this.#holdsUntilMs = Math.max(this.#holdsUntilMs, freeAtMs)
    })
    source.on('end', () => sink.end())
  }
}

function flipBit(piece: Buffer, chance: Prng): void {
  const at = chance.below(piece.length)
  piece[at] = (piece[at] ?? 0) ^ (1 << chance.below(8))
}
