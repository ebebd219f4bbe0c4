import { faultyMax } from '../../aggregator/committee/quorum.ts'
import { columnsOf } from '../report/data-table.ts'
import { alignedTable } from '../report/table.ts'
import {
  type Case,
  casesOf,
  DEFENCES,
  type Defence,
  FIGURES,
  type InfluenceRow,
  rowOf,
  scenarioOf,
  shownBps,
} from './influence-cases.ts'
import { crowdFigure, defenceFigure, selectionFigure, strategyFigure } from './influence-figures.ts'
import {
  answersBySeed,
  meanText,
  seedCells,
  seedColumns,
  seedsOf,
  seedsText,
  showLike,
} from './seeds.ts'
import type { RunStudy, Study } from './study.ts'

const ROUNDS = 400
const ROUNDS_SHORT = 40

/** Study (b): how far attackers move a certified price, by committee, number and defence. */
export const studyOfInfluence: RunStudy = async (options) => {
  const cases = casesOf()
  const rounds = options.isShort ? ROUNDS_SHORT : ROUNDS
  const taskOf = (of: Case, seed: number) => {
    return { type: 'influence' as const, job: { scenario: scenarioOf(of, rounds), seed } }
  }
  const answers = await answersBySeed('study b', { cases, taskOf }, options)
  if (answers === null) return null
  const rows = answers.map((each, at) =>
    rowOf(
      cases[at] as Case,
      each.flatMap((answer) => (answer.type === 'influence' ? answer.influence : [])),
    ),
  )
  const within = rows.filter(({ members, liars }) => liars <= faultyMax(members))
  const isHeld = within.every(({ outsideRounds, ranksMax, members }) => {
    return outsideRounds === 0 && ranksMax <= faultyMax(members)
  })
  return {
    name: 'b',
    title: 'How far can attackers move a price?',
    method: [...methodOf(rounds), seedsText(seedsOf(options))],
    findings: findingsOf(within, isHeld),
    figures: [
      strategyFigure(within),
      defenceFigure(within),
      crowdFigure(rows),
      selectionFigure(options),
    ],
    tables: [{ id: 'influence', title: 'All runs', table: tableOf(rows) }],
    isHeld,
    text: textOf(rows),
    data: { rows },
  } satisfies Study
}

/** What the page says of how it was made. */
export function methodOf(rounds: number): readonly string[] {
  return [
    'The production core runs with f members under control. Honest members see the true ' +
      'price with an error of up to one basis point (even draws). Each certified value is ' +
      'compared with the median of what honest members observed in its round.',
    'What else a report could be made of is computed from the same observations of the ' +
      'same rounds: their mean, or the median of those 2f + 1 of all that lie furthest ' +
      'out, which is what a proposer without the inclusion rule (protocol §6.7) could ' +
      'choose.',
    'Strategies: lie observes a fifth more than the truth; collude one percent more, all ' +
      'alike; bias the highest value that an honest member said a round ago; mirror what ' +
      'another said; drop-members leaves out the lowest values as proposer; ' +
      'late-for-victims and edge-late hide honest values from some. Each run has ' +
      `${rounds} rounds.`,
  ]
}

function findingsOf(within: readonly InfluenceRow[], isHeld: boolean): readonly string[] {
  const largest = (key: Defence) => Math.max(...within.map(({ most }) => most[key]))
  return [
    isHeld
      ? 'With at most f members under control, every certified value lies within the honest ' +
        'observations of its round, at most f of them away from their median.'
      : 'A certified value lies OUTSIDE of what is promised; the table shows where.',
    'Honest errors reach 1 basis point; the largest shift of a certified price is ' +
      `${shownBps(largest('certified'))}, of a mean of the same values ` +
      `${shownBps(largest('mean'))}, and of a median that a proposer may choose ` +
      `${shownBps(largest('chosen'))} basis points.`,
  ]
}

function tableOf(rows: readonly InfluenceRow[]) {
  return {
    columns: [
      ...columnsOf('integer', ['members', 'liars']),
      ...columnsOf('text', ['strategy']),
      ...columnsOf('integer', ['rounds']),
      ...seedColumns(FIGURES),
      ...columnsOf(
        'number',
        DEFENCES.map(({ key }) => `${key}MaxBps`),
      ),
      ...columnsOf('integer', ['mostRanks', 'outsideRounds']),
    ],
    rows: rows.map((row) => [
      row.members,
      row.liars,
      row.strategy,
      row.rounds,
      ...seedCells(FIGURES, row),
      ...DEFENCES.map(({ key }) => row.most[key]),
      row.ranksMax,
      row.outsideRounds,
    ]),
  }
}

function textOf(rows: readonly InfluenceRow[]): string {
  return alignedTable([
    ['n', 'liars', 'strategy', ...DEFENCES.map(({ name }) => `${name} (bps)`), 'ranks', 'outside'],
    ...rows.map((row) => [
      String(row.members),
      String(row.liars),
      row.strategy,
      ...DEFENCES.map(({ key }) => {
        const name = `${key}MeanBps` as const
        const mean = meanText(row.mean[name], row.half[name], showLike(row.mean[name]))
        return `${mean}, at most ${shownBps(row.most[key])}`
      }),
      String(row.ranksMax),
      String(row.outsideRounds),
    ]),
  ])
}
