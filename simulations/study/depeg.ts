import { columnsOf } from '../report/data-table.ts'
import type { Figure } from '../report/figure/figure.ts'
import { alignedTable } from '../report/table.ts'
import { fixed } from '../report/text.ts'
import { checkScenario } from '../scenario/load.ts'
import type { Scenario } from '../scenario/schema.ts'
import {
  type CourseRow,
  courseCells,
  courseColumns,
  courseRow,
  courseTexts,
  distanceCell,
  incidentSpan,
  shareText,
} from './price-course.ts'
import type { Study } from './study.ts'
import type { StudyAnswer } from './tasks.ts'

/** What members make of a coin that venues quote in. */
const POLICIES = [
  { name: 'taken for a dollar', conversion: { use: 'par' } },
  { name: 'converted', conversion: {} },
  // Converted too, but not further from par than that.
  { name: 'within 5 % of par', conversion: { peg: { bpsMax: 500 } } },
] as const

/** Of five venues, the first so many quote in the coin. */
const QUOTING = [2, 3] as const

const VENUES = ['harbour', 'meadow', 'summit', 'delta', 'island'].map((name, at) => ({
  name,
  lagMs: 100 + 50 * at,
}))
const COIN_VENUES = ['quay', 'lagoon', 'reef'].map((name, at) => ({ name, lagMs: 150 + 50 * at }))

interface Incident {
  readonly name: string
  /** How far the coin itself falls. */
  readonly depthBps: number
  /** What the first two of the three venues of the coin show, of its true rate. */
  readonly falsePpm: number
}

const INCIDENTS: readonly Incident[] = [
  { name: 'none', depthBps: 0, falsePpm: 1_000_000 },
  { name: 'coin falls by 1 %', depthBps: 100, falsePpm: 1_000_000 },
  { name: 'coin falls by 4 %', depthBps: 400, falsePpm: 1_000_000 },
  { name: 'coin falls by 12 %', depthBps: 1_200, falsePpm: 1_000_000 },
  { name: 'its market false by 4 %', depthBps: 0, falsePpm: 960_000 },
  { name: 'its market false by 12 %', depthBps: 0, falsePpm: 880_000 },
]

const CASES = QUOTING.flatMap((quoting) =>
  INCIDENTS.flatMap((incident) => POLICIES.map((policy) => ({ quoting, incident, policy }))),
)
type Case = (typeof CASES)[number]

interface Row extends CourseRow {
  readonly quoting: number
  readonly incident: string
  readonly policy: string
}

/** The runs about a coin, in the order that `depegPart` expects their answers in. */
export function depegScenarios(rounds: number): readonly Scenario[] {
  return CASES.map((each) => scenarioOf(each, rounds))
}

/** What the runs about a coin add to a study. @param answers by scenario, then by seed */
export function depegPart(
  answers: readonly (readonly StudyAnswer[])[],
  scenarios: readonly Scenario[],
): Pick<Study, 'method' | 'findings' | 'figures' | 'tables' | 'text' | 'data'> {
  const rows = answers.flatMap((answer, at): Row[] => {
    const [each, scenario] = [CASES[at], scenarios[at]]
    if (each === undefined || scenario === undefined) return []
    const { quoting, incident, policy } = each
    const names = { quoting, incident: incident.name, policy: policy.name }
    return [{ ...names, ...courseRow(answer, scenario) }]
  })
  return {
    method: METHOD,
    findings: findingsOf(rows),
    figures: [distanceFigure(rows), absenceFigure(rows)],
    tables: [{ id: 'coins', title: 'All runs with a coin', table: tableOf(rows) }],
    text: textOf(rows),
    data: { coins: rows.map(({ course: _, ...row }) => row) },
  }
}

const METHOD = [
  'With a coin, two or three of five venues of equal volume quote in USDT, and three others show ' +
    'what it is worth in dollars. It falls within a tenth of the incident and comes back after ' +
    'it; or it keeps its worth, and two of the three venues that show it say less. Members take ' +
    'it for a dollar, or convert by the median of its venues, without and with a guard.',
]

function scenarioOf({ quoting, incident, policy }: Case, rounds: number): Scenario {
  const span = incidentSpan(rounds)
  const { depthBps, falsePpm } = incident
  const tenthMs = Math.round((span.toMs - span.fromMs) / 10)
  const depeg = { ...span, depthBps, rampMs: tenthMs, recoveryMs: tenthMs }
  const wrong = { ...span, type: 'scaled', ppm: falsePpm }
  return checkScenario({
    name: 'coin-policy',
    rounds,
    committee: { members: 4 },
    prices: {
      venues: VENUES.map((venue, at) => ({ ...venue, quote: at < quoting ? 'USDT' : 'USD' })),
      conversions: [
        {
          market: 'USDT/USD',
          noisePpm: 100,
          ...(depthBps === 0 ? {} : { depeg }),
          ...policy.conversion,
          venues: COIN_VENUES.map((venue, at) => ({
            ...venue,
            incidents: at < 2 && falsePpm !== 1_000_000 ? [wrong] : [],
          })),
        },
      ],
    },
  })
}

/** One column for each policy where so many quote in the coin. */
const COLUMNS = QUOTING.flatMap((quoting) => POLICIES.map((policy) => ({ quoting, policy })))

function heat(
  rows: readonly Row[],
  cellOf: (row: Row) => { readonly value: number; readonly text: string },
) {
  return {
    type: 'heat' as const,
    x: {
      label: 'venues that quote in the coin, and what members make of it',
      names: COLUMNS.map(({ quoting, policy }) => `${quoting} of 5: ${policy.name}`),
    },
    y: { label: 'incident', names: INCIDENTS.map(({ name }) => name) },
    cells: INCIDENTS.map((incident) =>
      COLUMNS.map(({ quoting, policy }) => {
        const row = rowOf(rows, { quoting, incident: incident.name, policy: policy.name })
        return row === undefined ? null : cellOf(row)
      }),
    ),
    isDiverging: false,
  }
}

function rowOf(
  rows: readonly Row[],
  of: Pick<Row, 'quoting' | 'incident' | 'policy'>,
): Row | undefined {
  return rows.find(
    (row) => row.quoting === of.quoting && row.incident === of.incident && row.policy === of.policy,
  )
}

function distanceFigure(rows: readonly Row[]): Figure {
  return {
    id: 'coin-distance',
    title: 'Distance from the truth when venues quote in a coin',
    caption:
      'Mean over the rounds of the incident that have a value and the seeds, with half of its ' +
      '95 % interval where that shows, and the largest of all runs in brackets; a dash where ' +
      'none has.',
    plot: {
      ...heat(rows, distanceCell),
      value: 'mean (largest) distance in basis points; colours by its logarithm',
    },
  }
}

function absenceFigure(rows: readonly Row[]): Figure {
  return {
    id: 'coin-absence',
    title: 'Rounds without a value when venues quote in a coin',
    caption:
      'Certified without a value, because too few venues are left for one. Mean over the seeds, ' +
      'with half of its 95 % interval where that shows.',
    plot: {
      ...heat(rows, (row) => {
        const share = absentShare(row)
        return { value: share, text: shareText(share, row.half.availableShare) }
      }),
      value: 'share of the rounds of the incident (%)',
    },
  }
}

function absentShare({ mean }: Pick<Row, 'mean'>): number {
  return 1 - (mean.availableShare ?? 0)
}

function findingsOf(rows: readonly Row[]): readonly string[] {
  const [, open, guarded] = POLICIES
  const of = (quoting: number, incident: string, policy: { readonly name: string }) => {
    const row = rowOf(rows, { quoting, incident, policy: policy.name })
    return {
      meanBps: fixed(row?.mean.meanBps ?? null, 1),
      maxBps: fixed(row?.maxBps ?? null, 0),
      absent: shareText(row === undefined ? null : absentShare(row), null),
    }
  }
  const [fall, wrong] = ['coin falls by 12 %', 'its market false by 12 %']
  const [falls, lies] = [POLICIES.map((each) => of(3, fall, each)), of(3, wrong, open)]
  const [guardedFall, guardedLie] = [of(3, fall, guarded), of(3, wrong, guarded)]
  const [few, fewGuarded] = [of(2, wrong, open), of(2, wrong, guarded)]
  return [
    `A coin that falls by 12 % takes the price along by ${falls[0]?.meanBps} basis points on ` +
      'average where three of five venues quote in it and it is taken for a dollar. Converted ' +
      `by its market the price is at most ${falls[1]?.maxBps} off.`,
    'The guard is for a market of the coin that is false. One that says 12 % too little moves ' +
      `the price by ${lies.meanBps} basis points where three of five quote in the coin. With ` +
      `the guard ${guardedLie.absent} of the rounds have no value instead, as ` +
      `${guardedFall.absent} have when the coin truly falls so far.`,
    'Where only two of five quote in the coin, the three others outvote them whatever members ' +
      `make of it: at most ${few.maxBps} basis points without the guard, ${fewGuarded.maxBps} ` +
      `with it, and ${fewGuarded.absent} of the rounds have no value.`,
    'What is false by less than the guard allows passes it: 4 % too little moves the price by ' +
      `${of(3, 'its market false by 4 %', guarded).meanBps} basis points.`,
  ]
}

function tableOf(rows: readonly Row[]) {
  return {
    columns: [
      ...columnsOf('integer', ['quotingVenues']),
      ...columnsOf('text', ['incident', 'policy']),
      ...courseColumns(),
    ],
    rows: rows.map((row) => [row.quoting, row.incident, row.policy, ...courseCells(row)]),
  }
}

function textOf(rows: readonly Row[]): string {
  return alignedTable([
    ['quote in the coin', 'incident', 'policy', 'mean bps', 'max bps', 'with a value'],
    ...rows.map((row) => [`${row.quoting} of 5`, row.incident, row.policy, ...courseTexts(row)]),
  ])
}
