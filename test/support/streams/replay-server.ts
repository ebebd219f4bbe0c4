import type { AddressInfo } from 'node:net'
import { parentPort, Worker, workerData } from 'node:worker_threads'
import { WebSocketServer } from 'ws'

/** Messages of one venue and how long after the subscription each is sent. */
export interface Replay {
  readonly path: string
  readonly frames: readonly { readonly afterMs: number; readonly text: string }[]
}

/**
 * Replays messages to everybody who subscribes, at the pace they have, from a thread of its own, so
 * that it is not measured with its reader.
 *
 * @returns the address and how to end it
 */
export async function startReplay(replays: readonly Replay[]) {
  const worker = new Worker(new URL(import.meta.url), { workerData: replays })
  const { promise, resolve } = Promise.withResolvers<number>()
  worker.once('message', resolve)
  const port = await promise
  return { url: `ws://127.0.0.1:${port}`, stop: () => worker.terminate() }
}

if (parentPort !== null) {
  const replays = workerData as readonly Replay[]
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false })
  server.on('connection', (socket, { url }) => {
    const frames = replays.find(({ path }) => path === url)?.frames ?? []
    socket.once('message', () => {
      for (const { afterMs, text } of frames) setTimeout(() => socket.send(text), afterMs)
    })
  })
  server.once('listening', () => parentPort?.postMessage((server.address() as AddressInfo).port))
}
