import { createHash } from 'node:crypto'
import type { AddressInfo, Socket } from 'node:net'
import { createServer } from 'node:net'
import { deflateRawSync } from 'node:zlib'

/** A server of raw bytes: what it sends after the upgrade is the test's. */
export interface HostileStream {
  readonly url: string
  readonly stop: () => Promise<void>
}

const TEXT = 0x81
const WEB_SOCKET_GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

/** A message in one frame, unless its first byte says otherwise; the length may be a lie. */
export function frameOf(text: string | Buffer, options: { first?: number; length?: number } = {}) {
  const payload = Buffer.from(text)
  const { first = TEXT, length = payload.length } = options
  const head = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10)
  head[0] = first
  if (length < 126) head[1] = length
  else if (length < 65_536) {
    head[1] = 126
    head.writeUInt16BE(length, 2)
  } else {
    head[1] = 127
    head.writeBigUInt64BE(BigInt(length), 2)
  }
  return Buffer.concat([head, payload])
}

/** A few kilobytes that become 64 MB: with the bit that says compressed. */
export function bombFrame(): Buffer {
  return frameOf(deflateRawSync(Buffer.alloc(64 * 2 ** 20, ' ')), { first: TEXT | 0x40 })
}

/** Bytes of a close with a code. */
export function closeFrame(code: number): Buffer {
  const payload = Buffer.alloc(2)
  payload.writeUInt16BE(code)
  return frameOf(payload, { first: 0x88 })
}

/** Accepts every upgrade and then does what the test says; `answer` replaces the upgrade itself. */
export async function startHostileStream(behaviour: {
  readonly answer?: string
  /** Further headers of the upgrade, each with its line end. */
  readonly headers?: string
  readonly after?: (socket: Socket) => void
  /** Hears the request as it came. */
  readonly onHead?: (head: string) => void
}): Promise<HostileStream> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.once('data', (bytes) => {
      const head = bytes.toString('latin1')
      behaviour.onHead?.(head)
      const key = /sec-websocket-key: (\S+)/i.exec(head)?.[1] ?? ''
      const accept = createHash('sha1').update(`${key}${WEB_SOCKET_GUID}`).digest('base64')
      const upgrade =
        'HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n' +
        `sec-websocket-accept: ${accept}\r\n${behaviour.headers ?? ''}\r\n`
      socket.write(behaviour.answer ?? upgrade)
      behaviour.after?.(socket)
    })
  })
  const { promise, resolve } = Promise.withResolvers<void>()
  server.listen(0, '127.0.0.1', resolve)
  await promise
  const { port } = server.address() as AddressInfo
  return {
    url: `ws://127.0.0.1:${port}/`,
    async stop() {
      for (const socket of sockets) socket.destroy()
      const closed = Promise.withResolvers<void>()
      server.close(() => closed.resolve())
      await closed.promise
    },
  }
}
