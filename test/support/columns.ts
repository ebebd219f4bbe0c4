import type { DataTable } from '../../simulations/report/data-table.ts'

/** Ends of the names of quantities, as docs/simulator.md has them: of columns, and of metrics. */
const UNITS = [
  ...['Ms', 'Us', 'Bps', 'Usd', 'Gwei', 'Gas', 'Bytes', 'Share', 'PerRound', 'Times'],
  ...['Rounds', 'Messages', 'Members', 'Transactions', 'Blocks', 'Liquidations'],
  ...['Venues', 'Groups', 'Ranks'],
  ...['-ms', '-s', '-percent', '-bps', '-gas', '-gwei', '-kusd', '-per-round', '-per-run'],
]
/** What counts what its name says, and numbers of rounds, members and seeds. */
const PLAIN = [
  ...['round', 'rounds', 'member', 'members', 'seed', 'seeds', 'runs', 'from', 'to', 'f', 'liars'],
  ...['blocks', 'violations', 'groups'],
]

/** Columns of numbers that do not say what their numbers are. */
export function withoutUnit({ columns }: DataTable): readonly string[] {
  const isSaid = (name: string) => PLAIN.includes(name) || UNITS.some((unit) => name.endsWith(unit))
  return columns
    .filter(({ name, type }) => type !== 'text' && !isSaid(name))
    .map(({ name }) => name)
}
