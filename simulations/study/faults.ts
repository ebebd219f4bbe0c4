import { columnsOf } from '../report/data-table.ts'
import { alignedTable } from '../report/table.ts'
import { fixed } from '../report/text.ts'
import type { Scenario } from '../scenario/schema.ts'
import {
  FAULT_FIGURES,
  type FaultCase,
  type FaultFigure,
  type FaultRow,
  PROTOCOLS,
  rowOf,
  STATES,
  scenarioOf,
} from './fault-cases.ts'
import { errorFigure, latencyFigure, lostFigure, wireFigure } from './fault-figures.ts'
import { faultFindings } from './fault-findings.ts'
import { STUDY_TOPOLOGIES } from './latency-cases.ts'
import { answersBySeed, meanText, seedCells, seedColumns, seedsOf, seedsText } from './seeds.ts'
import type { RunStudy, Study } from './study.ts'

/** Rounds of a run at most: as many whole turns of all leaders of OCR as fit, and at least one. */
const ROUNDS = 640
const ROUNDS_SHORT = 80
/** Rounds of one leader of OCR. */
const EPOCH_ROUNDS = 20

/** Study (f): ours beside others in one world, while members fail. */
export const studyOfFaults: RunStudy = async (options) => {
  const roundsMax = options.isShort ? ROUNDS_SHORT : ROUNDS
  const topologies = options.isShort ? STUDY_TOPOLOGIES.slice(0, 1) : STUDY_TOPOLOGIES
  const cases = topologies.flatMap((topology) =>
    STATES.flatMap((state) => PROTOCOLS.map((protocol) => ({ topology, state, protocol }))),
  )
  const scenarios = cases.map((each) => scenarioOf(each, { roundsMax, epochRounds: EPOCH_ROUNDS }))
  const taskOf = (scenario: Scenario, seed: number) => {
    return { type: 'run' as const, job: { scenario, seed } }
  }
  const answers = await answersBySeed('study f', { cases: scenarios, taskOf }, options)
  if (answers === null) return null
  const rows = answers.map((each, at) =>
    rowOf(
      cases[at] as FaultCase,
      each.flatMap((answer) => (answer.type === 'run' ? answer.outcome : [])),
    ),
  )
  const sizes = [...new Set(rows.map(({ members }) => members))]
  return {
    name: 'f',
    title: 'Ours beside others, while members fail',
    method: [...methodOf(scenarios), seedsText(seedsOf(options))],
    findings: faultFindings(rows),
    figures: [
      ...sizes.map((members) => latencyFigure({ members, name: 'meanMs' }, rows)),
      ...sizes.map((members) => latencyFigure({ members, name: 'p99Ms' }, rows)),
      ...sizes.map((members) => lostFigure(members, rows)),
      ...sizes.map((members) => errorFigure(members, rows)),
      wireFigure(sizes, rows),
    ],
    tables: [{ id: 'faults', title: 'All runs', table: tableOf(rows) }],
    isHeld: rows.every(({ violations }) => violations === 0),
    text: textOf(rows),
    data: { rows: rows.map(({ bySeed: _, ...row }) => row) },
  } satisfies Study
}

function methodOf(scenarios: readonly Scenario[]): readonly string[] {
  return [
    'One world for all: the same seed, network, prices and faults; ours is the machine of the ' +
      'node, the others are small reference protocols (simulations/protocols), each simplified ' +
      'in its own favour. One-way delays are drawn from Normal(p50/2, (p90 − p50)/2) of measured ' +
      'round trips between cloud regions. A round opens each second. Rounds of a run, in which ' +
      `all members lead equally often: ${roundsText(scenarios)}.`,
    'Members 1, 4, 7 and so on fail, f of them: spread over all regions, and among those who ' +
      'sign in ours. Silent ones never speak; crashing ones stop for good after a quarter of the ' +
      'run; colluding ones observe one price a percent too high; late ones send their ' +
      'observations 360 ms late. A cut parts the halves of the list for an eighth of the run.',
    `OCR has epochs of ${EPOCH_ROUNDS} rounds and waits two rounds for a leader. Latency counts ` +
      'from the mean moment of the honest observations, which is in favour of OCR: it observes ' +
      'when its leader asks; the table has it from the opening of the round too. A lost round ' +
      'has no result at any honest member within two rounds. The single signer is another ' +
      'member each round, so its figures are means over the choice of one.',
    'Bytes are those that all members hand to links in a round that was opened, whatever became ' +
      'of it. Ours goes by gossip: each author sends to all, every member passes on to a mesh of ' +
      'four, and ids are told to others; all that is in its bytes, also where it repeats what ' +
      'arrived. The others have a stream between each two members, on which nothing comes twice. ' +
      'Of both, what carries messages (frames, encryption, TCP) is left out.',
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

const NUMBERS = FAULT_FIGURES.filter((name) => name !== 'errorMaxBps')

function tableOf(rows: readonly FaultRow[]) {
  return {
    columns: [
      ...columnsOf('integer', ['members']),
      ...columnsOf('text', ['state', 'protocol']),
      ...seedColumns(NUMBERS),
      ...columnsOf('number', ['errorMaxBps']),
    ],
    rows: rows.map((row) => [
      row.members,
      row.state,
      row.protocol,
      ...seedCells(NUMBERS, row),
      row.mostBps,
    ]),
  }
}

const HEAD = ['mean ms', 'p99 ms', 'last p99', 'none %', 'lost %', 'differ %', 'bps', 'max', 'kB']

function textOf(rows: readonly FaultRow[]): string {
  const percent = (share: number) => (100 * share).toFixed(1)
  return alignedTable([
    ['n', 'state', 'protocol', ...HEAD],
    ...rows.map((row) => {
      const shown = (name: FaultFigure, show: (value: number) => string) =>
        meanText(row.mean[name], row.half[name], show)
      return [
        String(row.members),
        row.state,
        row.protocol,
        ...(['meanMs', 'p99Ms', 'lastP99Ms'] as const).map((name) =>
          shown(name, (ms) => ms.toFixed(1)),
        ),
        shown('withoutResultShare', percent),
        shown('lostShare', percent),
        shown('differingShare', percent),
        shown('errorMeanBps', (bps) => bps.toFixed(2)),
        fixed(row.mostBps, 1),
        shown('wireBytesPerRound', (bytes) => (bytes / 1_000).toFixed(1)),
      ]
    }),
  ])
}
