import { execFileSync } from 'node:child_process'
import { parseArgs } from 'node:util'
import { type SoakResult, soak } from './soak.ts'

const USAGE = `npm run soak [-- --nodes 7 --minutes 60 --warm-up 10 --pause-every 60]
             [--seed 1 --json]

Packs the node, runs oracles of one-second rounds with it, and samples heap, memory and
processor. A day: --minutes 1440.`

/** Bars of docs/benchmarks.md, for each node. */
const HEAP_MB_PER_HOUR_MAX = 0.5
const RSS_MB_MAX = 250
const CPU_PERCENT_MAX = 25

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      nodes: { type: 'string', default: '7' },
      minutes: { type: 'string', default: '60' },
      'warm-up': { type: 'string', default: '10' },
      'pause-every': { type: 'string', default: '60' },
      seed: { type: 'string', default: '1' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  const numbers = [values.nodes, values.minutes, values['warm-up'], values['pause-every']].map(
    Number,
  )
  if (values.help || numbers.some((value) => !(value >= 0))) {
    process.stderr.write(`${USAGE}\n`)
    return values.help ? 0 : 2
  }
  const [nodes = 0, minutes = 0, warmUp = 0, pauseEvery = 0] = numbers
  process.stderr.write('packing what the nodes run\n')
  execFileSync(process.execPath, ['scripts/prepack.ts'], { stdio: ['ignore', 2, 2] })
  const controller = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => controller.abort())
  const result = await soak({
    nodes,
    durationMs: minutes * 60_000,
    warmUpMs: warmUp * 60_000,
    pauseEveryMs: pauseEvery * 1_000,
    seed: Number(values.seed),
    signal: controller.signal,
    say: (text) => process.stderr.write(`${text}\n`),
  })
  const failed = shortcomingsOf(result)
  process.stdout.write(`${JSON.stringify({ ...result, failed }, null, values.json ? 0 : 2)}\n`)
  if (controller.signal.aborted) return 130
  return failed.length === 0 ? 0 : 1
}

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

process.exitCode = await main()
