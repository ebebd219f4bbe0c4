import type { Duplex } from 'node:stream'
import { codeOf } from '../errors.ts'
import type { SignerService } from './service.ts'
import { LineReader, type NumberedRequest, readRequest, WAITING_MAX, writeLine } from './wire.ts'

export interface SignerConnectionDependencies {
  readonly service: Pick<SignerService, 'answer'>
  /** Told why the connection was closed from this side. */
  readonly onCut: (code: string) => void
  /** The signer is broken: nothing may be signed any more. */
  readonly onFault: (error: unknown) => void
}

/**
 * Answers the requests of one connection, each as soon as it can be. A node that does not read its
 * answers is not read either, so that nothing piles up here for it: it waits as long as it likes,
 * and what waits are the answers to `WAITING_MAX` requests at most. Whoever sends anything but
 * sound requests, or more than that at once, is cut off.
 */
export function serveSigner(socket: Duplex, use: SignerConnectionDependencies): void {
  const reader = new LineReader()
  let waiting = 0
  const cut = (code: string) => {
    use.onCut(code)
    socket.destroy()
  }
  const answer = async ({ id, request }: NumberedRequest) => {
    try {
      const answer = await use.service.answer(request)
      if (!socket.destroyed && !socket.write(`${writeLine({ id, answer })}\n`)) socket.pause()
    } catch (error) {
      socket.destroy()
      use.onFault(error)
    } finally {
      waiting -= 1
    }
  }
  socket.setEncoding('utf8')
  socket.on('error', () => socket.destroy())
  socket.on('drain', () => socket.resume())
  socket.on('data', (text: string) => {
    try {
      for (const line of reader.take(text)) {
        waiting += 1
        if (waiting > WAITING_MAX) return cut('SIGNER_CROWDED')
        void answer(readRequest(line))
      }
    } catch (error) {
      cut(codeOf(error))
    }
  })
}
