import { spawn } from 'node:child_process'
import { setTimeout as delay } from 'node:timers/promises'
import { keccak_256 } from '@noble/hashes/sha3.js'
import { committeeOf } from '../../aggregator/committee.ts'
import { messageBytesMax } from '../../aggregator/messages/codec.ts'
import { signingThresholdOf } from '../../aggregator/quorum.ts'
import { dealForDevelopment } from '../../aggregator/signing/dealer.ts'
import { frostScheme } from '../../aggregator/signing/frost.ts'
import { membersOf } from '../../aggregator/values/ids.ts'
import { localCommittee } from '../../node/devnet/committee.ts'
import { ORACLE_FLAGS } from '../../node/devnet/process.ts'
import { percentilesOf } from '../../node/devnet/summary.ts'
import { freePorts } from '../../node/devnet/wait.ts'
import { type Oracles, startedOracles } from '../support/oracles.ts'
import { cpuMsOf, writtenBytesOf } from '../support/process-usage.ts'
import type { Bench } from './bench.ts'
import type { Figure } from './figure.ts'

export const roundBench: Bench = {
  name: 'round',
  about: 'from the opening of a round to its certificate, over real processes on loopback',
  run: ({ nodes, rounds, signal, say }) =>
    benchRounds({
      nodes: nodes.length === 0 ? [4, 7] : nodes,
      rounds: rounds ?? 60,
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

interface Measured {
  readonly firstMs: readonly number[]
  readonly allMs: readonly number[]
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
    const signingMs = measureSigning(nodes)
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
      name: `round.n${nodes}.cpu`,
      value: cpuMsPerRound,
      unit: 'ms per node and round',
    })
    figures.push({
      name: `round.n${nodes}.bytes`,
      value: bytesPerRound,
      unit: 'bytes sent per node and round',
    })
  }
  return figures
}

function figure(name: string, valueMs: number, floorMs: number): Figure {
  const tenth = (value: number) => Math.round(value * 10) / 10
  const ratio = Math.round((valueMs / floorMs) * 100) / 100
  return { name, value: tenth(valueMs), unit: 'ms', floor: tenth(floorMs), ratio }
}

/** One share and one combination, the median of each: what no round can do without. */
function measureSigning(nodes: number): number {
  const threshold = signingThresholdOf(nodes, Math.floor((nodes - 1) / 3))
  let counter = 0
  const random = (length: number) => {
    const bytes = new Uint8Array(length)
    for (let at = 0; at < length; at += 32) {
      const block = keccak_256(new TextEncoder().encode(`signing/${counter++}`))
      bytes.set(block.subarray(0, Math.min(32, length - at)), at)
    }
    return bytes
  }
  const { groupKey, shares } = dealForDevelopment({ members: nodes, threshold }, random)
  const signers = shares.slice(0, threshold)
  const signMs: number[] = []
  const combineMs: number[] = []
  for (let run = 0; run < 20; run++) {
    const nonces = signers.map((share) => frostScheme.commit(share, random(64)))
    const session = {
      message: random(32),
      signingSet: membersOf(signers.map(({ index }) => index)),
      commitments: nonces.map(({ commitment }) => commitment),
    }
    const made = signers.map((share, position) => {
      const nonce = nonces[position]
      if (nonce === undefined) throw new Error('a nonce for each signer')
      const startMs = performance.now()
      const signed = frostScheme.sign(groupKey, share, nonce.secret, session)
      signMs.push(performance.now() - startMs)
      return signed
    })
    const startMs = performance.now()
    frostScheme.combine(groupKey, session, made)
    combineMs.push(performance.now() - startMs)
  }
  return (percentilesOf(signMs).p50 ?? 0) + (percentilesOf(combineMs).p50 ?? 0)
}

async function measureFloor(nodes: number, options: RoundBenchOptions): Promise<Measured> {
  const committee = localCommittee({ size: nodes, feeds: ['BTC/USD'], genesisMs: 0 })
  const made = committeeOf((bytes) => keccak_256(bytes), committee.file)
  const ports = await freePorts(nodes)
  const { rounds } = options
  const setup = {
    signers: made.signingThreshold,
    ports,
    // Everybody connects before the first tick.
    genesisMs: Date.now() + 5_000 + 300 * nodes,
    roundMs: 500,
    rounds,
    bytes: {
      observation: messageBytesMax(made, 'observation'),
      share: messageBytesMax(made, 'share'),
      certificate: messageBytesMax(made, 'certificate'),
    },
  }
  const outputs = await Promise.all(
    ports.map((_, own) =>
      outputOf('test/bench/floor-process.ts', JSON.stringify({ ...setup, own })),
    ),
  )
  const tables = outputs.map(
    (text) => JSON.parse(text) as { firstMs: number | null; allMs: number | null }[],
  )
  return merge(
    Array.from({ length: rounds }, (_, round) =>
      tables.map((rows) => rows[round] ?? { firstMs: null, allMs: null }),
    ),
  )
}

/** First: the earliest over all members of each round; all: every member of every round. */
function merge(
  rounds: readonly (readonly {
    readonly firstMs: number | null
    readonly allMs: number | null
  }[])[],
): Measured {
  const present = (values: readonly (number | null)[]) => values.filter((value) => value !== null)
  const firstMs = rounds
    .map((rows) => present(rows.map((row) => row.firstMs)))
    .filter((values) => values.length > 0)
    .map((values) => Math.min(...values))
  return { firstMs, allMs: rounds.flatMap((rows) => present(rows.map((row) => row.allMs))) }
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
  const setup = { nodes, feeds: ['BTC/USD'], process: () => ({ nodeFlags: ORACLE_FLAGS }) }
  const oracles = await startedOracles(setup, options.signal)
  try {
    return await watchOracles(oracles, options)
  } finally {
    await oracles.stop('remove')
  }
}

async function watchOracles({ nodes }: Oracles, options: RoundBenchOptions) {
  const clients = nodes.map(({ client }) => client)
  const pids = nodes.map(({ process }) => process.pid ?? Number.NaN)
  const sum = (of: (pid: number) => number) => pids.reduce((total, pid) => total + of(pid), 0)
  const from = ((await clients[0]?.status())?.round ?? 0) + 4
  const [cpuBefore, sentBefore] = [sum(cpuMsOf), sum(writtenBytesOf)]
  const rows = new Map<string, number>()
  const readAll = async () => {
    for (const [index, client] of clients.entries()) {
      for (const row of (await client.rounds()) ?? []) {
        if (row.latencyMs !== null) rows.set(`${row.round}/${index}`, row.latencyMs)
      }
    }
  }
  for (;;) {
    await delay(Math.min(20_000, options.rounds * 500), undefined, { signal: options.signal })
    await readAll()
    if (((await clients[0]?.status())?.round ?? 0) > from + options.rounds) break
  }
  const table = Array.from({ length: options.rounds }, (_, offset) =>
    clients.map((_client, index) => {
      const latency = rows.get(`${from + offset}/${index}`) ?? null
      return { firstMs: latency, allMs: latency }
    }),
  )
  const perRound = (total: number) => Math.round(total / nodes.length / options.rounds)
  return {
    measured: merge(table),
    cpuMsPerRound: perRound(sum(cpuMsOf) - cpuBefore),
    bytesPerRound: perRound(sum(writtenBytesOf) - sentBefore),
  }
}
