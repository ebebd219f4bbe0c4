import type { Outcome } from './job.ts'
import { type Finished, inOrder, type Results } from './results.ts'
import type { AxisValue } from './sweep-file.ts'

/** What is shown of the runs of a sweep. */
export interface Metric {
  readonly id: string
  /** Ends with its unit. */
  readonly name: string
  readonly digits: number
  /** Most that it can be; it is never below 0. */
  readonly max?: number
  /** An axis need not begin at 0. */
  readonly isFree?: boolean
  readonly read: (outcome: Outcome) => number | null
}

const PERCENT = { digits: 1, max: 100 } as const

export const METRICS: readonly Metric[] = [
  {
    id: 'first-mean',
    name: 'mean time to the first certificate (ms)',
    digits: 1,
    read: ({ latencyMs }) => latencyMs.first.meanMs,
  },
  {
    id: 'all-p99',
    name: '99th percentile of the time to every member (ms)',
    digits: 1,
    read: ({ latencyMs }) => latencyMs.all.p99Ms,
  },
  { id: 'fast', name: 'fast rounds (%)', ...PERCENT, isFree: true, read: share('fast') },
  { id: 'proposed', name: 'proposed rounds (%)', ...PERCENT, read: share('proposed') },
  { id: 'lost', name: 'lost rounds (%)', ...PERCENT, read: share('lost') },
  {
    id: 'error',
    name: 'mean distance from the true price (bps)',
    digits: 2,
    read: ({ errorBps }) => errorBps.meanBps,
  },
  {
    id: 'violations',
    name: 'violations (per run)',
    digits: 1,
    read: ({ violationCount }) => violationCount,
  },
]

function share(end: 'fast' | 'proposed' | 'lost'): Metric['read'] {
  return ({ rounds }) => (rounds.opened === 0 ? null : (100 * rounds[end]) / rounds.opened)
}

export interface Axis {
  readonly name: string
  /** Where its value stands in a run's. */
  readonly at: number
  /** In the order of the sweep. */
  readonly values: readonly AxisValue[]
}

/** A sweep seen over its two main axes, once for each combination of the others. */
export interface Grid {
  /** The first two axes that vary; null where there are fewer. */
  readonly main: readonly [Axis | null, Axis | null]
  readonly panels: readonly Panel[]
}

export interface Panel {
  /** Values of the other axes, for a title: `variant none`; empty without others. */
  readonly name: string
  readonly runs: readonly Finished[]
}

export function gridOf({ head, finished }: Results): Grid {
  const runs = inOrder(finished)
  const axes = head.axes.map((name, at): Axis => {
    return { name, at, values: [...new Set(runs.map(({ values }) => values[at] as AxisValue))] }
  })
  const [first = null, second = null, ...others] = axes.filter(({ values }) => values.length > 1)
  const panels = Map.groupBy(runs, ({ values }) =>
    others.map(({ name, at }) => `${name} ${values[at]}`).join(', '),
  )
  return { main: [first, second], panels: [...panels].map(([name, own]) => ({ name, runs: own })) }
}

/** What a metric came to in the runs with some values of the main axes. */
export function valuesAt(
  { runs }: Panel,
  metric: Metric,
  wanted: readonly (readonly [axis: Axis, value: AxisValue])[],
): readonly number[] {
  return runs
    .filter(({ values }) => wanted.every(([{ at }, value]) => values[at] === value))
    .flatMap(({ outcome }) => metric.read(outcome) ?? [])
}
