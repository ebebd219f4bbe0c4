import { OURS } from '../../protocols.ts'
import { MARKS, type Mark, PARTS, type RoundRecord } from '../../record/run-recorder.ts'
import type { Category, Figure, HeatCell, LanePlot } from '../figure/figure.ts'
import { ABSENT, DOWN, INK } from '../figure/svg.ts'
import { fixed } from '../text.ts'
import { binText, roundAxis, type ShownRun, shortened, timingOf } from './shown-run.ts'

/** Dark, light, hatched, grey and black, so that print without colours tells them apart. */
const PART_LOOKS: Readonly<Record<(typeof PARTS)[number], { name: string; colour: string }>> = {
  signed: { name: 'counted and signed', colour: '#1f639c' },
  observed: { name: 'observation counted', colour: '#8cc5ec' },
  late: { name: 'late or left out', colour: '#e69f00' },
  absent: { name: 'no observation', colour: ABSENT },
  down: { name: 'down', colour: DOWN },
}

const NAME_CHARACTERS = 18

/** What came of each member in each round. */
export function membersFigure(run: ShownRun): Figure {
  const { bins, members } = run.record
  return {
    id: 'members',
    title: 'Members, round by round',
    caption:
      `${isOurs(run) ? COUNTED : SAID} Members under control are named with what they do.` +
      binText(bins),
    plot: {
      type: 'strip',
      x: roundAxis(run),
      y: 'member',
      categories: categoriesOf(run),
      rowHeight: members > 16 ? 15 : 24,
      rows: Array.from({ length: members }, (_, member) => ({
        name: nameOf(run, member),
        cells: bins.map(({ round, rounds, counts }) => ({
          from: round,
          to: round + rounds,
          counts: PARTS.map((_, part) => counts[member * PARTS.length + part] ?? 0),
        })),
      })),
    },
  }
}

const COUNTED =
  'Members counted and signed when the certificate of the round says so; an observation is late ' +
  'or left out when the round has a certificate without it; of a lost round, which counts ' +
  'nobody, all that were said are shown as counted.'
const SAID = 'Who said an observation: results of another protocol do not tell who counted.'

function isOurs({ result }: ShownRun): boolean {
  return result.protocol === OURS
}

function categoriesOf(run: ShownRun): readonly Category[] {
  return PARTS.map((part) => {
    const isSaid = part === 'observed' && !isOurs(run)
    const look = { ...PART_LOOKS[part], isHatched: part === 'late' }
    return isSaid ? { ...look, name: 'observation' } : look
  })
}

/** A member's number, and what an adversary does with it. */
function nameOf({ scenario }: ShownRun, member: number): string {
  const strategies = scenario.adversaries.flatMap(({ strategy, members }) =>
    members.includes(member) ? [strategy] : [],
  )
  if (strategies.length === 0) return String(member)
  return shortened(`${member} ${strategies.join(' + ')}`, NAME_CHARACTERS)
}

/** Delays between members, and where some of what was sent never arrived. */
export function linkFigures(run: ShownRun): readonly Figure[] {
  const { links, sent } = run.record.links
  if (links.every((row) => row.every((link) => link === null))) return []
  const delays = matrix(run, (from, to) => {
    const link = links[from]?.[to] ?? null
    return link === null ? null : { value: link.meanMs, text: fixed(link.meanMs, 1) }
  })
  const delay: Figure = {
    id: 'links',
    title: 'Delay from member to member',
    caption: isOurs(run)
      ? 'Mean time from when a member says its observation until another has it, passed on by ' +
        'others where that is the quicker way. A stroke: never, or a member itself.'
      : 'Mean time of the messages between two members. A stroke: none, or a member itself.',
    plot: { ...delays, value: 'mean delay (ms)', from: 0 },
  }
  const share = (from: number, to: number) =>
    (100 * (links[from]?.[to]?.count ?? 0)) / (sent[from] ?? 0)
  const reached = matrix(run, (from, to) => {
    if (from === to || (sent[from] ?? 0) === 0) return null
    const value = share(from, to)
    return { value, text: fixed(value, value > 99.95 ? 0 : 1) }
  })
  const isWhole = reached.cells.flat().every((cell) => (cell?.value ?? 100) > 99.95)
  if (!isOurs(run) || isWhole) return [delay]
  return [
    delay,
    {
      id: 'links-reached',
      title: 'Observations that arrived',
      caption:
        'Of all observations that a member said, those that another took in: one that comes when ' +
        'its round is long over, or while a process is down, is not. A stroke: it said none.',
      plot: { ...reached, value: 'observations (%); red is less', isInverted: true },
    },
  ]
}

function matrix({ record }: ShownRun, cellOf: (from: number, to: number) => HeatCell | null) {
  const members = Array.from({ length: record.members }, (_, member) => member)
  const names = members.map(String)
  return {
    type: 'heat' as const,
    x: { label: 'to member', names },
    y: { label: 'from member', names },
    cells: members.map((from) => members.map((to) => cellOf(from, to))),
    isDiverging: false,
  }
}

const TIMES = ' Dashed lines are the times of the committee, as far as the round came.'
const BECAUSE: Readonly<Record<RoundRecord['because'], string>> = {
  violation: 'an invariant broke here',
  first: 'the first that is counted',
  proposed: 'the first that needed a proposal',
  lost: 'the first that was lost',
  slowest: 'the slowest first certificate',
}

const MARK_LOOKS = {
  observation: { shape: 'circle', colour: '#0072b2' },
  heard: { shape: 'tick', colour: '#0072b2' },
  'late notice': { shape: 'cross', colour: '#d55e00' },
  proposal: { shape: 'diamond', colour: '#e69f00' },
  share: { shape: 'triangle', colour: '#009e73' },
  certificate: { shape: 'square', colour: INK },
} as const
const MARK_NAMES: Readonly<Record<Mark['type'], string>> = {
  observation: 'says its observation',
  heard: 'hears one of another',
  'late notice': 'late notice',
  proposal: 'proposes',
  share: 'gives its share',
  certificate: 'holds the certificate',
}

/** Who heard whom when, in each of the rounds that were kept. */
export function roundFigures(run: ShownRun): readonly Figure[] {
  return run.record.rounds.map((round) => ({
    id: `round-${round.round}`,
    title: `Round ${round.round}: ${BECAUSE[round.because]}${endOf(round)}`,
    caption: `All that happened at each member, by the true clock.${isOurs(run) ? TIMES : ''}`,
    plot: lanesOf(run, round),
  }))
}

/** How it ended, where that is not why it is shown. */
function endOf({ end, because }: RoundRecord): string {
  return end === because ? '' : ` (${end})`
}

function lanesOf(run: ShownRun, { marks }: RoundRecord): LanePlot {
  const timing = timingOf(run)
  const times = marks.map(({ us }) => us / 1_000)
  // What comes rounds later would press all else to the left.
  const within = times.filter((ms) => ms <= 2 * timing.roundMs)
  const first = Math.min(0, ...within)
  const last = Math.max(1, ...within)
  const room = 0.02 * (last - first)
  const { includeMs, fastMs, cutMs, backupMs, voteMs } = timing
  const moments = [
    { name: 'includeMs', x: includeMs },
    { name: 'fastMs', x: fastMs },
    { name: 'cutMs', x: cutMs },
    { name: 'cutMs + backupMs', x: cutMs + backupMs },
    { name: 'voteMs', x: voteMs },
  ]
  return {
    type: 'lanes',
    x: { label: 'time from the opening (ms)', range: [first - room, last + room] },
    y: 'member',
    categories: MARKS.map((type) => ({ name: MARK_NAMES[type], ...MARK_LOOKS[type] })),
    rows: Array.from({ length: run.record.members }, (_, member) => ({
      name: nameOf(run, member),
      marks: marks
        .filter((mark) => mark.member === member)
        .map(({ type, us, from }) => ({
          x: us / 1_000,
          category: MARKS.indexOf(type),
          ...(from === undefined ? {} : { text: `(${from})` }),
        })),
    })),
    moments: isOurs(run) ? moments : [],
  }
}
