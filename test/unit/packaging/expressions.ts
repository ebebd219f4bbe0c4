import { createMetrics } from '../../../node/api/metrics.ts'
import { createGatewayMetrics } from '../../../node/gateway/metrics.ts'

/** What Prometheus itself adds to each series. */
const OF_SCRAPES = ['instance', 'job']
/** Series that Prometheus makes, with their labels. */
const OF_PROMETHEUS: Readonly<Record<string, readonly string[]>> = {
  up: [],
  ALERTS: ['alertname', 'alertstate'],
}

/** Every series that a node or a gateway exports, with its labels. */
export async function exportedSeries(): Promise<ReadonlyMap<string, readonly string[]>> {
  const series = new Map(Object.entries(OF_PROMETHEUS))
  for (const { registry } of [createMetrics(), createGatewayMetrics()]) {
    for (const { name, type } of await registry.getMetricsAsJSON()) {
      const labels = labelsOf(registry.getSingleMetric(name))
      // prom-client names types by numbers here and by words there; a histogram has buckets.
      if (String(type) !== 'histogram') series.set(name, labels)
      else series.set(`${name}_bucket`, [...labels, 'le'])
    }
  }
  return series
}

function labelsOf(metric: unknown): readonly string[] {
  const { labelNames = [] } = metric as { readonly labelNames?: readonly string[] }
  return labelNames
}

interface Selector {
  readonly name: string
  readonly labels: readonly string[]
}

/** The series that an expression of PromQL names, with the labels by which it chooses. */
export function selectorsIn(expr: string): readonly Selector[] {
  const names = /\b(up|ALERTS|(?:parallax|process|nodejs)_\w+)\b(?:\{([^}]*)\})?/g
  return [...expr.matchAll(names)].map(([, name = '', chosen = '']) => ({
    name,
    labels: [...chosen.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, label = '']) => label),
  }))
}

/**
 * What an expression, and texts that are filled from its result, name and nobody exports; empty
 * when all is right.
 */
export function unknownIn(
  { expr, texts }: { readonly expr: string; readonly texts: readonly string[] },
  series: ReadonlyMap<string, readonly string[]>,
): readonly string[] {
  const selectors = selectorsIn(expr)
  if (selectors.length === 0) return [`${expr}: names no series`]
  const known = selectors.flatMap(({ name }) => series.get(name) ?? [])
  const groups = [...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list = '']) =>
    list.split(',').map((label) => label.trim()),
  )
  const filled = texts.flatMap((text) =>
    [...text.matchAll(/\{\{\s*(?:\$labels\.)?([a-z]\w*)\s*\}\}/g)].map(([, label = '']) => label),
  )
  const isKnown = (label: string, labels: readonly string[]) =>
    labels.includes(label) || OF_SCRAPES.includes(label)
  // An aggregation keeps nothing but what it names.
  const kept = groups.length > 0 ? groups : known
  return [
    ...selectors.filter(({ name }) => !series.has(name)).map(({ name }) => name),
    ...selectors.flatMap(({ name, labels }) =>
      labels
        .filter((label) => !isKnown(label, series.get(name) ?? []))
        .map((label) => `${name}{${label}}`),
    ),
    ...groups.filter((label) => !isKnown(label, known)).map((label) => `by (${label})`),
    ...filled
      .filter((label) => !(groups.length > 0 ? kept.includes(label) : isKnown(label, kept)))
      .map((label) => `{{ ${label} }}`),
  ]
}
