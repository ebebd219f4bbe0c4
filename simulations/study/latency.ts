import { columnsOf } from '../report/data-table.ts'
import type { Figure } from '../report/figure/figure.ts'
import { alignedTable } from '../report/table.ts'
import { fixed } from '../report/text.ts'
import { LATENCY_STATES, type LatencyRow, latencyCases } from './latency-cases.ts'
import { answersOf, type RunStudy, type Study } from './study.ts'

const NAMES: Readonly<Record<string, string>> = {
  ours: 'ours',
  ocr2: 'OCR2 (from its observations)',
  ocr3: 'OCR3 (from its observations)',
  simplex: 'Simplex',
}
const STATES: Readonly<Record<LatencyRow['state'], string>> = {
  alive: 'all alive',
  silent: 'f silent',
  crashed: 'round in which f crash',
}

type Measured = { readonly row: LatencyRow; readonly curve: readonly CurvePoint[] }
type CurvePoint = { readonly ms: number; readonly share: number }

/** Study (a): observation to certificate, ours beside OCR2, OCR3 and Simplex. */
export const studyOfLatency: RunStudy = async (options) => {
  const cases = latencyCases()
  const tasks = cases.map((of) => ({ type: 'latency' as const, of }))
  const answers = await answersOf('study a', tasks, options)
  if (answers === null) return null
  const measured = answers.flatMap((answer) => (answer.type === 'latency' ? [answer] : []))
  const rows = measured.map(({ row }) => row)
  const sizes = [...new Set(rows.map(({ members }) => members))]
  const isHeld = isAhead(rows)
  return {
    name: 'a',
    title: 'How long does a price take to everyone?',
    method: METHOD,
    findings: [
      isHeld
        ? 'Ours is ahead of OCR2 and OCR3 in mean and 99th percentile in these three committees, ' +
          'with all members alive and with f silent; `placements` draws others.'
        : 'Ours is NOT ahead of OCR2 and OCR3 in mean and 99th percentile everywhere; the ' +
          'table shows where.',
      'In the round in which f members crash it waits for its proposal, and is behind; the ' +
        'others wait for quorums, and the estimate lets their leader live.',
    ],
    figures: [
      ...sizes.map((members) => barsOf(members, rows)),
      ...sizes.map((members) => curvesOf(members, measured)),
    ],
    tables: [{ id: 'latency', title: 'All figures', table: tableOf(rows) }],
    isHeld,
    text: textOf(rows),
    data: { rows },
  } satisfies Study
}

const METHOD = [
  'Each protocol is a file of steps: who sends to whom, and how many messages a member ' +
    'waits for (simulations/reference). One-way delays are drawn from Normal(p50/2, (p90 ' +
    '− p50)/2) of measured round trips between cloud regions, from 0; nothing is lost, ' +
    'bandwidth is unlimited. Every member leads in turn.',
  'Time counts from the observation to the certificate at a living member, over all of them. The ' +
    'members of OCR2 and OCR3 observe when their leader asks, so their time counts from the ' +
    'mean moment of the observations, in their favour, and without the grace period of OCR2. ' +
    'Simplex has no observations: its time counts from the proposal. Silent members are known to ' +
    'be absent; crashed ones are still waited for.',
  'Committees: 4 (two in Virginia, Ireland, Frankfurt), 16 in eight regions, 31 in ten regions.',
]

function barsOf(members: number, rows: readonly LatencyRow[]): Figure {
  const own = rows.filter((row) => row.members === members)
  const protocols = [...new Set(own.map(({ protocol }) => protocol))]
  const barOf = (protocol: string, state: string) => {
    const row = own.find((each) => each.protocol === protocol && each.state === state)
    if (row?.meanMs == null || row.p99Ms === null) return null
    return { value: row.meanMs, whisker: row.p99Ms }
  }
  return {
    id: `latency-${members}`,
    title: `Observation to certificate at a member, ${members} members`,
    caption:
      'Mean over members, leaders and trials; thin lines end at the 99th percentile. ' +
      `${members} members, f = ${Math.floor((members - 1) / 3)}.`,
    plot: {
      type: 'bars',
      x: { label: 'state of the committee' },
      y: { label: 'latency (ms)' },
      groups: LATENCY_STATES.map((state) => STATES[state]),
      series: protocols.map((protocol) => ({
        name: NAMES[protocol] ?? protocol,
        bars: LATENCY_STATES.map((state) => barOf(protocol, state)),
      })),
      whiskers: '99th percentile',
    },
  }
}

function curvesOf(members: number, measured: readonly Measured[]): Figure {
  const own = measured.filter(({ row }) => row.members === members && row.state === 'alive')
  return {
    id: `latency-curve-${members}`,
    title: `Share of members with the certificate, ${members} members, all alive`,
    caption: 'Cumulative distribution over members, leaders and trials; all members alive.',
    plot: {
      type: 'lines',
      x: { label: 'time since the observation (ms)' },
      y: { label: 'members with a certificate by then (%)', range: [0, 100] },
      series: own.map(({ row, curve }) => ({
        name: NAMES[row.protocol] ?? row.protocol,
        points: curve.map(({ ms, share }) => ({ x: ms, y: 100 * share })),
      })),
    },
  }
}

/** What is claimed: ahead of both generations, in mean and tail, while nobody has just crashed. */
function isAhead(rows: readonly LatencyRow[]): boolean {
  const keyOf = ({ members, state }: LatencyRow) => `${members} ${state}`
  const ours = new Map(
    rows.filter(({ protocol }) => protocol === 'ours').map((row) => [keyOf(row), row] as const),
  )
  return rows
    .filter(({ protocol, state }) => protocol.startsWith('ocr') && state !== 'crashed')
    .every((row) => {
      const own = ours.get(keyOf(row))
      return (own?.meanMs ?? 0) < (row.meanMs ?? 0) && (own?.p99Ms ?? 0) < (row.p99Ms ?? 0)
    })
}

function tableOf(rows: readonly LatencyRow[]) {
  return {
    columns: [
      ...columnsOf('integer', ['members']),
      ...columnsOf('text', ['state', 'protocol']),
      ...columnsOf('number', ['meanMs', 'p99Ms', 'fromStartMeanMs', 'fromStartP99Ms']),
    ],
    rows: rows.map((row) => [
      row.members,
      row.state,
      row.protocol,
      row.meanMs,
      row.p99Ms,
      row.fromStartMeanMs,
      row.fromStartP99Ms,
    ]),
  }
}

function textOf(rows: readonly LatencyRow[]): string {
  return alignedTable([
    ['n', 'members', 'protocol', 'mean ms', 'p99 ms', 'from start', 'p99'],
    ...rows.map((row) => [
      String(row.members),
      row.state,
      row.protocol,
      ...[row.meanMs, row.p99Ms, row.fromStartMeanMs, row.fromStartP99Ms].map((ms) => fixed(ms, 1)),
    ]),
  ])
}
