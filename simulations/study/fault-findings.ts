import { fixed } from '../report/text.ts'
import { type FaultFigure, type FaultRow, PROTOCOL_NAMES, STATE_NAMES } from './fault-cases.ts'
import { isBelow } from './seeds.ts'

/** What the runs of study (f) show, where ours is ahead and where another one is. */
export function faultFindings(rows: readonly FaultRow[]): readonly string[] {
  const of = (protocol: string) => rows.filter((row) => row.protocol === protocol)
  const [ours, ocr2, ocr3] = [of('ours'), of('ocr2'), of('ocr3')]
  const [raw, single] = [of('raw-quorum'), of('single-signer')]
  const agreeing = [...ours, ...ocr2, ...ocr3]
  const lost = (state: FaultRow['state']) =>
    (['ours', 'ocr2', 'ocr3'] as const)
      .map((each) => `${range(in_(of(each), state), 'lostShare')} (${PROTOCOL_NAMES[each]})`)
      .join(', ')
  return [
    against(rows, 'ocr2'),
    against(rows, 'ocr3'),
    slower(rows),
    'A raw quorum of signed values is the fastest that stands a fault, because it agrees on ' +
      `nothing: two honest readers hold different prices in ${range(raw, 'differingShare')} of ` +
      `the rounds. In ours, OCR2 and OCR3 that is ${range(agreeing, 'differingShare')}.`,
    'The single signer is faster still and stands nothing: it loses ' +
      `${range(in_(single, 'silent'), 'lostShare')} of the rounds with f silent, and with f ` +
      `colluding its price is off by up to ${largest(in_(single, 'liars'))} basis points; ours ` +
      `by ${largest(in_(ours, 'liars'))}, OCR2 by ${largest(in_(ocr2, 'liars'))}.`,
    `Rounds lost with f silent: ${lost('silent')}; with f crashing: ${lost('crash')}.`,
    `Ours sends ${times(rows, 'ocr2')} times the bytes of OCR2, whose members talk to their ` +
      `leader alone, and ${times(rows, 'ocr3')} times those of OCR3, with what gossip repeats ` +
      `and tells, which is ${overlayShare(rows)} of it; streams between members repeat nothing.`,
  ]
}

function in_(rows: readonly FaultRow[], state: FaultRow['state']): readonly FaultRow[] {
  return rows.filter((row) => row.state === state)
}

function peer(rows: readonly FaultRow[], row: FaultRow, protocol: string): FaultRow | undefined {
  const { members, state } = row
  return rows.find(
    (each) => each.members === members && each.state === state && each.protocol === protocol,
  )
}

/**
 * Settings in which ours is ahead of another in the mean, and in the 99th percentile: in the same
 * seeds, by more than chance.
 */
function against(rows: readonly FaultRow[], other: 'ocr2' | 'ocr3'): string {
  const own = rows.filter(({ protocol }) => protocol === 'ours')
  const ahead = (key: 'meanMs' | 'p99Ms') =>
    own.filter((row) => isBelow(seedsOf(row, key), seedsOf(peer(rows, row, other), key)))
  const behind = (key: 'meanMs' | 'p99Ms') => {
    const states = own.filter((row) => !ahead(key).includes(row))
    const named = states.map(({ members, state }) => `${members} members, ${STATE_NAMES[state]}`)
    return named.length === 0 ? '' : ` (not with ${named.join('; ')})`
  }
  return (
    `Ours is ahead of ${PROTOCOL_NAMES[other]} in the mean in ${ahead('meanMs').length} of ` +
    `${own.length} settings${behind('meanMs')}, and in the 99th percentile in ` +
    `${ahead('p99Ms').length}${behind('p99Ms')}.`
  )
}

/** What members that fail cost ours in the tail. */
function slower(rows: readonly FaultRow[]): string {
  const own = rows.filter(({ protocol, state }) => protocol === 'ours' && state !== 'alive')
  const more = own.map((row) => {
    const alive = rows.find(
      ({ members, state, protocol }) =>
        members === row.members && state === 'alive' && protocol === 'ours',
    )
    return (row.mean.p99Ms ?? 0) / (alive?.mean.p99Ms ?? 1)
  })
  return (
    'Ours leaves out who is missing or late, and waits for nobody whom others have not seen ' +
    'again: its 99th percentile is up to ' +
    `${fixed(Math.max(...more), 1)} times what it is with all alive. OCR loses the rounds of a ` +
    'missing leader, and lost rounds are in no latency.'
  )
}

function seedsOf(row: FaultRow | undefined, key: FaultFigure): readonly (number | null)[] {
  return row?.bySeed.map((run) => run[key]) ?? []
}

function range(rows: readonly FaultRow[], key: 'lostShare' | 'differingShare'): string {
  const shares = rows.map(({ mean }) => 100 * (mean[key] ?? 0))
  const [low, high] = [fixed(Math.min(...shares), 1), fixed(Math.max(...shares), 1)]
  return low === high ? `${low} %` : `${low} to ${high} %`
}

function largest(rows: readonly FaultRow[]): string {
  return fixed(Math.max(...rows.map(({ mostBps }) => mostBps ?? 0)), 1)
}

function times(rows: readonly FaultRow[], other: string): string {
  const ratios = rows
    .filter(({ protocol, state }) => protocol === 'ours' && state === 'alive')
    .map((row) => {
      const others = peer(rows, row, other)?.mean.wireBytesPerRound ?? 1
      return (row.mean.wireBytesPerRound ?? 0) / others
    })
  const [low, high] = [fixed(Math.min(...ratios), 1), fixed(Math.max(...ratios), 1)]
  return low === high ? low : `${low} to ${high}`
}

/** Of the bytes of ours with all alive, what gossip repeats and tells. */
function overlayShare(rows: readonly FaultRow[]): string {
  const own = rows.filter(({ protocol, state }) => protocol === 'ours' && state === 'alive')
  const shares = own.map(({ mean: { wireOverlayBytesPerRound: more, wireBytesPerRound: all } }) =>
    all === null || more === null ? 0 : (100 * more) / all,
  )
  const [low, high] = [fixed(Math.min(...shares), 0), fixed(Math.max(...shares), 0)]
  return low === high ? `${low} %` : `${low} to ${high} %`
}
