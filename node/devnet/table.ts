import type { OptionView } from './option-desk.ts'
import { amountText, formatDuration } from './text.ts'

/** One row of the live table. */
export interface FeedRow {
  readonly feed: string
  readonly value: string | null
  readonly spread: string | null
  readonly sources: string
  readonly onChain: string | null
  readonly onChainRound: number | null
}

export interface NodeRow {
  readonly index: number
  readonly state: 'running' | 'starting' | 'killed'
  readonly pid: number | null
  readonly round: number | null
  readonly fast: number
  readonly proposed: number
  readonly skipped: number
  readonly latencyMs: { readonly p50: number; readonly p99: number } | null
  readonly peers: number
}

/** Everything the live table shows. */
export interface TableView {
  readonly elapsedMs: number
  /** What key generation took; null when a dealer made the key. */
  readonly keygenMs: number | null
  readonly round: number | null
  /** Rounds until the summary; null when it runs until Ctrl-C. */
  readonly roundsLeft: number | null
  readonly path: string
  readonly feeds: readonly FeedRow[]
  readonly nodes: readonly NodeRow[]
  readonly delivery: { readonly count: number; readonly gas: number | null }
  readonly option: OptionView | null
  readonly incident: string | null
  readonly dashboard: string
  /** Where the first feed can be read. */
  readonly onChain: { readonly rpcUrl: string; readonly feed: string; readonly facade: string }
  readonly events: readonly string[]
}

const BOLD = '\u001b[1m'
const DIM = '\u001b[2m'
const RED = '\u001b[31m'
const GREEN = '\u001b[32m'
const YELLOW = '\u001b[33m'
const RESET = '\u001b[0m'

type Paint = (text: string) => string
const painted =
  (code: string): Paint =>
  (text) =>
    `${code}${text}${RESET}`
const paint = {
  bold: painted(BOLD),
  dim: painted(DIM),
  red: painted(RED),
  green: painted(GREEN),
  yellow: painted(YELLOW),
}

/** The live table as lines of text with terminal colours; four oracles fit 80 columns. */
export function renderTable(view: TableView): readonly string[] {
  const round = view.round === null ? '–' : String(view.round)
  return [
    paint.bold('PARALLAX  local oracle network') +
      paint.dim(`   ${formatDuration(view.elapsedMs)}   ${keyText(view.keygenMs)}`),
    `round ${paint.bold(round)}  ${view.path}${paint.dim(leftText(view.roundsLeft))}`,
    '',
    paint.dim(columns(FEED_WIDTHS, FEED_HEADS)),
    ...view.feeds.map(feedLine),
    '',
    paint.dim(columns(NODE_WIDTHS, NODE_HEADS)),
    ...view.nodes.map(nodeLine),
    '',
    ...optionLines(view.option),
    '',
    deliveryLine(view),
    view.incident === null ? '' : paint.yellow(`market: ${view.incident}`),
    `status page ${paint.bold(view.dashboard)}   ${paint.dim('Ctrl-C stops everything')}`,
    chainLine(view.onChain),
    ...view.events.map((event) => paint.dim(`  ${event}`)),
  ]
}

function keyText(keygenMs: number | null): string {
  return keygenMs === null ? 'key from a dealer' : `key generated in ${keygenMs} ms`
}

function leftText(rounds: number | null): string {
  if (rounds === null) return ''
  return rounds > 0 ? `   ${rounds} rounds to go` : '   all rounds done, settling'
}

const FEED_HEADS = ['FEED', 'COMMITTEE', '± SPREAD', 'VENUES', 'ON CHAIN', 'OF ROUND']
const FEED_WIDTHS = [13, 15, 12, 11, 15, 9]
const NODE_HEADS = ['ORACLE', 'PID', 'ROUND', 'FAST', 'PROPOSED', 'SKIPPED', 'P50', 'P99', 'PEERS']
const NODE_WIDTHS = [9, 7, 7, 6, 9, 8, 9, 9, 6]

function feedLine(row: FeedRow): string {
  const cells = [
    row.feed,
    row.value ?? 'none yet',
    row.spread ?? '–',
    row.sources,
    row.onChain ?? 'none yet',
    row.onChainRound === null ? '–' : String(row.onChainRound),
  ]
  return columns(FEED_WIDTHS, cells)
}

function nodeLine(row: NodeRow): string {
  if (row.state !== 'running') {
    const name = columns(NODE_WIDTHS.slice(0, 2), [`oracle-${row.index}`, String(row.pid ?? '–')])
    return `${name}  ${row.state === 'killed' ? paint.red('killed') : paint.yellow('starting')}`
  }
  const cells = [
    `oracle-${row.index}`,
    String(row.pid ?? '–'),
    String(row.round ?? '–'),
    String(row.fast),
    String(row.proposed),
    String(row.skipped),
    row.latencyMs === null ? '–' : `${row.latencyMs.p50} ms`,
    row.latencyMs === null ? '–' : `${row.latencyMs.p99} ms`,
    String(row.peers),
  ]
  return columns(NODE_WIDTHS, cells)
}

function deliveryLine({ delivery }: TableView): string {
  const gas = delivery.gas === null ? '' : `, ${delivery.gas.toLocaleString('en-US')} gas each`
  return `delivered ${paint.green(String(delivery.count))} times${gas}`
}

function chainLine({ rpcUrl, feed, facade }: TableView['onChain']): string {
  return `${feed} ${paint.bold(facade)}, chain ${paint.bold(rpcUrl)}`
}

/** The market in three lines: what is traded, and each side of it. */
function optionLines(option: OptionView | null): string[] {
  if (option === null) {
    return [
      paint.dim('OPTIONS'),
      'waiting for the average to fill its window and for the volatility',
      '',
    ]
  }
  const { underlying, strike, state, settlementPrice, settlementRound } = option
  const expires = new Date(option.expiry * 1_000).toISOString().slice(11, 19)
  const by = settlementRound === null ? '' : ` by round ${settlementRound}`
  const settled = settlementPrice === null ? '' : `, settled at ${settlementPrice}${by}`
  return [
    paint.dim(`OPTIONS ON ${underlying}`),
    `strike ${amountText(strike)}, expiry ${expires} UTC: ${paint.bold(state)}${settled}`,
    ...option.sides.map((side) => {
      const name = side.side.padEnd(5)
      const paid = `${amountText(side.payout)} ${side.token}`
      if (side.payout !== null) return `${name}paid ${paint.green(paid)}`
      if (side.price === null) return `${name}${paint.dim('not on sale')}`
      const blocks = side.pricedBlocks === 1 ? 'one block' : `${side.pricedBlocks} blocks`
      const priced = paint.dim(`   priced in ${blocks}`)
      return `${name}${side.price} ${side.token}${priced}`
    }),
  ]
}

/** Left-aligned first column, the rest right-aligned. */
function columns(widths: readonly number[], cells: readonly string[]): string {
  return cells
    .map((cell, position) => {
      const width = widths[position] ?? 0
      return position === 0 ? cell.padEnd(width) : cell.padStart(width)
    })
    .join(' ')
}
