import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { runScript, scriptCommand, stopSignal } from '../../scripts/command-line.ts'
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

const fuzzCommand = scriptCommand({
  options: {
    inputs: { type: 'number', default: 10_000_000, min: 0, max: Number.MAX_SAFE_INTEGER },
    seed: { type: 'number', default: 1, min: 0, max: Number.MAX_SAFE_INTEGER },
    json: { type: 'flag' },
  },
  run: async ({ inputs, seed, json }) => {
    const signal = stopSignal()
    exposeCollector()
    const result = await fuzz({
      subjects: [...messageSubjects(), ...keygenSubjects()],
      seed,
      inputs,
      signal,
      isGuiding: (url) => url.includes('/aggregator/') || url.endsWith('/node/inbound.ts'),
      onProgress: (state) => process.stderr.write(`${progressLine(state)}\n`),
    })
    const failed = shortcomingsOf(result)
    process.stdout.write(`${JSON.stringify({ ...result, failed }, null, json ? 0 : 2)}\n`)
    if (signal.aborted) return 130
    return failed.length === 0 ? 0 : 1
  },
})

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

await runScript({ call: 'npm run fuzz', usage: USAGE, commands: { '': fuzzCommand } })
