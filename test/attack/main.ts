import { runScript, scriptCommand, stopSignal, UsageError } from '../../scripts/command-line.ts'
import { attackConnections, type ConnectResult } from './connect.ts'
import { type FloodResult, floodByInsider } from './flood.ts'
import { type HonestResult, measureHonest } from './honest.ts'
import { FLOOD_KINDS, type FloodKind } from './kinds.ts'

const USAGE = `npm run attack -- connect [--sockets 600 --hosts 50 --handshakes 500]
                                 [--dials 100 --json]
       npm run attack -- flood [--kinds ${FLOOD_KINDS.slice(0, 6).join(',')},
                                        ${FLOOD_KINDS.slice(6).join(',')}]
                               [--seconds 60 --per-second 30000 --json]
       npm run attack -- honest [--nodes 4,7,16,31] [--round-ms 500 --seconds 20 --json]

Attacks oracles that it starts itself, on loopback, and ends by itself. \`honest\` attacks nobody:
it measures how near members come to the allowance beyond which a flood is cut.`

/** Bars of docs/benchmarks.md. */
const HONEST_SHARE_MIN = 0.99
const HANDSHAKE_CPU_PERCENT_MAX = 40
const CUT_MS_MAX = 1_000
const HEAP_GROWTH_MB_MAX = 16
const ROUND_RATIO_MAX = 2
const MISSED_PERCENT_MAX = 1

const connect = scriptCommand({
  options: {
    sockets: { type: 'number', default: 600, min: 1, max: 100_000 },
    hosts: { type: 'number', default: 50, min: 1, max: 250 },
    handshakes: { type: 'number', default: 500, min: 1, max: 100_000 },
    dials: { type: 'number', default: 100, min: 1, max: 100_000 },
    json: { type: 'flag' },
  },
  run: async ({ json, handshakes, ...options }) => {
    const results = await attackConnections({
      ...options,
      handshakesPerSecond: handshakes,
      signal: stopSignal(),
      say,
    })
    const failed = results.flatMap(connectShortcomings)
    return ended({ attack: 'connect', results, failed }, json)
  },
})

const flood = scriptCommand({
  options: {
    kinds: { type: 'text', default: FLOOD_KINDS.join(',') },
    seconds: { type: 'number', default: 60, min: 1, max: 86_400 },
    'per-second': { type: 'number', default: 30_000, min: 1, max: 1_000_000 },
    json: { type: 'flag' },
  },
  run: async ({ kinds, seconds, 'per-second': perSecond, json }) => {
    const results = await floodByInsider({
      durationMs: seconds * 1_000,
      perSecond,
      kinds: kindsOf(kinds),
      signal: stopSignal(),
      say,
    })
    const failed = results.flatMap(floodShortcomings)
    return ended({ attack: 'flood', results, failed }, json)
  },
})

const honest = scriptCommand({
  options: {
    nodes: { type: 'text', default: '4,7,16,31' },
    'round-ms': { type: 'number', default: 500, min: 100, max: 60_000 },
    seconds: { type: 'number', default: 20, min: 1, max: 86_400 },
    json: { type: 'flag' },
  },
  run: async ({ nodes, 'round-ms': roundMs, seconds, json }) => {
    const results = await measureHonest({
      nodes: sizesOf(nodes),
      roundMs,
      durationMs: seconds * 1_000,
      signal: stopSignal(),
      say,
    })
    const failed = results.flatMap(({ nodes: size, moment, refused }) =>
      refused === 0 ? [] : [`n = ${size}, ${moment}: ${refused} refused`],
    )
    return ended({ attack: 'honest', results, failed }, json)
  },
})

function sizesOf(text: string): readonly number[] {
  return text.split(',').map((size) => {
    const nodes = Number(size)
    if (!Number.isSafeInteger(nodes) || nodes < 4 || nodes > 31) {
      throw new UsageError('--nodes takes sizes of committees from 4 to 31, such as 4,7')
    }
    return nodes
  })
}

function kindsOf(text: string): readonly FloodKind[] {
  return text.split(',').map((name) => {
    const kind = FLOOD_KINDS.find((each) => each === name)
    if (kind === undefined) throw new UsageError(`--kinds knows only ${FLOOD_KINDS.join(', ')}`)
    return kind
  })
}

function say(text: string): void {
  process.stderr.write(`${text}\n`)
}

interface Outcome {
  readonly attack: 'connect' | 'flood' | 'honest'
  readonly results: readonly (ConnectResult | FloodResult | HonestResult)[]
  readonly failed: readonly string[]
}

function ended(outcome: Outcome, isJson: boolean): number {
  process.stdout.write(`${JSON.stringify(outcome, null, isJson ? 0 : 2)}\n`)
  return outcome.failed.length === 0 ? 0 : 1
}

function connectShortcomings(result: ConnectResult): readonly string[] {
  // The defaults stand beside ours to compare; they are not ours to mend.
  if (result.victim !== 'parallax') return []
  const { dials, halfOpen, handshakes, cpuPercent } = result
  const few = (name: string, count: number) =>
    count < HONEST_SHARE_MIN * dials ? [`${count} of ${dials} honest dials under ${name}`] : []
  return [
    ...few('half-open sockets', halfOpen),
    ...few('handshakes', handshakes),
    ...(cpuPercent > HANDSHAKE_CPU_PERCENT_MAX ? [`${cpuPercent} % of a core in handshakes`] : []),
  ]
}

function floodShortcomings(result: FloodResult): readonly string[] {
  const { kind, cutMsMax, heapGrowthMb, roundRatio, flooded } = result
  const must = (holds: boolean, text: string) => (holds ? [] : [`${kind}: ${text}`])
  return [
    ...must(cutMsMax !== null && cutMsMax <= CUT_MS_MAX, `cut after ${cutMsMax ?? 'never'} ms`),
    ...must(heapGrowthMb <= HEAP_GROWTH_MB_MAX, `heap +${heapGrowthMb} MB`),
    ...must((roundRatio ?? 99) <= ROUND_RATIO_MAX, `rounds ${roundRatio ?? 'never'} times idle`),
    ...must(flooded.missedPercent <= MISSED_PERCENT_MAX, `${flooded.missedPercent} % missed`),
  ]
}

await runScript({ call: 'npm run attack', usage: USAGE, commands: { connect, flood, honest } })
