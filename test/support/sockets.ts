import type { WebSocket } from 'ws'

/** A pong comes when all that was sent before the ping was read. */
export async function isRead(socket: WebSocket): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const done = () => resolve()
  socket.once('pong', done).once('close', done)
  socket.ping()
  await promise
  socket.off('pong', done).off('close', done)
}
