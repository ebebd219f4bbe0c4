import { PARTS } from '../../record/run-recorder.ts'
import type { BookFigures } from '../../statistics/book-figures.ts'
import type { ChainFigures } from '../../statistics/chain-figures.ts'
import type { ManipulationFigures } from '../../statistics/manipulation-figures.ts'
import type { SimulationResult } from '../../statistics/result.ts'
import { columnsOf, type DataTable } from '../data-table.ts'
import type { NamedTable } from '../page.ts'
import type { ShownRun } from './shown-run.ts'

const COUNTS = [
  ['round', 'round'],
  ['rounds', 'rounds'],
  ['fastRounds', 'fast'],
  ['proposedRounds', 'proposed'],
  ['lostRounds', 'lost'],
] as const
/** A column for each figure of a point, named with its unit. */
const FIGURES = [
  ['firstSumMs', 'firstMsSum'],
  ['firstMaxMs', 'firstMsMax'],
  ['lastMaxMs', 'lastMsMax'],
  ['valueLowUsd', 'valueLow'],
  ['valueHighUsd', 'valueHigh'],
  ['honestLowUsd', 'honestLow'],
  ['honestHighUsd', 'honestHigh'],
  ['truthLowUsd', 'truthLow'],
  ['truthHighUsd', 'truthHigh'],
  ['errorLowBps', 'errorBpsLow'],
  ['errorHighBps', 'errorBpsHigh'],
  ['honestLowBps', 'honestBpsLow'],
  ['honestHighBps', 'honestBpsHigh'],
] as const

/** The timeline of a run, one row for each point of it. */
export function timelineTable({ timeline }: Pick<SimulationResult, 'timeline'>): DataTable {
  const keys = [...COUNTS, ...FIGURES].map(([, key]) => key)
  return {
    columns: [...columnsOf('integer', namesOf(COUNTS)), ...columnsOf('number', namesOf(FIGURES))],
    rows: timeline.map((bucket) => keys.map((key) => bucket[key])),
  }
}

function namesOf(figures: readonly (readonly [name: string, key: string])[]): readonly string[] {
  return figures.map(([name]) => name)
}

/** Everything that the figures of a run show, as rows. */
export function tablesOfRun(run: ShownRun): readonly NamedTable[] {
  const tables: NamedTable[] = [
    { id: 'timeline', title: 'Timeline', table: timelineTable(run.result) },
    { id: 'latency', title: 'Distribution of latency', table: curvesTable(run.result) },
    { id: 'members', title: 'Members, round by round', table: membersTable(run) },
    { id: 'links', title: 'Links', table: linksTable(run) },
    { id: 'rounds', title: 'Single rounds', table: roundsTable(run) },
  ]
  const { chain } = run.result
  if (chain !== undefined) {
    tables.push({ id: 'chain', title: 'Chain', table: chainTable(chain) })
    tables.push({ id: 'transmitters', title: 'Gas by member', table: gasTable(chain) })
  }
  const { manipulation, book } = run.result
  if (manipulation !== undefined) {
    tables.push({ id: 'pushed-venues', title: 'Pushed venues', table: pushedTable(manipulation) })
  }
  if (book !== undefined) {
    tables.push({ id: 'book', title: 'Book of a consumer', table: bookTable(book) })
  }
  if (run.result.violationCount > 0) {
    tables.push({ id: 'violations', title: 'Violations', table: violationsTable(run.result) })
  }
  return tables.map((each) => ({ ...each, isFolded: true }))
}

function chainTable({ timeline }: ChainFigures): DataTable {
  const figures = [
    ['ageMaxMs', 'ageMsMax'],
    ['valueLowUsd', 'valueLow'],
    ['valueHighUsd', 'valueHigh'],
    ['baseFeeMaxGwei', 'baseFeeGweiMax'],
  ] as const
  const keys = ['round', 'rounds', ...figures.map(([, key]) => key)] as const
  return {
    columns: [
      ...columnsOf('integer', ['round', 'rounds']),
      ...columnsOf('number', namesOf(figures)),
    ],
    rows: timeline.map((bucket) => keys.map((key) => bucket[key])),
  }
}

function gasTable({ gas }: ChainFigures): DataTable {
  return {
    columns: [...columnsOf('integer', ['member', 'usedGas']), ...columnsOf('number', ['feeGwei'])],
    rows: gas.usedBy.map((used, member) => [member, used, gas.feeGweiBy[member] ?? 0]),
  }
}

function pushedTable({ venues }: ManipulationFigures): DataTable {
  const counts = ['rounds', 'quarantinedRounds'] as const
  const figures = ['spentUsd', 'boughtUsd', 'furthestBps'] as const
  return {
    columns: [
      ...columnsOf('text', ['venue', 'market']),
      ...columnsOf('integer', counts),
      ...columnsOf('number', figures),
    ],
    rows: venues.map((each) => [
      each.venue,
      each.market,
      ...[...counts, ...figures].map((name) => each[name]),
    ]),
  }
}

function bookTable({ timeline }: BookFigures): DataTable {
  const figures = ['attackerUsd', 'tradersUsd', 'marketUsd', 'spentUsd'] as const
  const names = ['round', 'rounds', ...figures] as const
  return {
    columns: [...columnsOf('integer', ['round', 'rounds']), ...columnsOf('number', figures)],
    rows: timeline.map((bucket) => names.map((name) => bucket[name])),
  }
}

function violationsTable({ violations }: SimulationResult): DataTable {
  const columns = [
    ...columnsOf('text', ['rule']),
    ...columnsOf('integer', ['round', 'timeUs']),
    ...columnsOf('text', ['message']),
  ]
  const rows = violations.map(({ rule, round, nowUs, message }) => [rule, round, nowUs, message])
  return { columns, rows }
}

function curvesTable({ curves }: SimulationResult): DataTable {
  const rows = (['first', 'all'] as const).flatMap((of) =>
    curves[of].map(({ ms, share }) => [of, ms, share] as const),
  )
  const names = ['latencyMs', 'untilThenShare']
  return { columns: [...columnsOf('text', ['of']), ...columnsOf('number', names)], rows }
}

function membersTable({ record }: ShownRun): DataTable {
  const columns = columnsOf('integer', [
    ...['round', 'rounds', 'member'],
    ...PARTS.map((part) => `${part}Rounds`),
  ])
  const rows = record.bins.flatMap(({ round, rounds, counts }) =>
    Array.from({ length: record.members }, (_, member) => [
      round,
      rounds,
      member,
      ...PARTS.map((_, part) => counts[member * PARTS.length + part] ?? 0),
    ]),
  )
  return { columns, rows }
}

function linksTable({ record }: ShownRun): DataTable {
  const { links } = record.links
  const columns = [
    ...columnsOf('integer', ['from', 'to', 'arrivedMessages']),
    ...columnsOf('number', ['delayMeanMs', 'delayMaxMs']),
  ]
  const rows = links.flatMap((row, from) =>
    row.flatMap((link, to) =>
      link === null ? [] : [[from, to, link.count, link.meanMs, link.maxMs]],
    ),
  )
  return { columns, rows }
}

function roundsTable({ record }: ShownRun): DataTable {
  const columns = [
    ...columnsOf('integer', ['round', 'member']),
    ...columnsOf('text', ['what']),
    ...columnsOf('integer', ['from']),
    ...columnsOf('number', ['sinceOpeningMs']),
  ]
  const rows = record.rounds.flatMap(({ round, marks }) =>
    marks.map(({ member, type, from, us }) => [round, member, type, from ?? null, us / 1_000]),
  )
  return { columns, rows }
}
