import { spawn } from 'node:child_process'
import { setTimeout as delay } from 'node:timers/promises'
import { keccak_256 } from '@noble/hashes/sha3.js'
import { committeeOf } from '../../aggregator/committee/committee.ts'
import type { TimingParams } from '../../aggregator/committee/params.ts'
import { heldForMs } from '../../aggregator/committee/passing-on.ts'
import { messageBytesMax } from '../../aggregator/messages/codec.ts'
import { LOCAL_TIMING, localCommittee } from '../../node/devnet/committee.ts'
import { percentilesOf } from '../../node/devnet/summary.ts'
import { freePorts } from '../../node/devnet/wait.ts'
import { thresholdOf } from '../../node/keys/native.ts'
import { committeeFor, type Oracles, startedOracles } from '../support/oracles.ts'
import { cpuMsOf, writtenBytesOf } from '../support/process-usage.ts'
import type { Bench } from './bench.ts'
import type { Figure } from './figure.ts'
import { type MergedRounds, mergeRounds } from './merge-rounds.ts'
import { measureSigning } from './signing.ts'

export const roundBench: Bench = {
  name: 'round',
  about: 'from the opening of a round to its certificate, over real processes on loopback',
  run: ({ nodes, rounds, signal, say }) =>
    benchRounds({
      nodes: nodes.length === 0 ? [4, 7] : nodes,
      rounds: rounds ?? 120,
      signal,
      say,
    }),
}

interface RoundBenchOptions {
  readonly nodes: readonly number[]
  readonly rounds: number
  readonly signal: AbortSignal
  readonly say: (text: string) => void
}

/** Rounds before the measured ones: code is compiled, connections and memory settle. */
const WARM_UP_ROUNDS = 40
/** Timing of a local network, drawn out so that so many processes find their turn on two cores. */
function timingOf(nodes: number): TimingParams {
  const factor = nodes <= 7 ? 1 : nodes <= 16 ? 4 : 10
  const drawn = Object.entries(LOCAL_TIMING).map(([name, valueMs]) => [name, valueMs * factor])
  return { ...LOCAL_TIMING, ...Object.fromEntries(drawn) }
}

/**
 * T_r to certificate over real processes on loopback, beside its floor measured in the same run:
 * bare exchanges of messages of the same sizes, plus one share and one combination.
 */
async function benchRounds(options: RoundBenchOptions): Promise<readonly Figure[]> {
  const figures: Figure[] = []
  for (const nodes of options.nodes) {
    options.say(`n = ${nodes}: floor`)
    const floor = await measureFloor(nodes, options)
    const { sign, combine } = measureSigning(thresholdOf('native'), nodes)
    const signingMs = sign + combine
    options.say(`n = ${nodes}: oracles`)
    const { measured, cpuMsPerRound, bytesPerRound } = await measureOracles(nodes, options)
    for (const who of ['first', 'all'] as const) {
      const own = percentilesOf(who === 'first' ? measured.firstMs : measured.allMs)
      const bare = percentilesOf(who === 'first' ? floor.firstMs : floor.allMs)
      for (const rank of ['p50', 'p99'] as const) {
        const value = own[rank]
        const bottom = bare[rank]
        if (value === null || bottom === null) continue
        figures.push(figure(`round.n${nodes}.${who}.${rank}`, value, bottom + signingMs))
      }
    }
    figures.push({
      name: `round.n${nodes}.missed`,
      value: measured.missed,
      unit: `of ${options.rounds} rounds that not every member held`,
    })
    figures.push({
      name: `round.n${nodes}.cpu`,
      value: cpuMsPerRound,
      unit: 'ms per node and round',
    })
    figures.push({
      name: `round.n${nodes}.bytes`,
      value: bytesPerRound,
      unit: 'bytes per node and round, to sockets and files',
    })
  }
  return figures
}

function figure(name: string, valueMs: number, floorMs: number): Figure {
  const tenth = (value: number) => Math.round(value * 10) / 10
  const ratio = Math.round((valueMs / floorMs) * 100) / 100
  return { name, value: tenth(valueMs), unit: 'ms', floor: tenth(floorMs), ratio }
}

async function measureFloor(nodes: number, options: RoundBenchOptions): Promise<MergedRounds> {
  const timing = timingOf(nodes)
  const local = localCommittee({ size: nodes, feeds: ['BTC/USD'], genesisMs: 0 })
  const made = committeeOf((bytes) => keccak_256(bytes), committeeFor(local, { timing }).file)
  const ports = await freePorts(nodes)
  const rounds = WARM_UP_ROUNDS + options.rounds
  const setup = {
    signers: made.signingThreshold,
    ports,
    // Everybody connects before the first tick.
    genesisMs: Date.now() + 5_000 + 300 * nodes,
    roundMs: timing.roundMs,
    rounds,
    bytes: {
      observation: messageBytesMax(made, 'observation'),
      share: messageBytesMax(made, 'share'),
      certificate: messageBytesMax(made, 'certificate'),
    },
  }
  const outputs = await Promise.all(
    ports.map((_, own) =>
      outputOf(
        'test/bench/floor-process.ts',
        JSON.stringify({ ...setup, own, heldMs: heldForMs(made, own, 0) }),
      ),
    ),
  )
  const tables = outputs.map(
    (text) => JSON.parse(text) as { firstMs: number | null; allMs: number | null }[],
  )
  return mergeRounds(
    Array.from({ length: options.rounds }, (_, round) =>
      tables.map((rows) => rows[WARM_UP_ROUNDS + round] ?? { firstMs: null, allMs: null }),
    ),
  )
}

async function outputOf(script: string, argument: string): Promise<string> {
  const child = spawn(process.execPath, [script, argument], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.on('data', (chunk) => {
    output += String(chunk)
  })
  await new Promise((resolve) => child.once('close', resolve))
  return output.trim()
}

async function measureOracles(nodes: number, options: RoundBenchOptions) {
  const timing = timingOf(nodes)
  const oracles = await startedOracles({ nodes, feeds: ['BTC/USD'], timing }, options.signal)
  try {
    return await watchOracles(oracles, { ...options, roundMs: timing.roundMs })
  } finally {
    await oracles.stop('remove')
  }
}

async function watchOracles(
  { nodes }: Oracles,
  options: RoundBenchOptions & { readonly roundMs: number },
) {
  const clients = nodes.map(({ client }) => client)
  const pids = nodes.map(({ process }) => process.pid ?? Number.NaN)
  const sum = (of: (pid: number) => number) => pids.reduce((total, pid) => total + of(pid), 0)
  const roundNow = async () => (await clients[0]?.status())?.round ?? 0
  // The table of a node holds the last rounds only, so it is read well before they leave it.
  const pause = () => delay(8 * options.roundMs, undefined, { signal: options.signal })
  for (const wanted = (await roundNow()) + WARM_UP_ROUNDS; (await roundNow()) < wanted; )
    await pause()
  const from = await roundNow()
  const [cpuBefore, sentBefore] = [sum(cpuMsOf), sum(writtenBytesOf)]
  const rows = new Map<string, number>()
  let to = from
  while (to <= from + options.rounds) {
    await pause()
    // Read before the tables: whatever lies below it has ended in all of them.
    to = await roundNow()
    for (const [index, client] of clients.entries()) {
      for (const row of (await client.rounds()) ?? []) {
        if (row.latencyMs !== null) rows.set(`${row.round}/${index}`, row.latencyMs)
      }
    }
  }
  const perRound = (total: number) => Math.round(total / nodes.length / (to - from))
  const cpuMsPerRound = perRound(sum(cpuMsOf) - cpuBefore)
  const bytesPerRound = perRound(sum(writtenBytesOf) - sentBefore)
  const table = Array.from({ length: options.rounds }, (_, offset) =>
    clients.map((_client, index) => {
      const latency = rows.get(`${from + 1 + offset}/${index}`) ?? null
      return { firstMs: latency, allMs: latency }
    }),
  )
  return { measured: mergeRounds(table), cpuMsPerRound, bytesPerRound }
}
