import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Prng, prngOf } from '../../simulations/determinism/prng.ts'
import { journalFault } from './journal-check.ts'
import { LineProcess } from './line-process.ts'
import type { Shim } from './shim.ts'
import { SignedRecord } from './signed-record.ts'

export interface KillsOptions {
  /** Signers to kill. */
  readonly count: number
  /** Signers in one process, each with a disk of its own; one kill ends them all. */
  readonly signers: number
  /** Processes at once. */
  readonly lanes: number
  readonly seed: number
  readonly shim: Shim
  /** `ignored` is the control: it must conflict. */
  readonly sync: 'honoured' | 'ignored'
  /** One process in so many also writes a journal. */
  readonly journalEvery: number
  readonly stopsAtConflict?: boolean
  readonly onProgress?: (share: number) => void
}

export interface KillsResult {
  readonly processesKilled: number
  readonly signersKilled: number
  /** Contents signed, and refusals of the signers, by code. */
  readonly signed: number
  readonly refused: Readonly<Record<string, number>>
  /** Two contents of one member, round and kind. */
  readonly conflicts: number
  /** Signers killed when the first conflict showed; null when none did. */
  readonly firstConflictAfter: number | null
  /** Promises files that could not be read, or did not hold what had been signed. */
  readonly unreadable: number
  readonly journalsRead: number
  readonly journalsUnreadable: number
  /** Processes that ended by themselves, or neither signed nor died. */
  readonly processesBroken: number
  /** What went wrong, in words; at most ten. */
  readonly faults: readonly string[]
}

const CHILD = fileURLToPath(new URL('./signers-process.ts', import.meta.url))
/** Half of the kills hit a step of the disk up to this one; a round of a signer has about ten. */
const STEPS_PER_SIGNER_MAX = 75
/** The other half come from outside, so long after the first signature. */
const LATER_MS_MAX = 60
/** Pages are written back early with this chance, and torn. */
const LEAK_PPM = 200_000
/** A process that neither signs nor dies in this time is broken. */
const SILENT_MS_MAX = 60_000

/** Kills signers until so many were killed, and judges everything that they ever signed. */
export async function killSigners(options: KillsOptions): Promise<KillsResult> {
  const tally = new Tally(options)
  const root = mkdtempSync(join(tmpdir(), 'parallax-kills-'))
  try {
    const lanes = Array.from({ length: options.lanes }, (_, lane) =>
      runLane(tally, { ...options, directory: join(root, String(lane)), lane }),
    )
    // All, also after a failure: nothing may write to what is about to be removed.
    const ended = await Promise.allSettled(lanes)
    const failed = ended.find((each) => each.status === 'rejected')
    if (failed !== undefined) throw failed.reason
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
  return tally.result()
}

interface Lane extends KillsOptions {
  readonly directory: string
  readonly lane: number
}

async function runLane(tally: Tally, lane: Lane): Promise<void> {
  const prng = prngOf(lane.seed, `lane ${lane.lane}`)
  const record = new SignedRecord(lane.directory, lane.signers)
  for (let turn = 0; tally.isOpen(); turn++) {
    tally.begin()
    const keepsHistory = turn % lane.journalEvery === 0
    await killOnce(lane, { prng, record, keepsHistory }).catch((error) => tally.broke(error))
    const faults = lane.sync === 'honoured' ? record.inspect() : []
    const journal = keepsHistory ? journalFault(join(lane.directory, 'journal.sqlite')) : null
    tally.add(record.take(), { unreadable: faults, journal, readJournal: keepsHistory })
  }
}

async function killOnce(
  lane: Lane,
  turn: { readonly prng: Prng; readonly record: SignedRecord; readonly keepsHistory: boolean },
): Promise<void> {
  const { prng, record, keepsHistory } = turn
  const { directory, sync, signers } = lane
  const isInside = prng.below(2) === 0
  const killAt = isInside ? { killAt: 1 + prng.below(STEPS_PER_SIGNER_MAX * signers) } : {}
  // What leaks of a disk that saves nothing would only be taken for damage, and refused.
  const leakPpm = sync === 'honoured' ? LEAK_PPM : 0
  const disk = { directory, sync, leakPpm, seed: prng.below(2 ** 30), ...killAt }
  const child = new LineProcess(
    [CHILD, directory, String(signers), keepsHistory ? 'history' : ''],
    lane.shim.environment(disk),
  )
  const laterMs = prng.below(LATER_MS_MAX)
  let isPlanned = false
  await child.run({
    silentMsMax: SILENT_MS_MAX,
    onLine: (line) => {
      record.hear(line)
      if (isInside || isPlanned || / (opened|refused|history)/.test(line)) return
      isPlanned = true
      setTimeout(() => child.kill(), laterMs)
    },
  })
}

/** Counts what all lanes saw. */
class Tally {
  readonly #options: KillsOptions
  #begun = 0
  #processes = 0
  #signed = 0
  #conflicts = 0
  #firstConflictAfter: number | null = null
  #unreadable = 0
  #journalsRead = 0
  #journalsUnreadable = 0
  #broken = 0
  readonly #refused: Record<string, number> = {}
  readonly #faults: string[] = []

  constructor(options: KillsOptions) {
    this.#options = options
  }

  isOpen(): boolean {
    const { signers, count, stopsAtConflict = false } = this.#options
    if (stopsAtConflict && this.#conflicts > 0) return false
    return this.#begun * signers < count
  }

  begin(): void {
    this.#begun += 1
  }

  /** A process did not end as it should: the run goes on to its end, and fails. */
  broke(error: unknown): void {
    this.#broken += 1
    if (this.#faults.length < 10) this.#faults.push(String(error))
  }

  add(
    heard: ReturnType<SignedRecord['take']>,
    disk: {
      readonly unreadable: readonly string[]
      readonly journal: string | null
      readonly readJournal: boolean
    },
  ): void {
    const { signers, count, onProgress } = this.#options
    this.#processes += 1
    this.#signed += heard.signed
    this.#conflicts += heard.conflicts.length
    if (heard.conflicts.length > 0) this.#firstConflictAfter ??= this.#processes * signers
    for (const code of heard.refused) this.#refused[code] = (this.#refused[code] ?? 0) + 1
    this.#unreadable += disk.unreadable.length
    if (disk.readJournal) this.#journalsRead += 1
    if (disk.journal !== null) this.#journalsUnreadable += 1
    const faults = [...heard.conflicts, ...disk.unreadable, disk.journal ?? []].flat()
    this.#faults.push(...faults.slice(0, Math.max(0, 10 - this.#faults.length)))
    onProgress?.((this.#processes * signers) / count)
  }

  result(): KillsResult {
    return {
      processesKilled: this.#processes,
      signersKilled: this.#processes * this.#options.signers,
      signed: this.#signed,
      refused: this.#refused,
      conflicts: this.#conflicts,
      firstConflictAfter: this.#firstConflictAfter,
      unreadable: this.#unreadable,
      journalsRead: this.#journalsRead,
      journalsUnreadable: this.#journalsUnreadable,
      processesBroken: this.#broken,
      faults: this.#faults,
    }
  }
}
