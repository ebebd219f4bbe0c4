import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildPreload } from '../support/preload.ts'

const SOURCES = ['losepages.c', 'losepages-calls.c'].map((name) =>
  fileURLToPath(new URL(`./${name}`, import.meta.url)),
)

/** How the disk of one process behaves (losepages.c). */
export interface LosingDisk {
  /** Absolute; what is below it is held until it is synced. */
  readonly directory: string
  /** `ignored` makes a disk that says it synced and did not. */
  readonly sync?: 'honoured' | 'ignored'
  /** The process kills itself at this step, counted from 1: two for every held call. */
  readonly killAt?: number
  /** Chance in a million that a write reaches the disk early, and torn. */
  readonly leakPpm?: number
  readonly seed?: number
}

/** The built library, and the environment that puts a process on it. */
export interface Shim {
  readonly environment: (disk: LosingDisk) => NodeJS.ProcessEnv
}

/** The library for a command that cannot do without it. */
export function requireShim(): Shim {
  const shim = buildShim()
  if (shim === null) throw new Error('needs Linux and a C compiler named cc')
  return shim
}

/** Builds the library with the C compiler of this machine; null where there is none for it. */
export function buildShim(): Shim | null {
  const built = buildPreload('losepages', SOURCES)
  if (built === null) return null
  const { library, folder } = built
  return {
    environment: ({ directory, sync = 'honoured', killAt, leakPpm = 0, seed = 1 }) => ({
      ...process.env,
      // Thousands of starts need not compile the same sources again.
      NODE_COMPILE_CACHE: join(folder, 'cache'),
      LD_PRELOAD: library,
      LOSEPAGES_DIRECTORY: directory,
      LOSEPAGES_SYNC: sync,
      LOSEPAGES_KILL_AT: killAt === undefined ? '' : String(killAt),
      LOSEPAGES_LEAK_PPM: String(leakPpm),
      LOSEPAGES_SEED: String(seed),
    }),
  }
}
