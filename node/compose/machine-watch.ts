import { statfs } from 'node:fs/promises'
import type { Metrics } from '../api/metrics.ts'
import { filesLow, openFilesMax } from '../config/open-files.ts'
import type { NodeConfig } from '../config/schema.ts'
import type { Startable } from '../lifecycle.ts'
import type { Log } from '../logging.ts'
import type { JournalStatus } from '../store/journal.ts'

/** As the alert of packaging/: the journal may take four times as much. */
const FREE_BYTES_LOW = 1_073_741_824
/** It has to be more again by a quarter, or a disk at the limit would fill the log. */
const FREE_BYTES_ENOUGH = (FREE_BYTES_LOW / 4) * 5
const LOOK_EVERY_MS = 15_000

export interface MachineWatchDependencies {
  readonly metrics: Pick<Metrics, 'diskFree' | 'journalBytes' | 'journalLost'>
  readonly log: Log
  readonly journal: { readonly status: () => JournalStatus }
  /** Free space for this user at a path, in bytes. */
  readonly freeBytesAt?: (path: string) => Promise<number>
  /** How many files the process may have open; null where nobody says. */
  readonly filesMax?: () => Promise<number | null>
}

/** Looks at what a node uses up over months: the disk of its data, its journal, open files. */
export class MachineWatch implements Startable {
  readonly name = 'machine watch'
  readonly #config: NodeConfig
  readonly #use: Required<MachineWatchDependencies>
  #looking: NodeJS.Timeout | undefined
  #isLow = false
  #lost = 0

  constructor(config: NodeConfig, dependencies: MachineWatchDependencies) {
    this.#config = config
    this.#use = { freeBytesAt, filesMax: openFilesMax, ...dependencies }
  }

  async start(): Promise<void> {
    if (this.#looking !== undefined) return
    this.#looking = setInterval(() => void this.look(), LOOK_EVERY_MS)
    const low = filesLow(this.#config, await this.#use.filesMax())
    if (low !== null) this.#use.log.warn('files.limit.low', low)
    await this.look()
  }

  stop(): Promise<void> {
    clearInterval(this.#looking)
    this.#looking = undefined
    return Promise.resolve()
  }

  /** One look; what cannot be told is left as it was. */
  async look(): Promise<void> {
    const { metrics, journal } = this.#use
    const { fileBytes, lost } = journal.status()
    metrics.journalBytes.set(fileBytes)
    metrics.journalLost.inc(lost - this.#lost)
    this.#lost = lost
    const free = await this.#use.freeBytesAt(this.#config.dataDirectory).catch(() => null)
    if (free === null) return
    metrics.diskFree.set({ place: 'data' }, free)
    this.#tell(free)
  }

  #tell(freeBytes: number): void {
    const { log } = this.#use
    const { dataDirectory } = this.#config
    if (!this.#isLow && freeBytes < FREE_BYTES_LOW) {
      this.#isLow = true
      log.warn('disk.space.low', { code: 'DISK_SPACE_LOW', dataDirectory, freeBytes })
    } else if (this.#isLow && freeBytes >= FREE_BYTES_ENOUGH) {
      this.#isLow = false
      log.info('disk.space.enough', { dataDirectory, freeBytes })
    }
  }
}

async function freeBytesAt(path: string): Promise<number> {
  const { bavail, bsize } = await statfs(path)
  return bavail * bsize
}
