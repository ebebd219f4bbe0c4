import { columnsOf } from '../report/data-table.ts'
import type { Figure } from '../report/figure/figure.ts'
import { alignedTable } from '../report/table.ts'
import { estimateOf } from '../statistics/interval.ts'
import { LATENCY_STATES, type LatencyCase, type LatencyRow, latencyCases } from './latency-cases.ts'
import {
  answersBySeed,
  isBelow,
  meanText,
  type OverSeeds,
  overSeeds,
  seedCells,
  seedColumns,
  seedsOf,
  seedsText,
  whiskerOf,
} from './seeds.ts'
import type { RunStudy, Study } from './study.ts'
import type { StudyAnswer } from './tasks.ts'

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

type CurvePoint = { readonly ms: number; readonly share: number }

/** Figures over the seeds; the last two from the start of the round. */
const FIGURES = ['meanMs', 'p99Ms', 'fromStartMeanMs', 'fromStartP99Ms'] as const
type FigureName = (typeof FIGURES)[number]

/** One protocol in one committee in one state, over the seeds. */
interface Measured extends OverSeeds<FigureName> {
  readonly members: number
  readonly state: LatencyRow['state']
  readonly protocol: string
  readonly rows: readonly LatencyRow[]
  readonly curves: readonly (readonly CurvePoint[])[]
}

/** Study (a): observation to certificate, ours beside OCR2, OCR3 and Simplex. */
export const studyOfLatency: RunStudy = async (options) => {
  const cases = latencyCases()
  const taskOf = (of: LatencyCase, seed: number) => ({ type: 'latency' as const, of, seed })
  const answers = await answersBySeed('study a', { cases, taskOf }, options)
  if (answers === null) return null
  const measured = answers.flatMap(measuredOf)
  const sizes = [...new Set(measured.map(({ members }) => members))]
  const isHeld = isAhead(measured)
  return {
    name: 'a',
    title: 'How long does a price take to everyone?',
    method: [...METHOD, seedsText(seedsOf(options))],
    findings: [
      isHeld
        ? 'Ours is ahead of OCR2 and OCR3 in mean and 99th percentile in these three committees, ' +
          'with all members alive and with f silent; the command placements draws others.'
        : 'Ours is NOT ahead of OCR2 and OCR3 in mean and 99th percentile everywhere; the ' +
          'table shows where.',
      'In the round in which f members crash it waits for its proposal, and is behind; the ' +
        'others wait for quorums, and the estimate lets their leader live.',
    ],
    figures: [
      ...sizes.map((members) => barsOf({ members, name: 'meanMs' }, measured)),
      ...sizes.map((members) => barsOf({ members, name: 'p99Ms' }, measured)),
      ...sizes.map((members) => curvesOf(members, measured)),
    ],
    tables: [{ id: 'latency', title: 'All figures', table: tableOf(measured) }],
    isHeld,
    text: textOf(measured),
    data: { rows: measured.map(({ rows: _, curves: __, ...row }) => row) },
  } satisfies Study
}

function measuredOf(answers: readonly StudyAnswer[]): readonly Measured[] {
  const own = answers.flatMap((answer) => (answer.type === 'latency' ? [answer] : []))
  const rows = own.map(({ row }) => row)
  const [first] = rows
  if (first === undefined) return []
  const { members, state, protocol } = first
  const curves = own.map(({ curve }) => curve)
  return [{ members, state, protocol, ...overSeeds(FIGURES, rows), rows, curves }]
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

function barsOf(
  { members, name }: { readonly members: number; readonly name: 'meanMs' | 'p99Ms' },
  measured: readonly Measured[],
): Figure {
  const own = measured.filter((each) => each.members === members)
  const protocols = [...new Set(own.map(({ protocol }) => protocol))]
  const barOf = (protocol: string, state: string) => {
    const found = own.find((each) => each.protocol === protocol && each.state === state)
    const value = found?.mean[name] ?? null
    return found === undefined || value === null ? null : { value, ...whiskerOf(found, name) }
  }
  const what = name === 'meanMs' ? 'Mean' : '99th percentile'
  return {
    id: name === 'meanMs' ? `latency-${members}` : `latency-p99-${members}`,
    title: `Observation to certificate at a member, ${what.toLowerCase()}, ${members} members`,
    caption:
      `${what} over members, leaders and trials, with its 95 % interval over the seeds. ` +
      `${members} members, f = ${Math.floor((members - 1) / 3)}.`,
    plot: {
      type: 'bars',
      x: { label: 'state of the committee' },
      y: { label: `${what.toLowerCase()} of the latency (ms)` },
      groups: LATENCY_STATES.map((state) => STATES[state]),
      series: protocols.map((protocol) => ({
        name: NAMES[protocol] ?? protocol,
        bars: LATENCY_STATES.map((state) => barOf(protocol, state)),
      })),
      whiskers: '95 % interval',
    },
  }
}

/** Moments at which the curves of several seeds are compared. */
const MOMENTS = 240

/** The curve of each protocol over the seeds, at the same moments for all. */
function curvesOf(members: number, measured: readonly Measured[]): Figure {
  const own = measured.filter((each) => each.members === members && each.state === 'alive')
  const ends = own.flatMap(({ curves }) => curves.flatMap((curve) => curve.at(-1)?.ms ?? 0))
  const moments = Array.from({ length: MOMENTS + 1 }, (_, at) => (Math.max(...ends) * at) / MOMENTS)
  const series = own.map(({ protocol, curves }) => ({
    name: NAMES[protocol] ?? protocol,
    estimates: moments.map((ms) => {
      return { ms, estimate: estimateOf(curves.map((curve) => 100 * shareBy(curve, ms))) }
    }),
  }))
  const halves = series.flatMap((each) => each.estimates.map(({ estimate }) => estimate?.half ?? 0))
  return {
    id: `latency-curve-${members}`,
    title: `Share of members with the certificate, ${members} members, all alive`,
    caption:
      'Cumulative distribution over members, leaders and trials, mean over the seeds; its 95 % ' +
      `intervals reach at most ${Math.max(...halves).toFixed(2)} percentage points to either side.`,
    plot: {
      type: 'lines',
      x: { label: 'time since the observation (ms)' },
      y: { label: 'members with a certificate by then (%)', range: [0, 100] },
      series: series.map(({ name, estimates }) => ({
        name,
        points: estimates.map(({ ms, estimate }) => ({ x: ms, y: estimate?.mean ?? null })),
      })),
    },
  }
}

/** The share that had the certificate by a moment. */
function shareBy(curve: readonly CurvePoint[], ms: number): number {
  return curve.findLast((point) => point.ms <= ms)?.share ?? 0
}

/** What is claimed: ahead of both generations, in mean and tail, while nobody has just crashed. */
function isAhead(measured: readonly Measured[]): boolean {
  return measured
    .filter(({ protocol, state }) => protocol.startsWith('ocr') && state !== 'crashed')
    .every((other) => {
      const own = measured.find(
        ({ protocol, members, state }) =>
          protocol === 'ours' && members === other.members && state === other.state,
      )
      return (['meanMs', 'p99Ms'] as const).every((name) =>
        isBelow(
          own?.rows.map((row) => row[name]) ?? [],
          other.rows.map((row) => row[name]),
        ),
      )
    })
}

function tableOf(measured: readonly Measured[]) {
  return {
    columns: [
      ...columnsOf('integer', ['members']),
      ...columnsOf('text', ['state', 'protocol']),
      ...seedColumns(FIGURES),
    ],
    rows: measured.map((each) => [
      each.members,
      each.state,
      each.protocol,
      ...seedCells(FIGURES, each),
    ]),
  }
}

function textOf(measured: readonly Measured[]): string {
  const show = (value: number) => value.toFixed(1)
  return alignedTable([
    ['n', 'members', 'protocol', 'mean ms', 'p99 ms', 'from start', 'p99'],
    ...measured.map(({ members, state, protocol, mean, half }) => [
      String(members),
      state,
      protocol,
      ...FIGURES.map((name) => meanText(mean[name], half[name], show)),
    ]),
  ])
}
