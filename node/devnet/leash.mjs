import { isMainThread } from 'node:worker_threads'

// Loaded before every process of the local network: when the one that started it is gone, however
// it ended, this one ends too, so that nothing is left running. JavaScript, so that a node of
// JavaScript does not load what TypeScript needs.
const LOOK_EVERY_MS = 1_000

if (isMainThread) {
  const parent = process.ppid
  setInterval(() => {
    if (process.ppid !== parent) process.exit(0)
  }, LOOK_EVERY_MS).unref()
}
