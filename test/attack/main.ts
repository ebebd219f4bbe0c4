import { parseArgs } from 'node:util'
import { attackConnections, type ConnectResult } from './connect.ts'
import { type FloodResult, floodByInsider } from './flood.ts'
import type { FloodKind } from './insider-process.ts'

const USAGE = `npm run attack -- connect [--sockets 600 --hosts 50 --handshakes 500]
                          [--dials 100 --json]
npm run attack -- flood [--kinds invalid,duplicate,distinct,ihave,subscription,oversize]
                        [--seconds 60 --per-second 30000 --json]

Attacks oracles that it starts itself, on loopback, and ends by itself.`

const KINDS = ['invalid', 'duplicate', 'distinct', 'ihave', 'subscription', 'oversize'] as const

/** Bars of docs/benchmarks.md. */
const HONEST_SHARE_MIN = 0.99
const HANDSHAKE_CPU_PERCENT_MAX = 40
const CUT_MS_MAX = 1_000
const HEAP_GROWTH_MB_MAX = 16
const ROUND_RATIO_MAX = 2
const MISSED_PERCENT_MAX = 1

const OPTIONS = {
  sockets: { type: 'string', default: '600' },
  hosts: { type: 'string', default: '50' },
  handshakes: { type: 'string', default: '500' },
  dials: { type: 'string', default: '100' },
  kinds: { type: 'string', default: KINDS.join(',') },
  seconds: { type: 'string', default: '60' },
  'per-second': { type: 'string', default: '30000' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: OPTIONS })
  const controller = new AbortController()
  const { signal } = controller
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => controller.abort())
  const say = (text: string) => process.stderr.write(`${text}\n`)
  const kinds = values.kinds.split(',').flatMap((name) => KINDS.filter((kind) => kind === name))
  const [attack] = positionals
  const isKnown = attack === 'connect' || attack === 'flood'
  if (values.help || !isKnown || kinds.length === 0) {
    process.stderr.write(`${USAGE}\n`)
    return values.help ? 0 : 2
  }
  const outcome =
    attack === 'connect'
      ? await connectOutcome(values, { signal, say })
      : await floodOutcome(values, { kinds, signal, say })
  process.stdout.write(`${JSON.stringify(outcome, null, values.json ? 0 : 2)}\n`)
  return outcome.failed.length === 0 ? 0 : 1
}

interface Run {
  readonly signal: AbortSignal
  readonly say: (text: string) => void
}

async function connectOutcome(
  values: Record<'sockets' | 'hosts' | 'handshakes' | 'dials', string>,
  run: Run,
) {
  const results = await attackConnections({
    sockets: Number(values.sockets),
    hosts: Number(values.hosts),
    handshakesPerSecond: Number(values.handshakes),
    dials: Number(values.dials),
    ...run,
  })
  return { attack: 'connect', results, failed: results.flatMap(connectShortcomings) }
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

async function floodOutcome(
  values: Record<'seconds' | 'per-second', string>,
  run: Run & { readonly kinds: readonly FloodKind[] },
) {
  const results = await floodByInsider({
    durationMs: Number(values.seconds) * 1_000,
    perSecond: Number(values['per-second']),
    ...run,
  })
  return { attack: 'flood', results, failed: results.flatMap(floodShortcomings) }
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

try {
  process.exitCode = await main()
} catch (error) {
  // Somebody stopped it: everything it started is stopped too.
  if (!(error instanceof Error && error.name === 'AbortError')) throw error
  process.exitCode = 130
}
