import { parseArgs } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { type FuzzResult, fuzz } from './fuzzer.ts'
import { keygenSubjects } from './keygen-subject.ts'
import { messageSubjects } from './message-subject.ts'

const USAGE = `npm run fuzz [-- --inputs 10000000 --seed 1 --json]

Mutates messages of every type and hands them to the decoders and to the judge of a node.
Ends with 1 when one threw, accepted what is not canonical, or kept memory.`

/** Bars of the figures in docs/benchmarks.md. */
const HEAP_GROWTH_MB_MAX = 64
const PAST_HEAD_SHARE_MIN = 0.3
const JUDGE_US_P99_MAX = 1_000

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      inputs: { type: 'string', default: '10000000' },
      seed: { type: 'string', default: '1' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  const [inputs, seed] = [Number(values.inputs), Number(values.seed)]
  const isUsable = [inputs, seed].every((value) => Number.isSafeInteger(value) && value >= 0)
  if (values.help || !isUsable) {
    process.stderr.write(`${USAGE}\n`)
    return values.help ? 0 : 2
  }
  const controller = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => controller.abort())
  exposeCollector()
  const result = await fuzz({
    subjects: [...messageSubjects(), ...keygenSubjects()],
    seed,
    inputs,
    signal: controller.signal,
    isGuiding: (url) => url.includes('/aggregator/') || url.endsWith('/node/inbound.ts'),
    onProgress: (state) => process.stderr.write(`${progressLine(state)}\n`),
  })
  const failed = shortcomingsOf(result)
  process.stdout.write(`${JSON.stringify({ ...result, failed }, null, values.json ? 0 : 2)}\n`)
  if (controller.signal.aborted) return 130
  return failed.length === 0 ? 0 : 1
}

/** The collector, so that the heap is measured without its garbage. */
function exposeCollector(): void {
  setFlagsFromString('--expose-gc')
  globalThis.gc = runInNewContext('gc')
}

function progressLine(result: FuzzResult): string {
  const { inputs, durationMs, covered, corpus, heapGrowthMb, findings, pastHead } = result
  const perSecond = Math.round((1_000 * inputs) / durationMs)
  const share = ((100 * pastHead) / inputs).toFixed(1)
  return [
    `${inputs} inputs, ${perSecond}/s, ${share} % past the head, ${covered} characters of code`,
    `corpus ${corpus}, heap +${heapGrowthMb} MB, ${findings.length} findings`,
  ].join(', ')
}

function shortcomingsOf(result: FuzzResult): readonly string[] {
  const { findings, heapGrowthMb, pastHead, inputs, judgeUs } = result
  return [
    ...(findings.length > 0 ? [`${findings.length} findings`] : []),
    ...(heapGrowthMb > HEAP_GROWTH_MB_MAX ? [`heap grew by ${heapGrowthMb} MB`] : []),
    ...(pastHead < PAST_HEAD_SHARE_MIN * inputs ? ['too few inputs passed the head'] : []),
    ...(judgeUs.p99 > JUDGE_US_P99_MAX ? [`the judge took ${judgeUs.p99} us at p99`] : []),
  ]
}

process.exitCode = await main()
