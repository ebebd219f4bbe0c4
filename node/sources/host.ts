import { promises as dns } from 'node:dns'
import { setTimeout as wait } from 'node:timers/promises'
import type { SourceEngineDependencies } from './engine.ts'

/** What the engine takes from the machine it runs on; the composition root adds the rest. */
export const HOST_SOURCES: Pick<SourceEngineDependencies, 'lookup' | 'sleep' | 'jitter'> = {
  lookup: (hostname) => dns.lookup(hostname, { all: true }),
  sleep: (ms, signal) => wait(ms, undefined, { signal }),
  jitter: () => Math.random(),
}
