import { execFileSync } from 'node:child_process'
import { runScript, scriptCommand, stopSignal } from '../../scripts/command-line.ts'
import { type SoakResult, soak } from './soak.ts'

const USAGE = `npm run soak [-- --nodes 7 --minutes 60 --warm-up 10 --pause-every 60]
                    [--seed 1 --json]

Packs the node, runs oracles of one-second rounds with it, and samples heap, memory and
processor. A day: --minutes 1440.`

/** Bars of docs/benchmarks.md, for each node. */
const HEAP_MB_PER_HOUR_MAX = 0.5
const RSS_MB_MAX = 250
const CPU_PERCENT_MAX = 25

const soakCommand = scriptCommand({
  options: {
    nodes: { type: 'number', default: 7, min: 4, max: 31 },
    minutes: { type: 'number', default: 60, min: 0, max: 100_000, isFraction: true },
    'warm-up': { type: 'number', default: 10, min: 0, max: 100_000, isFraction: true },
    'pause-every': { type: 'number', default: 60, min: 0, max: 86_400 },
    seed: { type: 'number', default: 1, min: 0, max: 0xffffffff },
    json: { type: 'flag' },
  },
  run: async ({ nodes, minutes, 'warm-up': warmUp, 'pause-every': pauseEvery, seed, json }) => {
    process.stderr.write('packing what the nodes run\n')
    execFileSync(process.execPath, ['scripts/prepack.ts'], { stdio: ['ignore', 2, 2] })
    const signal = stopSignal()
    const result = await soak({
      nodes,
      durationMs: minutes * 60_000,
      warmUpMs: warmUp * 60_000,
      pauseEveryMs: pauseEvery * 1_000,
      seed,
      signal,
      say: (text) => process.stderr.write(`${text}\n`),
    })
    const failed = shortcomingsOf(result)
    process.stdout.write(`${JSON.stringify({ ...result, failed }, null, json ? 0 : 2)}\n`)
    if (signal.aborted) return 130
    return failed.length === 0 ? 0 : 1
  },
})

function shortcomingsOf({ nodes, missedWithoutFault }: SoakResult): readonly string[] {
  const failed = nodes.flatMap(({ node, heapMbPerHour, rssMbMax, cpuPercent }) => [
    ...(heapMbPerHour === null ? [`node ${node}: too few collections for a slope`] : []),
    ...((heapMbPerHour ?? 0) > HEAP_MB_PER_HOUR_MAX
      ? [`node ${node}: heap grows by ${heapMbPerHour} MB an hour`]
      : []),
    ...(rssMbMax <= RSS_MB_MAX ? [] : [`node ${node}: ${rssMbMax} MB resident`]),
    ...(cpuPercent <= CPU_PERCENT_MAX ? [] : [`node ${node}: ${cpuPercent} % of a core`]),
  ])
  const missed = `${missedWithoutFault} rounds were missed without a fault`
  return missedWithoutFault === 0 ? failed : [...failed, missed]
}

await runScript({ call: 'npm run soak', usage: USAGE, commands: { '': soakCommand } })
