import type { Bar, Figure, HeatCell } from '../report/figure/figure.ts'
import { fixed } from '../report/text.ts'
import { type FaultRow, PROTOCOL_NAMES, PROTOCOLS, STATE_NAMES, STATES } from './fault-cases.ts'
import { meanText, whiskerOf } from './seeds.ts'

const percent = (share: number) => (100 * share).toFixed(1)
const bps = (value: number) => value.toFixed(2)

function find(rows: readonly FaultRow[], of: Partial<FaultRow>): FaultRow | undefined {
  const { members, state, protocol } = of
  return rows.find(
    (row) => row.members === members && row.state === state && row.protocol === protocol,
  )
}

/** Latencies of all protocols in one committee. */
export function latencyFigure(
  { members, name }: { readonly members: number; readonly name: 'meanMs' | 'p99Ms' },
  rows: readonly FaultRow[],
): Figure {
  const barOf = (row: FaultRow | undefined): Bar | null => {
    const value = row?.mean[name] ?? null
    return row === undefined || value === null ? null : { value, ...whiskerOf(row, name) }
  }
  const what = name === 'meanMs' ? 'Mean' : '99th percentile'
  return {
    id: name === 'meanMs' ? `latency-${members}` : `latency-p99-${members}`,
    title: `Observation to result at an honest member, ${what.toLowerCase()}, ${members} members`,
    caption:
      `${what} over members and rounds, with its 95 % interval over the seeds. Who has no result ` +
      'two rounds after the opening is in no bar; the table says how many (withoutResultShare).',
    plot: {
      type: 'bars',
      x: { label: 'what happens' },
      y: { label: `${what.toLowerCase()} of the latency (ms)` },
      groups: STATES.map((state) => STATE_NAMES[state]),
      series: PROTOCOLS.map((protocol) => ({
        name: PROTOCOL_NAMES[protocol],
        bars: STATES.map((state) => barOf(find(rows, { members, state, protocol }))),
      })),
      whiskers: '95 % interval',
    },
  }
}

function heat(members: number, rows: readonly FaultRow[], cellOf: (row: FaultRow) => HeatCell) {
  return {
    type: 'heat' as const,
    x: { label: 'protocol', names: PROTOCOLS.map((protocol) => PROTOCOL_NAMES[protocol]) },
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

/** Rounds that nobody honest had a result of. */
export function lostFigure(members: number, rows: readonly FaultRow[]): Figure {
  return {
    id: `lost-${members}`,
    title: `Rounds without a result, ${members} members`,
    caption:
      'Per cent of the rounds, mean over the seeds with half of its 95 % interval where that ' +
      'shows. In brackets those in which two honest members held different values.',
    plot: {
      ...heat(members, rows, ({ mean, half }) => ({
        value: mean.lostShare ?? 0,
        text:
          `${meanText(mean.lostShare, half.lostShare, percent)}\n` +
          `(${((mean.differingShare ?? 0) * 100).toFixed(0)})`,
      })),
      value: 'rounds lost (differing) (%)',
    },
  }
}

/** How far values are off. */
export function errorFigure(members: number, rows: readonly FaultRow[]): Figure {
  return {
    id: `error-${members}`,
    title: `Distance of values from the true price, ${members} members`,
    caption:
      'From the true price when the round opened, mean over the values that honest members held ' +
      'and the seeds, with half of its 95 % interval where that shows (largest of all runs): how ' +
      'old a value is when they come to hold it is not in it. Honest members err by up to one ' +
      'basis point.',
    plot: {
      ...heat(members, rows, ({ mean, half, mostBps }) => ({
        value: Math.log10(Math.max(0.1, mean.errorMeanBps ?? 0.1)),
        text: `${meanText(mean.errorMeanBps, half.errorMeanBps, bps)}\n(${fixed(mostBps, 1)})`,
      })),
      value: 'basis points, mean (largest); colours by the logarithm of the mean',
    },
  }
}

/** Bytes of each protocol, and of ours also without what gossip adds. */
export function wireFigure(sizes: readonly number[], rows: readonly FaultRow[]): Figure {
  const kilobytes = (bytes: number) => bytes / 1_000
  const barOf = (members: number, protocol: (typeof PROTOCOLS)[number]): Bar | null => {
    const row = find(rows, { members, state: 'alive', protocol })
    const value = row?.mean.wireBytesPerRound ?? null
    if (row === undefined || value === null) return null
    const [low, high] = whiskerOf(row, 'wireBytesPerRound').whisker ?? [value, value]
    return { value: kilobytes(value), whisker: [kilobytes(low), kilobytes(high)] }
  }
  const authored = (members: number): Bar | null => {
    const { mean } = find(rows, { members, state: 'alive', protocol: 'ours' }) ?? {}
    if (mean === undefined || mean.wireBytesPerRound === null) return null
    return { value: kilobytes(mean.wireBytesPerRound - (mean.wireOverlayBytesPerRound ?? 0)) }
  }
  return {
    id: 'wire',
    title: 'Bytes on the wire in a round, all alive',
    caption:
      'All that all members hand to links in a round that was opened, without what carries it; ' +
      'of ours with what gossip repeats and tells, and beside it without that. 95 % intervals ' +
      'over the seeds.',
    plot: {
      type: 'bars',
      x: { label: 'members' },
      y: { label: 'kilobytes in a round (kB)', isLog: true },
      groups: sizes.map(String),
      series: [
        ...PROTOCOLS.map((protocol) => ({
          name: PROTOCOL_NAMES[protocol],
          bars: sizes.map((members) => barOf(members, protocol)),
        })),
        { name: 'ours, without what gossip adds', bars: sizes.map(authored) },
      ],
      whiskers: '95 % interval',
    },
  }
}
