import { fixed } from '../report/text.ts'
import type { FaultRow } from './fault-cases.ts'

/** What the runs of study (f) show, where ours is ahead and where another one is. */
export function faultFindings(rows: readonly FaultRow[]): readonly string[] {
  const of = (protocol: string) => rows.filter((row) => row.protocol === protocol)
  const [ours, ocr2, ocr3] = [of('ours'), of('ocr2'), of('ocr3')]
  const [raw, single] = [of('raw-quorum'), of('single-signer')]
  const lost = (state: FaultRow['state']) =>
    [ours, ocr2, ocr3]
      .map((own) => `${range(in_(own, state), 'lost')} (${own[0]?.protocol})`)
      .join(', ')
  return [
    ...['ocr2', 'ocr3'].map((other) => against(rows, other)),
    slower(rows),
    'A raw quorum of signed values is the fastest that stands a fault, because it agrees on ' +
      `nothing: two honest readers hold different prices in ${range(raw, 'differing')} of the ` +
      `rounds. In ours, OCR2 and OCR3 that is ${range([...ours, ...ocr2, ...ocr3], 'differing')}.`,
    'The single signer is faster still and stands nothing: it loses ' +
      `${range(in_(single, 'silent'), 'lost')} of the rounds with f silent, and with f colluding ` +
      `its price is off by up to ${largest(in_(single, 'liars'))} basis points; ours by ` +
      `${largest(in_(ours, 'liars'))}, OCR2 by ${largest(in_(ocr2, 'liars'))}.`,
    `Rounds lost with f silent: ${lost('silent')}; with f crashing: ${lost('crash')}.`,
    `Ours sends ${times(rows, 'ocr2')} times the bytes of OCR2, whose members talk to their ` +
      `leader alone, and ${times(rows, 'ocr3')} times those of OCR3.`,
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

/** Settings in which ours is ahead of another in the mean, and in the 99th percentile. */
function against(rows: readonly FaultRow[], other: string): string {
  const own = rows.filter(({ protocol }) => protocol === 'ours')
  const ahead = (key: 'meanMs' | 'p99Ms') =>
    own.filter((row) => (row[key] ?? 0) < (peer(rows, row, other)?.[key] ?? 0))
  const behind = (key: 'meanMs' | 'p99Ms') => {
    const states = own.filter((row) => !ahead(key).includes(row))
    const named = states.map(({ members, state }) => `${members} members ${state}`)
    return named.length === 0 ? '' : ` (not with ${named.join(', ')})`
  }
  return (
    `Ours is ahead of ${other} in the mean in ${ahead('meanMs').length} of ${own.length} ` +
    `settings${behind('meanMs')}, and in the 99th percentile in ${ahead('p99Ms').length}` +
    `${behind('p99Ms')}.`
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
    return (row.p99Ms ?? 0) / (alive?.p99Ms ?? 1)
  })
  return (
    'Ours leaves out who is missing or late, and waits for nobody whom others have not seen ' +
    'again: its 99th percentile is up to ' +
    `${fixed(Math.max(...more), 1)} times what it is with all alive. OCR loses the rounds of a ` +
    'missing leader, and lost rounds are in no latency.'
  )
}

function range(rows: readonly FaultRow[], key: 'lost' | 'differing'): string {
  const shares = rows.map((row) => 100 * row[key])
  const [low, high] = [fixed(Math.min(...shares), 1), fixed(Math.max(...shares), 1)]
  return low === high ? `${low} %` : `${low} to ${high} %`
}

function largest(rows: readonly FaultRow[]): string {
  return fixed(Math.max(...rows.map(({ errorMaxBps }) => errorMaxBps ?? 0)), 1)
}

function times(rows: readonly FaultRow[], other: string): string {
  const ratios = rows
    .filter(({ protocol, state }) => protocol === 'ours' && state === 'alive')
    .map((row) => row.bytesPerRound / (peer(rows, row, other)?.bytesPerRound ?? 1))
  const [low, high] = [fixed(Math.min(...ratios), 1), fixed(Math.max(...ratios), 1)]
  return low === high ? low : `${low} to ${high}`
}
