import { DIMENSIONS, HARMS, type SeatedCommittee } from '../concentration/committee.ts'
import { type Move, movesOf } from '../concentration/moves.ts'
import { type Coefficient, coefficientsOf, failuresOf } from '../concentration/nakamoto.ts'
import { loadCommittee } from '../input/committee-file.ts'
import { columnsOf } from '../report/data-table.ts'
import type { Figure, Point } from '../report/figure/figure.ts'
import { concentrationText } from '../research/concentration-text.ts'
import { checkScenario } from '../scenario/load.ts'
import type { Scenario } from '../scenario/schema.ts'
import type { SimulationResult } from '../statistics/result.ts'
import { REGIONS } from '../world/regions.ts'
import { answersOf, type RunStudy, type Study } from './study.ts'

const DEFAULT_FILE = new URL('../committees/looks-spread.yaml', import.meta.url).pathname
const HARM_NAMES = {
  stops: 'stop the feed',
  moves: 'move a price',
  forges: 'forge a price',
} as const
/** Moves that are drawn; the table has all. */
const MOVES_SHOWN = 10
const ROUNDS = 300

/** Study (d): where a committee stands, what moving members changes, and what outages do. */
export const studyOfConcentration: RunStudy = async (options) => {
  const committee = loadCommittee(options.file ?? DEFAULT_FILE)
  const coefficients = coefficientsOf(committee)
  const moves = movesOf(committee)
  const outages = outagesOf(committee, options.isShort ? ROUNDS / 5 : ROUNDS)
  const tasks = outages.map(({ scenario }) => ({
    type: 'whole' as const,
    job: { scenario, seed: 1 },
  }))
  const answers = await answersOf('study d', tasks, options)
  if (answers === null) return null
  const runs = answers.flatMap((answer) => (answer.type === 'whole' ? [answer.result] : []))
  const whole = { committee: committee.name, members: committee.members.length, f: committee.f }
  const failures = failuresOf(committee)
  return {
    name: 'd',
    title: 'Where does a committee really stand?',
    method: METHOD,
    findings: findingsOf(committee, coefficients, outages, runs),
    figures: [
      coefficientFigure(committee, coefficients),
      ...moveFigure(moves),
      ...outages.map((outage, at) => outageFigure(outage, runs[at] as SimulationResult)),
    ],
    tables: [
      { id: 'coefficients', title: 'Nakamoto coefficients', table: coefficientTable(coefficients) },
      { id: 'moves', title: 'Moves of one member', table: moveTable(moves) },
    ],
    isHeld: true,
    text: concentrationText({ ...whole, coefficients, failures, moves }),
    data: { ...whole, coefficients, failures, moves, outages: runs.map(({ rounds }) => rounds) },
  } satisfies Study
}

const METHOD = [
  'A coefficient is the smallest number of regions, jurisdictions, clouds, operators ' +
    'or venues that together do a harm: fewer than t members remain to sign (the feed ' +
    'stops), more than f lie (a price can be moved), t sign what was never seen (a price ' +
    'can be forged).',
  'A member falls with its region, cloud and operator, and with each jurisdiction that ' +
    'can order it to stop. Venues stop a member that they leave too few sources, and ' +
    'move one where more than half of them lie.',
  'Outages run the production core on measured delays between the regions of the ' +
    'committee, with one second between rounds.',
]

interface Outage {
  readonly id: string
  readonly name: string
  readonly scenario: Scenario
  readonly fromS: number
  readonly toS: number | null
}

/** The largest region gone for a while, the largest jurisdiction for good; none off the map. */
function outagesOf(committee: SeatedCommittee, rounds: number): readonly Outage[] {
  const seats = REGIONS.flatMap((region) =>
    committee.members.filter((member) => member.region === region),
  )
  if (seats.length < committee.members.length) return []
  const failures = failuresOf(committee)
  const largest = (dimension: string) => failures.find((each) => each.dimension === dimension)
  const placement: Record<string, number> = {}
  for (const { region } of seats) placement[region] = (placement[region] ?? 0) + 1
  const [fromS, toS] = [Math.round(rounds / 5), Math.round((rounds * 3) / 5)]
  const outage = (id: string, members: readonly number[], fault: object) =>
    checkScenario({
      name: id,
      rounds,
      committee: { members: seats.length, f: committee.f, timing: 'worldwide' },
      network: { latency: { type: 'regions', placement } },
      faults: [{ type: 'crash', members, atMs: fromS * 1_000, ...fault }],
    })
  const membersOf = (is: (seat: (typeof seats)[number]) => boolean) =>
    seats.flatMap((seat, at) => (is(seat) ? [at] : []))
  const region = largest('region')?.group ?? ''
  const country = largest('jurisdiction')?.group ?? ''
  return [
    {
      id: 'region-outage',
      name: `${region} is gone for a while`,
      scenario: outage(
        'region-outage',
        membersOf((seat) => seat.region === region),
        {
          restartMs: toS * 1_000,
        },
      ),
      fromS,
      toS,
    },
    {
      id: 'legal-takedown',
      name: `an order stops whom ${country} reaches`,
      scenario: outage(
        'legal-takedown',
        membersOf((seat) => seat.jurisdictions.includes(country)),
        { disk: 'lost' },
      ),
      fromS,
      toS: null,
    },
  ]
}

function coefficientFigure(
  { name, members, f }: SeatedCommittee,
  coefficients: readonly Coefficient[],
): Figure {
  const groups = (dimension: string, harm: string) =>
    coefficients.find((each) => each.dimension === dimension && each.harm === harm)?.groups ?? null
  return {
    id: 'coefficients',
    title: `Smallest number of groups that together do a harm (${name})`,
    caption:
      `${members.length} members, f = ${f}. Higher is better; no bar: all groups together ` +
      'cannot.',
    plot: {
      type: 'bars',
      x: { label: 'dimension' },
      y: { label: 'groups (Nakamoto coefficient)' },
      groups: DIMENSIONS,
      series: HARMS.map((harm) => ({
        name: HARM_NAMES[harm],
        bars: DIMENSIONS.map((dimension) => {
          const value = groups(dimension, harm)
          return value === null ? null : { value }
        }),
      })),
    },
  }
}

/** What the best moves change; nothing where no move changes anything. */
function moveFigure(moves: readonly Move[]): readonly Figure[] {
  const shown = moves.filter(({ changes }) => changes.length > 0).slice(0, MOVES_SHOWN)
  if (shown.length === 0) return []
  const columns = DIMENSIONS.flatMap((dimension) =>
    HARMS.map((harm) => ({ dimension, harm })),
  ).filter(({ dimension, harm }) =>
    shown.some(({ changes }) =>
      changes.some((each) => each.dimension === dimension && each.harm === harm),
    ),
  )
  const cellOf = ({ changes }: Move, { dimension, harm }: (typeof columns)[number]) => {
    const change = changes.find((each) => each.dimension === dimension && each.harm === harm)
    if (change === undefined) return { value: 0, text: '' }
    const value = (change.after ?? 0) - (change.before ?? 0)
    return { value: -value, text: `${change.before ?? '–'} → ${change.after ?? '–'}` }
  }
  return [
    {
      id: 'moves',
      title: 'What moving one member changes',
      caption:
        'The moves that gain most, before → after. Blue needs more groups than before, red fewer.',
      plot: {
        type: 'heat',
        x: {
          label: 'coefficient',
          names: columns.map((each) => `${each.dimension}: ${each.harm}`),
        },
        y: { label: 'move', names: shown.map(({ member, to }) => `${member} to ${to.region}`) },
        cells: shown.map((move) => columns.map((column) => cellOf(move, column))),
        value: 'groups that are needed, before → after',
        isDiverging: true,
      },
    },
  ]
}

const BIN_S = 10

function outageFigure({ id, name, fromS, toS }: Outage, { timeline }: SimulationResult): Figure {
  const bins = Math.ceil(timeline.length / BIN_S)
  const series = (['fast', 'proposed', 'lost'] as const)
    .map((end) => ({
      name: end,
      shape: 'steps' as const,
      points: Array.from({ length: bins }, (_, bin) => {
        const own = timeline.slice(bin * BIN_S, (bin + 1) * BIN_S)
        const rounds = own.reduce((sum, each) => sum + each.rounds, 0)
        const ended = own.reduce((sum, each) => sum + each[end], 0)
        return { x: own[0]?.round ?? 0, y: (100 * ended) / rounds }
      }),
    }))
    .map((each) => ({ ...each, points: lasting(each.points, timeline.at(-1)?.round ?? 0) }))
  const back = toS === null ? [] : [{ name: 'back', x: toS }]
  return {
    id,
    title: `How rounds end when ${name}`,
    caption:
      `Rounds of one second, in stretches of ${BIN_S}: the first certificate came on the ` +
      'fast path, from a proposal, or not at all.',
    plot: {
      type: 'lines',
      x: { label: 'time (s)', range: [0, (timeline.at(-1)?.round ?? 0) + 1] },
      y: { label: 'rounds (%)', range: [0, 100] },
      series,
      marks: [{ name: 'gone', x: fromS }, ...back],
    },
  }
}

/** Steps to the end of the last stretch, which begins at its last point. */
function lasting(points: readonly Point[], lastRound: number): readonly Point[] {
  const last = points.at(-1)
  return last === undefined ? points : [...points, { x: lastRound + 1, y: last.y }]
}

function findingsOf(
  { members, f }: SeatedCommittee,
  coefficients: readonly Coefficient[],
  outages: readonly Outage[],
  runs: readonly SimulationResult[],
): readonly string[] {
  const stops = coefficients.filter(({ harm, groups }) => harm === 'stops' && groups !== null)
  const few = stops.map(({ dimension, groups }) => `${groups} of ${dimension}`).join(', ')
  return [
    `${members.length} members, f = ${f}. To stop the feed it takes ${few}.`,
    ...outages.map(({ name }, at) => {
      const { opened = 1, fast = 0, lost = 0 } = runs[at]?.rounds ?? {}
      const share = (part: number) => `${((100 * part) / opened).toFixed(1)} %`
      return `When ${name}: ${share(fast)} of all rounds fast, ${share(lost)} lost.`
    }),
  ]
}

function coefficientTable(coefficients: readonly Coefficient[]) {
  return {
    columns: [
      ...columnsOf('text', ['dimension', 'harm']),
      ...columnsOf('integer', ['groups']),
      ...columnsOf('text', ['example', 'isExact']),
    ],
    rows: coefficients.map(({ dimension, harm, groups, example, isExact }) => [
      dimension,
      harm,
      groups,
      example.join(' + '),
      String(isExact),
    ]),
  }
}

function moveTable(moves: readonly Move[]) {
  return {
    columns: [
      ...columnsOf('text', ['member', 'fromRegion', 'toRegion', 'toCloud', 'dimension', 'harm']),
      ...columnsOf('integer', ['beforeGroups', 'afterGroups']),
    ],
    rows: moves.flatMap(({ member, from, to, changes }) =>
      changes.map(({ dimension, harm, before, after }) => [
        member,
        from.region,
        to.region,
        to.cloud,
        dimension,
        harm,
        before,
        after,
      ]),
    ),
  }
}
