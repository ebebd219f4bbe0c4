import { columnsOf } from '../report/data-table.ts'
import type { Figure } from '../report/figure/figure.ts'
import { alignedTable } from '../report/table.ts'
import { fixed } from '../report/text.ts'
import { checkScenario } from '../scenario/load.ts'
import type { Scenario } from '../scenario/schema.ts'
import { depegPart, depegScenarios } from './depeg.ts'
import {
  type CourseRow,
  courseCells,
  courseColumns,
  courseRow,
  courseTexts,
  distanceCell,
  incidentSpan,
  ROUND_MS,
  shareText,
} from './price-course.ts'
import { answersBySeed, seedsOf, seedsText } from './seeds.ts'
import type { RunStudy, Study } from './study.ts'

const ROUNDS = 240
const ROUNDS_SHORT = 60

/** What a member does with venues that disagree. */
const POLICIES = [
  { name: 'quarantine beyond 2 %', prices: { outlierRule: 'quarantine', outlierBps: 200 } },
  { name: 'quarantine beyond 0.5 %', prices: { outlierRule: 'quarantine', outlierBps: 50 } },
  { name: 'clamp to 2 %', prices: { outlierRule: 'clamp', outlierBps: 200 } },
  { name: 'no band', prices: { outlierRule: 'clamp', outlierBps: 9_999 } },
  { name: 'quarantine beyond 2 %, weights up to 40 %', prices: { weightBpsMax: 4_000 } },
] as const

const VENUES = [
  { name: 'harbour', lagMs: 80, noisePpm: 30, volume: 30_000 },
  { name: 'meadow', lagMs: 150, noisePpm: 60, volume: 20_000 },
  { name: 'summit', lagMs: 120, noisePpm: 50, volume: 15_000 },
  { name: 'delta', lagMs: 300, noisePpm: 80, volume: 10_000 },
  { name: 'island', lagMs: 400, noisePpm: 120, volume: 5_000 },
] as const

/** What happens at the first venues of the list, in the middle half of the run. */
const INCIDENTS = [
  { name: 'none', venues: 0, incident: { type: 'dead' } },
  { name: 'one 20 % too high', venues: 1, incident: { type: 'scaled', ppm: 1_200_000 } },
  { name: 'one 1.5 % too high', venues: 1, incident: { type: 'scaled', ppm: 1_015_000 } },
  { name: 'two 1.5 % too high', venues: 2, incident: { type: 'scaled', ppm: 1_015_000 } },
  { name: 'two 5 % too high', venues: 2, incident: { type: 'scaled', ppm: 1_050_000 } },
  { name: 'two stuck', venues: 2, incident: { type: 'stuck' } },
  { name: 'two lag by 5 s', venues: 2, incident: { type: 'lagging', lagMs: 5_000 } },
  { name: 'two dead', venues: 2, incident: { type: 'dead' } },
  { name: 'three 5 % too high', venues: 3, incident: { type: 'scaled', ppm: 1_050_000 } },
] as const
/** The incident whose course is drawn. */
const DRAWN = 'two 1.5 % too high'

interface Row extends CourseRow {
  readonly policy: string
  readonly incident: string
}

/** Study (c): what incidents of venues and coins do to a certified price, by what members do. */
export const studyOfVenues: RunStudy = async (options) => {
  const rounds = options.isShort ? ROUNDS_SHORT : ROUNDS
  const cases = POLICIES.flatMap((policy) => INCIDENTS.map((incident) => ({ policy, incident })))
  const scenarios = cases.map((each) => scenarioOf(each, rounds))
  const coins = depegScenarios(rounds)
  const taskOf = (scenario: Scenario, seed: number) => {
    return { type: 'whole' as const, job: { scenario, seed } }
  }
  const all = { cases: [...scenarios, ...coins], taskOf }
  const answers = await answersBySeed('study c', all, options)
  if (answers === null) return null
  const depeg = depegPart(answers.slice(scenarios.length), coins)
  const rows = answers.slice(0, scenarios.length).flatMap((answer, at): Row[] => {
    const [each, scenario] = [cases[at], scenarios[at]]
    if (each === undefined || scenario === undefined) return []
    const names = { policy: each.policy.name, incident: each.incident.name }
    return [{ ...names, ...courseRow(answer, scenario) }]
  })
  return {
    name: 'c',
    title: 'What does a venue incident do?',
    method: [...METHOD, ...depeg.method, seedsText(seedsOf(options))],
    findings: [...findingsOf(rows), ...depeg.findings],
    figures: [
      distanceFigure(rows),
      availableFigure(rows),
      courseFigure(rows, rounds),
      ...depeg.figures,
    ],
    tables: [{ id: 'incidents', title: 'All runs', table: tableOf(rows) }, ...depeg.tables],
    isHeld: true,
    text: `${textOf(rows)}\n\n${depeg.text}`,
    data: { rows: rows.map(({ course: _, ...row }) => row), ...depeg.data },
  } satisfies Study
}

const METHOD = [
  'Four members poll five venues each half second and make their values with the ' +
    'production source arithmetic; the venues have 37, 25, 19, 13 and 6 % of the volume. ' +
    'The true price has stochastic volatility (60 % a year) with jumps; venues show it ' +
    'with lag, spread and noise.',
  'An incident happens at the largest venues in the middle half of the run. A distance ' +
    'is that of a certified value from the true price at the moment at which its round ' +
    'opened: honest lag is part of it, which the first row shows. Three venues must ' +
    'agree (sourcesMin), or there is no value.',
]

function scenarioOf(
  of: { readonly policy: (typeof POLICIES)[number]; readonly incident: (typeof INCIDENTS)[number] },
  rounds: number,
): Scenario {
  const { policy, incident } = of
  const span = incidentSpan(rounds)
  return checkScenario({
    name: 'venue-policy',
    rounds,
    committee: { members: 4 },
    prices: {
      model: { type: 'bates', jumpsPerYear: 100_000, jumpDeviation: 0.002 },
      ...policy.prices,
      venues: VENUES.map((venue, at) => ({
        ...venue,
        incidents: at < incident.venues ? [{ ...span, ...incident.incident }] : [],
      })),
    },
  })
}

function rowOf(rows: readonly Row[], policy: string, incident: string): Row | undefined {
  return rows.find((row) => row.policy === policy && row.incident === incident)
}

function heat(
  rows: readonly Row[],
  cellOf: (row: Row) => { readonly value: number; readonly text: string },
) {
  return {
    type: 'heat' as const,
    x: { label: 'what members do with venues', names: POLICIES.map(({ name }) => name) },
    y: { label: 'incident', names: INCIDENTS.map(({ name }) => name) },
    cells: INCIDENTS.map((incident) =>
      POLICIES.map((policy) => {
        const row = rowOf(rows, policy.name, incident.name)
        return row === undefined ? null : cellOf(row)
      }),
    ),
    isDiverging: false,
  }
}

function distanceFigure(rows: readonly Row[]): Figure {
  return {
    id: 'distance',
    title: 'Distance of certified prices from the truth during an incident',
    caption:
      'Mean over the rounds of the incident and the seeds, with half of its 95 % interval where ' +
      'that shows, and the largest of all runs in brackets; a dash where no round had a value.',
    plot: {
      ...heat(rows, distanceCell),
      value: 'mean (largest) distance in basis points; colours by its logarithm',
    },
  }
}

function availableFigure(rows: readonly Row[]): Figure {
  return {
    id: 'availability',
    title: 'Rounds with a value during an incident',
    caption:
      'The others are certified without a value, which no contract takes for a price. Mean over ' +
      'the seeds, with half of its 95 % interval where that shows.',
    plot: {
      ...heat(rows, ({ mean, half }) => ({
        value: 1 - (mean.availableShare ?? 0),
        text: shareText(mean.availableShare, half.availableShare),
      })),
      value: 'share of the rounds (%); red is less',
    },
  }
}

function courseFigure(rows: readonly Row[], rounds: number): Figure {
  const { fromMs, toMs } = incidentSpan(rounds)
  const own = rows.filter(({ incident }) => incident === DRAWN)
  return {
    id: 'course',
    title: `The course of an incident: ${DRAWN}`,
    caption:
      'Certified price less the true one, by policy, in the run with seed 1; the marks are its ' +
      'begin and end.',
    plot: {
      type: 'lines',
      x: { label: 'time (s)', range: [0, (rounds * ROUND_MS) / 1_000] },
      y: { label: 'distance from the truth (basis points)', isFree: true },
      series: own.map(({ policy, course }) => ({
        name: policy,
        points: course.flatMap(({ s, bps }) => (bps === null ? [] : [{ x: s, y: bps }])),
      })),
      marks: [
        { name: 'begins', x: fromMs / 1_000 },
        { name: 'ends', x: toMs / 1_000 },
      ],
    },
  }
}

function findingsOf(rows: readonly Row[]): readonly string[] {
  const most = (policy: string, wanted: (row: Row) => boolean) =>
    Math.max(
      ...rows.filter((row) => row.policy === policy && wanted(row)).map((r) => r.maxBps ?? 0),
    )
  const single = (row: Row) => row.incident.startsWith('one')
  const two = (row: Row) => row.incident === 'two 1.5 % too high'
  const minority = (row: Row) => !row.incident.startsWith('three')
  const [first, , , , wide] = POLICIES
  return [
    `With ${first.name} (what nodes have by default), one venue that is off by anything moves no ` +
      `certified price by more than ${fixed(most(first.name, single), 0)} basis points.`,
    'Two of five that are 1.5 % too high, inside the band, move it by at most ' +
      `${fixed(most(first.name, two), 0)} basis points, because no two hold half of the weight; ` +
      `where one may have 40 %, by ${fixed(most(wide.name, two), 0)}.`,
    'With such weights the band matters little while three of five are right: at most ' +
      `${fixed(most(first.name, minority), 0)} basis points with quarantine, ` +
      `${fixed(most('clamp to 2 %', minority), 0)} with clamping, ` +
      `${fixed(most('no band', minority), 0)} without a band.`,
    'A majority of false venues is the market: with three of five 5 % too high it goes there.',
  ]
}

function tableOf(rows: readonly Row[]) {
  return {
    columns: [...columnsOf('text', ['policy', 'incident']), ...courseColumns()],
    rows: rows.map((row) => [row.policy, row.incident, ...courseCells(row)]),
  }
}

function textOf(rows: readonly Row[]): string {
  return alignedTable([
    ['policy', 'incident', 'mean bps', 'max bps', 'with a value'],
    ...rows.map((row) => [row.policy, row.incident, ...courseTexts(row)]),
  ])
}
