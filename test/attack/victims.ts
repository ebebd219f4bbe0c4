import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { NodeFiles } from '../../node/devnet/files.ts'
import { countRounds } from '../../node/devnet/summary.ts'
import { type Oracles, type OraclesOptions, startedOracles } from '../support/oracles.ts'

const PROBE = new URL('./victim-probe.ts', import.meta.url).href
const MB = 1_048_576

export interface ProbeRow {
  readonly atMs: number
  readonly heapBytes: number
  readonly lagMs: number
}

/** What nodes went through between two moments. */
export interface Stretch {
  readonly roundMsP99: number | null
  readonly missedPercent: number
  readonly heapMbMax: number
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
    nodeFlags: ['--import', PROBE],
    within: ['env', `PARALLAX_PROBE_LOG=${probeLogOf(node)}`],
  }),
}

/** Rounds and probes of all victims over a stretch of time; rounds are read now. */
export async function stretchOf(
  oracles: Oracles,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): Promise<Stretch> {
  const { genesisMs, timing } = oracles.committee.file.params
  const roundAt = (ms: number) => Math.ceil((ms - genesisMs) / timing.roundMs)
  const running = oracles.nodes.slice(0, VICTIMS)
  const rows = await Promise.all(
    running.map(async ({ client }) =>
      ((await client.rounds()) ?? []).flatMap((row) =>
        row.path === 'open' ? [] : [{ ...row, path: row.path }],
      ),
    ),
  )
  const range = { from: roundAt(fromMs), to: roundAt(toMs) - 2 }
  const { rounds, latencyMs } = countRounds(rows, range)
  const probes = running
    .flatMap(({ files }) => probeRows(files))
    .filter(({ atMs }) => atMs >= fromMs && atMs <= toMs)
  return {
    roundMsP99: latencyMs.all.p99,
    missedPercent: Math.round((1_000 * rounds.skipped) / rounds.opened) / 10,
    heapMbMax: Math.round(Math.max(...probes.map(({ heapBytes }) => heapBytes)) / MB),
    lagMsMax: Math.max(...probes.map(({ lagMs }) => lagMs)),
  }
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
