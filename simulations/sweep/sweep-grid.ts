import type { Metric } from './metric.ts'
import { type Finished, inOrder, type Results } from './results.ts'
import type { AxisValue } from './sweep-points.ts'

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
