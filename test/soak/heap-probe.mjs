import { appendFileSync } from 'node:fs'
import { constants, PerformanceObserver } from 'node:perf_hooks'
import { getHeapCodeStatistics } from 'node:v8'
import { isMainThread } from 'node:worker_threads'

// Loaded before a node that soaks: writes what is left of the heap after each full collection that
// V8 makes of its own accord. That is what lives, without a collection that a node would not make.
// Compiled code is counted apart: V8 goes on compiling for hours what runs now and then.
// JavaScript, so that a node of JavaScript does not load what TypeScript needs.
const path = process.env.PARALLAX_HEAP_LOG

if (isMainThread && path !== undefined) {
  new PerformanceObserver((list) => {
    const isFull = ({ detail }) => detail?.kind === constants.NODE_PERFORMANCE_GC_MAJOR
    if (!list.getEntries().some(isFull)) return
    const code = getHeapCodeStatistics()
    const codeBytes = code.code_and_metadata_size + code.bytecode_and_metadata_size
    const row = { atMs: Date.now(), usedBytes: process.memoryUsage().heapUsed, codeBytes }
    appendFileSync(path, `${JSON.stringify(row)}\n`)
  }).observe({ entryTypes: ['gc'] })
}
