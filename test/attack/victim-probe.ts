import { appendFileSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { isMainThread } from 'node:worker_threads'

// Loaded before a node under attack: writes, four times a second, its heap with all garbage and the
// longest time that its event loop was away.
const path = process.env.PARALLAX_PROBE_LOG
const EVERY_MS = 250

if (isMainThread && path !== undefined) {
  const lag = monitorEventLoopDelay({ resolution: 10 })
  lag.enable()
  setInterval(() => {
    const row = {
      atMs: Date.now(),
      heapBytes: process.memoryUsage().heapUsed,
      lagMs: Math.round(lag.max / 1e6),
    }
    lag.reset()
    appendFileSync(path, `${JSON.stringify(row)}\n`)
  }, EVERY_MS).unref()
}
