import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { exportedSeries, selectorsIn, unknownIn } from './expressions.ts'

const ROOT = new URL('../../../', import.meta.url)
const read = (path: string) => readFileSync(new URL(path, ROOT), 'utf8')

const ruleSchema = z.strictObject({
  alert: z.string().regex(/^Parallax[A-Za-z]+$/),
  expr: z.string().min(1),
  for: z.string().optional(),
  labels: z.strictObject({ severity: z.enum(['page', 'ticket']) }),
  annotations: z.strictObject({ summary: z.string().min(1), runbook: z.string() }),
})
const rulesSchema = z.strictObject({
  groups: z.array(z.strictObject({ name: z.string(), rules: z.array(ruleSchema) })),
})
const casesSchema = z.object({
  rule_files: z.tuple([z.literal('alerts.yaml')]),
  tests: z.array(
    z.object({
      name: z.string(),
      alert_rule_test: z.array(
        z.object({ alertname: z.string(), exp_alerts: z.array(z.unknown()) }),
      ),
    }),
  ),
})
const panelSchema = z.object({
  id: z.int(),
  type: z.enum(['row', 'stat', 'timeseries']),
  title: z.string().min(1),
  gridPos: z.object({ x: z.int(), y: z.int(), w: z.int().positive(), h: z.int().positive() }),
  targets: z.array(z.object({ expr: z.string(), legendFormat: z.string() })).default([]),
})
const dashboardSchema = z.object({
  uid: z.literal('parallax'),
  templating: z.object({ list: z.array(z.object({ name: z.string(), query: z.unknown() })) }),
  panels: z.array(panelSchema),
})

const { groups } = rulesSchema.parse(parse(read('packaging/prometheus/alerts.yaml')))
const alerts = groups.flatMap(({ rules }) => rules)
const dashboard = dashboardSchema.parse(JSON.parse(read('packaging/grafana/parallax.json')))
const panels = dashboard.panels.filter(({ type }) => type !== 'row')
const series = await exportedSeries()

describe('alerts (packaging/prometheus/alerts.yaml)', () => {
  test.each(alerts.map((rule) => [rule.alert, rule] as const))(
    '%s goes by series and labels that are exported',
    (_, { expr, annotations }) => {
      expect(unknownIn({ expr, texts: [annotations.summary] }, series)).toEqual([])
    },
  )

  test('each name is there once', () => {
    expect(alerts.length).toBeGreaterThan(30)
    expect(new Set(alerts.map(({ alert }) => alert)).size).toBe(alerts.length)
  })

  test('those in the group of chains say which chain, and no others do', () => {
    const saying = alerts.filter(({ annotations }) =>
      annotations.summary.includes('$labels.target'),
    )
    expect(groups.find(({ name }) => name === 'parallax-chains')?.rules).toEqual(saying)
  })

  test('each has a case in which it fires and one in which it is quiet', () => {
    const { tests } = casesSchema.parse(parse(read('packaging/prometheus/alerts.test.yaml')))
    const checks = tests.flatMap(({ alert_rule_test: each }) => each)
    const withCase = (fires: boolean) =>
      checks.filter((each) => each.exp_alerts.length > 0 === fires).map((each) => each.alertname)
    const names = alerts.map(({ alert }) => alert).toSorted()
    expect([...new Set(withCase(true))].toSorted()).toEqual(names)
    expect([...new Set(withCase(false))].toSorted()).toEqual(names)
  })

  test('jobs have the names by which the configuration of Prometheus scrapes them', () => {
    const { scrape_configs: jobs } = z
      .object({ scrape_configs: z.array(z.object({ job_name: z.string() })) })
      .parse(parse(read('packaging/prometheus/prometheus.yaml')))
    const known = jobs.map((job) => job.job_name)
    const named = alerts.flatMap(({ expr }) =>
      [...expr.matchAll(/job="([^"]+)"/g)].map(([, name]) => name),
    )
    expect(new Set(named)).toEqual(new Set(known))
  })
})

describe('runbook (docs/runbook.md)', () => {
  const entries = read('docs/runbook.md').split(/^### /m).slice(1)
  const titles = entries.map((entry) => entry.split('\n')[0] ?? '')

  test('has one entry for each alert and no other, in their order', () => {
    expect(titles).toEqual(alerts.map(({ alert }) => alert))
  })

  test.each(alerts.map((rule) => [rule.alert, rule] as const))(
    '%s links its entry, which says how urgent it is',
    (alert, { annotations, labels }) => {
      expect(annotations.runbook).toBe(`docs/runbook.md#${alert.toLowerCase()}`)
      const entry = entries.find((each) => each.startsWith(`${alert}\n`)) ?? ''
      expect(entry.split('\n')[2]).toMatch(new RegExp(`^\\*${labels.severity}\\.\\* .{20}`))
    },
  )
})

describe('dashboard (packaging/grafana/parallax.json)', () => {
  test.each(panels.map((panel) => [panel.title, panel] as const))(
    'panel "%s" shows series that are exported',
    (_, { targets }) => {
      expect(targets.length).toBeGreaterThan(0)
      const unknown = targets.flatMap(({ expr, legendFormat }) =>
        unknownIn({ expr, texts: [legendFormat] }, series),
      )
      expect(unknown).toEqual([])
    },
  )

  test('shows what each alert goes by', () => {
    const namesIn = (expr: string) => selectorsIn(expr).map(({ name }) => name)
    const shown = panels.flatMap(({ targets }) => targets.flatMap(({ expr }) => namesIn(expr)))
    const wanted = alerts.flatMap(({ expr }) => namesIn(expr))
    const apart = ['process_max_fds', 'up']
    expect(wanted.filter((name) => ![...shown, ...apart].includes(name))).toEqual([])
  })

  test('uses no variable that it does not have', () => {
    const names = dashboard.templating.list.map(({ name }) => name)
    const used = panels.flatMap(({ targets }) =>
      targets.flatMap(({ expr }) => [...expr.matchAll(/"\$(\w+)"/g)].map(([, name]) => name)),
    )
    expect(new Set(used)).toEqual(new Set(['instance', 'gateway']))
    expect(names).toEqual(expect.arrayContaining(['datasource', 'instance', 'gateway']))
  })

  test('has panels with numbers of their own that do not lie on each other', () => {
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length)
    const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, at) => `${x + (at % w)},${y + Math.floor(at / w)}`),
    )
    expect(new Set(cells).size).toBe(cells.length)
    expect(dashboard.panels.filter(({ gridPos: { x, w } }) => x + w > 24)).toEqual([])
  })
})

describe('the reader of expressions', () => {
  const found = (expr: string, text = '') => unknownIn({ expr, texts: [text] }, series)

  test.each([
    ['a metric that nobody exports', 'parallax_rounds == 0', ''],
    ['a label that the metric has not', 'parallax_rounds_total{way="fast"}', ''],
    ['a group by such a label', 'sum by (venue) (parallax_rounds_total)', ''],
    ['a text with such a label', 'parallax_round', '{{ $labels.path }}'],
    ['a text with a label that a sum took', 'sum by (path) (parallax_rounds_total)', '{{job}}'],
    ['a histogram by its bare name', 'rate(parallax_certificate_latency_seconds[5m])', ''],
    ['nothing at all', '1 > 0', ''],
  ])('finds %s', (_, expr, text) => {
    expect(found(expr, text)).not.toEqual([])
  })

  test('lets pass what is there', () => {
    expect(found('sum by (path) (parallax_rounds_total{path!="fast"})', '{{path}}')).toEqual([])
    expect(found('up == 0', '{{ $labels.instance }}: {{ $value }}')).toEqual([])
  })
})
