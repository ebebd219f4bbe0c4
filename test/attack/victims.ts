import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { NodeFiles } from '../../node/devnet/files.ts'
import { countRounds, type RoundAtNode } from '../../node/devnet/summary.ts'
import { waitFor } from '../../node/devnet/wait.ts'
import { type Oracles, type OraclesOptions, startedOracles } from '../support/oracles.ts'

const PROBE = new URL('./victim-probe.ts', import.meta.url).href
const MB = 1_048_576

type ProbeRow =
  | { readonly type: 'lag'; readonly atMs: number; readonly lagMs: number }
  | { readonly type: 'heap'; readonly atMs: number; readonly heapBytes: number }

/** What nodes went through between two moments. */
export interface Stretch {
  readonly roundMsP99: number | null
  readonly missedPercent: number
  readonly lagMsMax: number
}

/** Four members, of which the last never runs: its key is the attacker's. */
export const VICTIMS = 3

export async function startVictims(signal: AbortSignal): Promise<Oracles> {
  return await startedOracles({ ...VICTIM_OPTIONS, silent: [VICTIMS] }, signal)
}

const VICTIM_OPTIONS: OraclesOptions = {
  nodes: VICTIMS + 1,
  feeds: ['BTC/USD'],
  process: (node) => ({
    nodeFlags: ['--expose-gc', '--import', PROBE],
    within: ['env', `PARALLAX_PROBE_LOG=${probeLogOf(node)}`],
  }),
}

/** A node shows 120 rounds, of half a second each here. */
const READ_EVERY_MS = 20_000

/** Keeps the rounds of all victims while something happens, and says how they went. */
export async function watched<T>(
  oracles: Oracles,
  happens: () => Promise<T>,
): Promise<{ readonly value: T; readonly stretch: Stretch }> {
  const { genesisMs, timing } = oracles.committee.file.params
  const roundAt = (ms: number) => Math.ceil((ms - genesisMs) / timing.roundMs)
  const running = oracles.nodes.slice(0, VICTIMS)
  const kept = running.map(() => new Map<number, RoundAtNode>())
  const read = async () => {
    for (const [at, { client }] of running.entries()) {
      for (const { path, ...row } of (await client.rounds()) ?? []) {
        if (path !== 'open') kept[at]?.set(row.round, { ...row, path })
      }
    }
  }
  const fromMs = Date.now()
  const timer = setInterval(() => void read(), READ_EVERY_MS)
  try {
    const value = await happens()
    const toMs = Date.now()
    await read()
    const range = { from: roundAt(fromMs), to: roundAt(toMs) - 2 }
    const { rounds, latencyMs } = countRounds(
      kept.map((rows) => [...rows.values()]),
      range,
    )
    const lags = running
      .flatMap(({ files }) => probeRows(files))
      .flatMap((row) => (row.type === 'lag' && row.atMs >= fromMs ? [row.lagMs] : []))
    const stretch = {
      roundMsP99: latencyMs.all.p99,
      missedPercent: Math.round((1_000 * rounds.skipped) / rounds.opened) / 10,
      lagMsMax: Math.max(...lags),
    }
    return { value, stretch }
  } finally {
    clearInterval(timer)
  }
}

/** What each victim's heap holds after a full collection, in megabytes. */
export async function heapsMbOf(oracles: Oracles, signal: AbortSignal): Promise<number[]> {
  const fromMs = Date.now()
  const running = oracles.nodes.slice(0, VICTIMS)
  for (const { process: victim } of running) {
    if (victim.pid !== null) process.kill(victim.pid, 'SIGUSR2')
  }
  const heapOf = async (files: NodeFiles) => {
    const row = probeRows(files).find((each) => each.type === 'heap' && each.atMs >= fromMs)
    return row?.type === 'heap' ? row.heapBytes / MB : null
  }
  return await Promise.all(
    running.map(({ files }) =>
      waitFor(() => heapOf(files), { what: 'the heap of a victim', timeoutMs: 10_000, signal }),
    ),
  )
}

function probeLogOf(node: NodeFiles): string {
  return join(node.directory, 'probe.jsonl')
}

function probeRows(node: NodeFiles): readonly ProbeRow[] {
  const path = probeLogOf(node)
  if (!existsSync(path)) return []
  // The last line may be half written.
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1)
  return lines.map((line) => JSON.parse(line) as ProbeRow)
}
