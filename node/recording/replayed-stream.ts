import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Entry } from './entry.ts'

/** What a client may say at once: a subscription to every market of a venue fits. */
const CLIENT_BYTES_MAX = 65_536
/** A client that does not read is cut when so much waits for it. */
const WAITING_BYTES_MAX = 16_777_216
const UNAVAILABLE = 503

/**
 * The stream of one venue as one line of time: everybody who is connected hears what the newest
 * connection of the recording heard. When the recording lost its last connection, everybody is cut,
 * and nobody gets in until it had another one.
 */
export class ReplayedStream {
  readonly #server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: CLIENT_BYTES_MAX,
  })
  readonly #clients = new Set<WebSocket>()
  /** Connections of the recording that are open at this moment, the newest last. */
  #open: readonly number[] = []
  #hasBegun = false
  #refusal = UNAVAILABLE

  /** Somebody connects. Before the recording's first connection everybody may, and waits. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (this.#hasBegun && this.#open.length === 0) {
      const status = `HTTP/1.1 ${this.#refusal} Refused`
      socket.end(`${status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`)
      return
    }
    this.#server.handleUpgrade(request, socket, head, (client) => this.#take(client))
  }

  /** Lets one entry of this venue happen; those of polls do nothing here. */
  happen(entry: Entry): void {
    if (entry.type === 'open') {
      this.#hasBegun = true
      this.#open = [...this.#open, entry.connection]
    }
    if (entry.type === 'frame' && entry.connection === this.#open.at(-1)) this.#send(entry.text)
    if (entry.type !== 'closed') return
    this.#hasBegun = true
    this.#refusal = entry.status !== null && entry.status !== 101 ? entry.status : UNAVAILABLE
    const wasOpen = this.#open.length > 0
    this.#open = this.#open.filter((each) => each !== entry.connection)
    if (wasOpen && this.#open.length === 0) this.#cut(entry.closeCode)
  }

  /** Cuts everybody. */
  stop(): void {
    for (const client of this.#clients) client.terminate()
  }

  /** How many are connected. */
  get clients(): number {
    return this.#clients.size
  }

  #take(client: WebSocket): void {
    this.#clients.add(client)
    client.on('error', () => client.terminate())
    client.once('close', () => this.#clients.delete(client))
  }

  #send(text: string): void {
    for (const client of this.#clients) {
      if (client.bufferedAmount > WAITING_BYTES_MAX) client.terminate()
      else client.send(text)
    }
  }

  /** As the venue did, where it said a code that may be said. */
  #cut(closeCode: number | null): void {
    const isSayable = closeCode !== null && ![1_004, 1_005, 1_006, 1_015].includes(closeCode)
    const code = isSayable && (closeCode < 1_016 || closeCode >= 3_000) ? closeCode : null
    for (const client of this.#clients) {
      if (code === null) client.terminate()
      else client.close(code)
    }
  }
}
