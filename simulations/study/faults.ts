import { columnsOf } from '../report/data-table.ts'
import type { Figure, HeatCell } from '../report/figure/figure.ts'
import { alignedTable } from '../report/table.ts'
import { fixed } from '../report/text.ts'
import type { Scenario } from '../scenario/schema.ts'
import {
  type FaultRow,
  type FaultState,
  PROTOCOLS,
  rowOf,
  STATES,
  scenarioOf,
} from './fault-cases.ts'
import { faultFindings } from './fault-findings.ts'
import { STUDY_TOPOLOGIES } from './latency-cases.ts'
import { answersOf, type RunStudy, type Study } from './study.ts'

/** Rounds of a run at most: as many whole turns of all leaders of OCR as fit, and at least one. */
const ROUNDS = 640
const ROUNDS_SHORT = 80
/** Rounds of one leader of OCR. */
const EPOCH_ROUNDS = 20

const NAMES: Readonly<Record<(typeof PROTOCOLS)[number], string>> = {
  ours: 'ours',
  ocr2: 'OCR2',
  ocr3: 'OCR3',
  'raw-quorum': 'raw quorum',
  'single-signer': 'single signer',
}
const STATE_NAMES: Readonly<Record<FaultState, string>> = {
  alive: 'all alive',
  silent: 'f silent',
  crash: 'f crash',
  liars: 'f collude',
  late: 'f late',
  cut: 'cut in two',
}

/** Study (f): ours beside others in one world, while members fail. */
export const studyOfFaults: RunStudy = async (options) => {
  const roundsMax = options.isShort ? ROUNDS_SHORT : ROUNDS
  const topologies = options.isShort ? STUDY_TOPOLOGIES.slice(0, 1) : STUDY_TOPOLOGIES
  const cases = topologies.flatMap((topology) =>
    STATES.flatMap((state) => PROTOCOLS.map((protocol) => ({ topology, state, protocol }))),
  )
  const scenarios = cases.map((each) => scenarioOf(each, { roundsMax, epochRounds: EPOCH_ROUNDS }))
  const tasks = scenarios.map((scenario) => ({
    type: 'whole' as const,
    job: { scenario, seed: 1 },
  }))
  const answers = await answersOf('study f', tasks, options)
  if (answers === null) return null
  const rows = answers.flatMap((answer, at): FaultRow[] => {
    const of = cases[at]
    return answer.type !== 'whole' || of === undefined ? [] : [rowOf(of, answer.result)]
  })
  const sizes = [...new Set(rows.map(({ members }) => members))]
  return {
    name: 'f',
    title: 'Ours beside others, while members fail',
    method: methodOf(scenarios),
    findings: faultFindings(rows),
    figures: [
      ...sizes.map((members) => latencyFigure(members, rows)),
      ...sizes.map((members) => lostFigure(members, rows)),
      ...sizes.map((members) => errorFigure(members, rows)),
      wireFigure(sizes, rows),
    ],
    tables: [{ id: 'faults', title: 'All runs', table: tableOf(rows) }],
    isHeld: rows.every(({ violations }) => violations === 0),
    text: textOf(rows),
    data: { rows },
  } satisfies Study
}

function methodOf(scenarios: readonly Scenario[]): readonly string[] {
  return [
    'One world for all: the same seed, network, prices and faults; ours is the machine of the ' +
      'node, the others are small reference protocols (simulations/protocols), each simplified ' +
      'in its own favour. One-way delays are drawn from Normal(p50/2, (p90 − p50)/2) of measured ' +
      'round trips between cloud regions. A round opens each second. Rounds of a run, in which ' +
      `all members lead equally often: ${roundsText(scenarios)}. One seed.`,
    'Members 1, 4, 7 and so on fail, f of them: spread over all regions, and among those who ' +
      'sign in ours. Silent ones never speak; crashing ones stop for good after a quarter of the ' +
      'run; colluding ones observe one price a percent too high; late ones send their ' +
      'observations 360 ms late. A cut parts the halves of the list for an eighth of the run.',
    `OCR has epochs of ${EPOCH_ROUNDS} rounds and waits two rounds for a leader. Latency counts ` +
      'from the mean moment of the honest observations, which is in favour of OCR: it observes ' +
      'when its leader asks; the table has it from the opening of the round too. A lost round ' +
      'has no result at any honest member within two rounds. The single signer is another ' +
      'member each round, so its figures are means over the choice of one.',
  ]
}

/** Rounds of runs, by the size of the committee. */
function roundsText(scenarios: readonly Scenario[]): string {
  const bySize = new Map(scenarios.map(({ committee, rounds }) => [committee.members, rounds]))
  const sizes = Map.groupBy(bySize.keys(), (members) => bySize.get(members))
  return [...sizes]
    .map(([rounds, members]) => `${rounds} with ${members.join(' and ')} members`)
    .join(', ')
}

function find(rows: readonly FaultRow[], of: Partial<FaultRow>): FaultRow | undefined {
  const { members, state, protocol } = of
  return rows.find(
    (row) => row.members === members && row.state === state && row.protocol === protocol,
  )
}

function latencyFigure(members: number, rows: readonly FaultRow[]): Figure {
  const barOf = (row: FaultRow | undefined) =>
    row?.meanMs == null || row.p99Ms === null ? null : { value: row.meanMs, whisker: row.p99Ms }
  return {
    id: `latency-${members}`,
    title: `Observation to result at an honest member, ${members} members`,
    caption:
      'Mean over members and rounds; thin lines end at the 99th percentile. Who has no result ' +
      'two rounds after the opening is in no bar; the table says how many (withoutResult).',
    plot: {
      type: 'bars',
      x: { label: 'what happens' },
      y: { label: 'latency (ms)' },
      groups: STATES.map((state) => STATE_NAMES[state]),
      series: PROTOCOLS.map((protocol) => ({
        name: NAMES[protocol],
        bars: STATES.map((state) => barOf(find(rows, { members, state, protocol }))),
      })),
      whiskers: '99th percentile',
    },
  }
}

function heat(members: number, rows: readonly FaultRow[], cellOf: (row: FaultRow) => HeatCell) {
  return {
    type: 'heat' as const,
    x: { label: 'protocol', names: PROTOCOLS.map((protocol) => NAMES[protocol]) },
    y: { label: 'what happens', names: STATES.map((state) => STATE_NAMES[state]) },
    cells: STATES.map((state) =>
      PROTOCOLS.map((protocol) => {
        const row = find(rows, { members, state, protocol })
        return row === undefined ? null : cellOf(row)
      }),
    ),
    isDiverging: false,
  }
}

function lostFigure(members: number, rows: readonly FaultRow[]): Figure {
  return {
    id: `lost-${members}`,
    title: `Rounds without a result, ${members} members`,
    caption: 'In brackets the share of rounds in which two honest members held different values.',
    plot: {
      ...heat(members, rows, ({ lost, differing }) => ({
        value: lost,
        text: `${(100 * lost).toFixed(1)} (${(100 * differing).toFixed(0)})`,
      })),
      value: 'per cent of rounds lost (differing)',
    },
  }
}

function errorFigure(members: number, rows: readonly FaultRow[]): Figure {
  return {
    id: `error-${members}`,
    title: `Distance of values from the true price, ${members} members`,
    caption:
      'From the true price when the round opened, mean (largest) over the values that honest ' +
      'members held: how old a value is when they come to hold it is not in it. Honest members ' +
      'err by up to one basis point.',
    plot: {
      ...heat(members, rows, ({ errorMeanBps, errorMaxBps }) => ({
        value: Math.log10(Math.max(0.1, errorMeanBps ?? 0.1)),
        text: `${fixed(errorMeanBps, 2)} (${fixed(errorMaxBps, 1)})`,
      })),
      value: 'basis points, mean (largest); colours by the logarithm of the mean',
    },
  }
}

function wireFigure(sizes: readonly number[], rows: readonly FaultRow[]): Figure {
  return {
    id: 'wire',
    title: 'Bytes on the wire in a round, all alive',
    caption: 'All copies that all members hand to links, without what carries them.',
    plot: {
      type: 'bars',
      x: { label: 'members' },
      y: { label: 'kilobytes in a round', isLog: true },
      groups: sizes.map(String),
      series: PROTOCOLS.map((protocol) => ({
        name: NAMES[protocol],
        bars: sizes.map((members) => {
          const row = find(rows, { members, state: 'alive', protocol })
          return row === undefined ? null : { value: row.bytesPerRound / 1_000 }
        }),
      })),
    },
  }
}

const NUMBERS = [
  'meanMs',
  'p99Ms',
  'openMeanMs',
  'openP99Ms',
  'lastMeanMs',
  'lastP99Ms',
  'withoutResult',
  'lost',
  'differing',
  'errorMeanBps',
  'errorMaxBps',
  'bytesPerRound',
] as const

function tableOf(rows: readonly FaultRow[]) {
  return {
    columns: [
      ...columnsOf('integer', ['members']),
      ...columnsOf('text', ['state', 'protocol']),
      ...columnsOf('number', NUMBERS),
    ],
    rows: rows.map((row) => [
      row.members,
      row.state,
      row.protocol,
      ...NUMBERS.map((name) => row[name]),
    ]),
  }
}

function textOf(rows: readonly FaultRow[]): string {
  return alignedTable([
    [
      'n',
      'state',
      'protocol',
      'mean ms',
      'p99 ms',
      'last p99',
      'none',
      'lost',
      'differ',
      'bps',
      'max',
      'bytes',
    ],
    ...rows.map((row) => [
      String(row.members),
      row.state,
      row.protocol,
      fixed(row.meanMs, 1),
      fixed(row.p99Ms, 1),
      fixed(row.lastP99Ms, 1),
      row.withoutResult === null ? '–' : `${(100 * row.withoutResult).toFixed(1)} %`,
      `${(100 * row.lost).toFixed(1)} %`,
      `${(100 * row.differing).toFixed(0)} %`,
      fixed(row.errorMeanBps, 2),
      fixed(row.errorMaxBps, 1),
      String(row.bytesPerRound),
    ]),
  ])
}
