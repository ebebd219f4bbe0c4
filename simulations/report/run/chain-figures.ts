import type { ChainBucket } from '../../statistics/chain-figures.ts'
import type { Figure, Span } from '../figure/figure.ts'
import { fixed } from '../text.ts'
import { binText, roundAxis, type ShownRun } from './shown-run.ts'
import { halfway, middleOf, shadedBy } from './time-figures.ts'

/** What became of the first feed on chain; none without a chain. */
export function chainFigures(run: ShownRun, shaded: readonly Span[]): readonly Figure[] {
  const { chain } = run.result
  if (chain === undefined || chain.timeline.length === 0) return []
  return [
    valueFigure(run, chain.timeline, shaded),
    ageFigure(run, chain.timeline, shaded),
    feeFigure(run, chain.timeline, shaded),
  ]
}

type Timeline = readonly ChainBucket[]

function valueFigure(run: ShownRun, timeline: Timeline, shaded: readonly Span[]): Figure {
  const { timeline: certified } = run.result
  return {
    id: 'chain-value',
    title: 'Value on chain',
    caption:
      'The first feed as certified and as the contract holds it. Where they part, nothing was ' +
      `due, or it was not delivered.${binText(timeline)}`,
    plot: {
      type: 'lines',
      x: roundAxis(run),
      y: { label: 'value of the first feed (USD)', isFree: true },
      series: [
        {
          name: 'certified',
          points: certified.map((b) => ({ x: middleOf(b), y: halfway(b.valueLow, b.valueHigh) })),
        },
        {
          name: 'on chain',
          shape: 'steps',
          points: timeline.map((b) => ({ x: middleOf(b), y: halfway(b.valueLow, b.valueHigh) })),
        },
      ],
      ...shadedBy(shaded),
    },
  }
}

function ageFigure(run: ShownRun, timeline: Timeline, shaded: readonly Span[]): Figure {
  const heartbeatS = (run.scenario.chain?.heartbeatMs ?? 0) / 1_000
  const { dueToChainMs: due, age } = run.result.chain ?? {}
  const seconds = (ms: number | null | undefined) => fixed((ms ?? 0) / 1_000, 1)
  return {
    id: 'chain-age',
    title: 'Age of the value on chain',
    caption:
      `At most ${seconds(age?.maxMs)} s. From due to on chain: median ${seconds(due?.p50Ms)} s, ` +
      `99th percentile ${seconds(due?.p99Ms)} s.${binText(timeline)}`,
    plot: {
      type: 'lines',
      x: roundAxis(run),
      y: { label: 'age of the first feed (s)' },
      series: [
        {
          name: 'age, as each round opens',
          points: timeline.map((b) => {
            return { x: middleOf(b), y: b.ageMsMax === null ? null : b.ageMsMax / 1_000 }
          }),
        },
      ],
      marks: [{ name: 'heartbeat', y: heartbeatS }],
      ...shadedBy(shaded),
    },
  }
}

function feeFigure(run: ShownRun, timeline: Timeline, shaded: readonly Span[]): Figure {
  const cap = run.scenario.chain?.feePerGasGweiMax ?? 0
  return {
    id: 'chain-fee',
    title: 'Base fee',
    caption: `Of the newest block as each round opens; members pay at most ${cap} gwei.`,
    plot: {
      type: 'lines',
      x: roundAxis(run),
      y: { label: 'base fee (gwei)' },
      series: [
        {
          name: 'base fee',
          shape: 'steps',
          points: timeline.map((b) => ({ x: middleOf(b), y: b.baseFeeGweiMax })),
        },
      ],
      ...shadedBy(shaded),
    },
  }
}
