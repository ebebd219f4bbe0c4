import { appendFileSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { isMainThread } from 'node:worker_threads'

// Loaded before a node under attack: writes, four times a second, the longest time that its event
// loop was away, and on SIGUSR2 what its heap holds after a full collection. With its garbage it
// says nothing: in peace alone that grows by dozens of megabytes before it is collected.
const path = process.env.PARALLAX_PROBE_LOG
const EVERY_MS = 250

function write(row: object): void {
  if (path !== undefined) appendFileSync(path, `${JSON.stringify(row)}\n`)
}

if (isMainThread && path !== undefined) {
  const lag = monitorEventLoopDelay({ resolution: 10 })
  lag.enable()
  setInterval(() => {
    write({ type: 'lag', atMs: Date.now(), lagMs: Math.round(lag.max / 1e6) })
    lag.reset()
  }, EVERY_MS).unref()
  process.on('SIGUSR2', () => {
    globalThis.gc?.()
    write({ type: 'heap', atMs: Date.now(), heapBytes: process.memoryUsage().heapUsed })
    lag.reset()
  })
}
