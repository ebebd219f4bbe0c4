import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { LocalNode } from '../../node/devnet/network.ts'
import { countRounds, type RoundAtNode, type RoundCounts } from '../../node/devnet/summary.ts'
import { prngOf } from '../../simulations/determinism/prng.ts'
import { Oracles, WORLDWIDE_TIMING } from '../support/oracles.ts'
import { cpuMsOf, residentBytesOf } from '../support/process-usage.ts'
import { type Point, slopeOf } from './slope.ts'

export interface SoakOptions {
  readonly nodes: number
  readonly durationMs: number
  /** Left out of the slope of the heap: code is compiled, pools fill. */
  readonly warmUpMs: number
  /** A member of chance stands still for two seconds this often; 0 for never. */
  readonly pauseEveryMs: number
  readonly seed: number
  readonly signal: AbortSignal
  readonly say: (text: string) => void
}

export interface SoakedNode {
  readonly node: number
  /** Growth of what lives on the heap after full collections; null with too few of them. */
  readonly heapMbPerHour: number | null
  readonly heapMbPerHourError: number | null
  /** The part of `heapMbPerHour` that is compiled code. */
  readonly codeMbPerHour: number | null
  readonly collections: number
  readonly heapMbLast: number | null
  readonly rssMbMax: number
  /** Of one core, over the whole time. */
  readonly cpuPercent: number
}

export interface SoakResult {
  readonly durationMs: number
  readonly rounds: RoundCounts
  /** Rounds that no node saw certified, though nobody stood still in them. */
  readonly missedWithoutFault: number
  readonly pauses: number
  readonly nodes: readonly SoakedNode[]
}

const LOOK_EVERY_MS = 10_000
const PAUSE_MS = 2_000
const MB = 1_048_576
const HOUR_MS = 3_600_000
/** Made by scripts/prepack.ts, see `main`. */
const PACKAGED_CLI = 'dist/node/cli/main.js'
const HEAP_PROBE = new URL('./heap-probe.mjs', import.meta.url).href
const FEEDS = ['BTC/USD', 'ETH/USD', 'SOL/USD']

/** Runs a committee of real processes for a long time and measures what it costs and keeps. */
export async function soak(options: SoakOptions): Promise<SoakResult> {
  const oracles = await Oracles.create({
    nodes: options.nodes,
    feeds: FEEDS,
    timing: WORLDWIDE_TIMING,
    probeEvery: 32,
    process: (node) => ({
      // What operators install, not the sources.
      args: [PACKAGED_CLI, 'run', '--config', node.config],
      nodeFlags: ['--import', HEAP_PROBE],
      within: ['env', `PARALLAX_HEAP_LOG=${heapLogOf(node.directory)}`],
    }),
  })
  // What a soak that failed or was stopped has written may say why.
  let files: 'remove' | 'leave' = 'leave'
  try {
    await oracles.start(options.signal)
    const result = await new Soak(oracles, options).run()
    if (!options.signal.aborted) files = 'remove'
    return result
  } finally {
    await oracles.stop(files)
  }
}

function heapLogOf(directory: string): string {
  return join(directory, 'heap.jsonl')
}

interface Usage {
  readonly cpuMsBefore: number
  rssBytesMax: number
}

class Soak {
  readonly #oracles: Oracles
  readonly #options: SoakOptions
  readonly #chance: ReturnType<typeof prngOf>
  readonly #usage: readonly Usage[]
  readonly #rounds: readonly Map<number, RoundAtNode>[]
  readonly #disturbed = new Set<number>()
  readonly #startedMs = Date.now()
  #firstRound = 0
  #pauses = 0
  #nextPauseMs: number

  constructor(oracles: Oracles, options: SoakOptions) {
    this.#oracles = oracles
    this.#options = options
    this.#chance = prngOf(options.seed, 'soak')
    this.#usage = oracles.nodes.map((node) => ({
      cpuMsBefore: cpuMsOf(pidOf(node)),
      rssBytesMax: 0,
    }))
    this.#rounds = oracles.nodes.map(() => new Map())
    this.#nextPauseMs = options.pauseEveryMs
  }

  async run(): Promise<SoakResult> {
    const { durationMs, signal, say } = this.#options
    this.#firstRound = this.#currentRound() + 3
    let saidMs = 0
    while (this.#elapsedMs() < durationMs && !signal.aborted) {
      await delay(Math.min(LOOK_EVERY_MS, durationMs), undefined, { signal }).catch(() => undefined)
      await this.#look()
      if (this.#elapsedMs() >= saidMs) {
        saidMs = this.#elapsedMs() + 60_000
        say(this.#line())
      }
      await this.#disturb()
    }
    return this.#result()
  }

  async #look(): Promise<void> {
    for (const [index, node] of this.#oracles.nodes.entries()) {
      node.process.assertRunning()
      const usage = this.#usage[index]
      if (usage !== undefined) {
        usage.rssBytesMax = Math.max(usage.rssBytesMax, residentBytesOf(pidOf(node)))
      }
      for (const row of (await node.client.rounds()) ?? []) {
        if (row.path !== 'open') this.#rounds[index]?.set(row.round, { ...row, path: row.path })
      }
    }
  }

  /** One member stands still: its peers do without it, and it comes back late. */
  async #disturb(): Promise<void> {
    const { pauseEveryMs, signal } = this.#options
    if (pauseEveryMs === 0 || this.#elapsedMs() < this.#nextPauseMs || signal.aborted) return
    this.#nextPauseMs += pauseEveryMs
    const victim = this.#oracles.nodes[this.#chance.below(this.#oracles.nodes.length)]
    if (victim === undefined) return
    const pid = pidOf(victim)
    const from = this.#currentRound()
    process.kill(pid, 'SIGSTOP')
    try {
      await delay(PAUSE_MS, undefined, { signal }).catch(() => undefined)
    } finally {
      process.kill(pid, 'SIGCONT')
    }
    this.#pauses += 1
    // Three more rounds: what a healed member may take (protocol L3).
    for (let round = from; round <= this.#currentRound() + 3; round++) this.#disturbed.add(round)
  }

  #result(): SoakResult {
    const range = { from: this.#firstRound, to: this.#currentRound() - 3 }
    const rows = this.#rounds.map((each) => [...each.values()])
    const { rounds } = countRounds(rows, range)
    const certified = new Set(
      rows.flatMap((each) =>
        each.filter(({ path }) => path !== 'skipped').map(({ round }) => round),
      ),
    )
    let missedWithoutFault = 0
    for (let round = range.from; round <= range.to; round++) {
      if (!certified.has(round) && !this.#disturbed.has(round)) missedWithoutFault += 1
    }
    return {
      durationMs: this.#elapsedMs(),
      rounds,
      missedWithoutFault,
      pauses: this.#pauses,
      nodes: this.#oracles.nodes.map((node, index) => this.#soaked(node, this.#usage[index])),
    }
  }

  #soaked(node: LocalNode, usage: Usage | undefined): SoakedNode {
    const fromMs = this.#startedMs + this.#options.warmUpMs
    const heap = heapOf(node)
    const last = heap.at(-1)
    const points = heap.filter(({ x }) => x >= fromMs / HOUR_MS)
    const slope = slopeOf(points)
    const codeSlope = slopeOf(points.map(({ x, codeMb }) => ({ x, y: codeMb })))
    return {
      node: node.index,
      heapMbPerHour: slope === null ? null : hundredth(slope.perUnit),
      heapMbPerHourError: slope === null ? null : hundredth(slope.error),
      codeMbPerHour: codeSlope === null ? null : hundredth(codeSlope.perUnit),
      collections: points.length,
      heapMbLast: last === undefined ? null : hundredth(last.y),
      rssMbMax: hundredth((usage?.rssBytesMax ?? Number.NaN) / MB),
      cpuPercent: hundredth(
        (100 * (cpuMsOf(pidOf(node)) - (usage?.cpuMsBefore ?? Number.NaN))) / this.#elapsedMs(),
      ),
    }
  }

  #line(): string {
    const { rounds, missedWithoutFault, nodes } = this.#result()
    const worst = (of: (node: SoakedNode) => number | null) =>
      Math.max(...nodes.map((node) => of(node) ?? 0))
    return [
      `${Math.round(this.#elapsedMs() / 1_000)} s: ${rounds.certified}/${rounds.opened} rounds`,
      `${missedWithoutFault} missed without a fault, ${this.#pauses} pauses`,
      `rss ${worst(({ rssMbMax }) => rssMbMax)} MB, cpu ${worst(({ cpuPercent }) => cpuPercent)} %`,
      `heap ${worst(({ heapMbLast }) => heapMbLast)} MB after the last collection`,
    ].join(', ')
  }

  #elapsedMs(): number {
    return Date.now() - this.#startedMs
  }

  #currentRound(): number {
    const { genesisMs, timing } = this.#oracles.committee.file.params
    return Math.floor((Date.now() - genesisMs) / timing.roundMs)
  }
}

function pidOf({ process }: LocalNode): number {
  process.assertRunning()
  return process.pid ?? Number.NaN
}

interface HeapPoint extends Point {
  readonly codeMb: number
}

/** What lived on the heap after each full collection: hours since 1970, megabytes. */
function heapOf({ files }: LocalNode): HeapPoint[] {
  const path = heapLogOf(files.directory)
  if (!existsSync(path)) return []
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const row: { atMs: number; usedBytes: number; codeBytes: number } = JSON.parse(line)
      return { x: row.atMs / HOUR_MS, y: row.usedBytes / MB, codeMb: row.codeBytes / MB }
    })
}

function hundredth(value: number): number {
  return Math.round(value * 100) / 100
}
