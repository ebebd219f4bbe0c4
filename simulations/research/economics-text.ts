import { alignedTable } from '../report/table.ts'
import type { EconomicsResult } from './economics.ts'

/** Tables for people; money in thousands of US dollars. */
export function economicsText({ name, attacks, best, ...result }: EconomicsResult): string {
  const table = alignedTable([
    ['move (bps)', 'profit (k$)', 'bribes (k$)', 'venues (k$)', 'net (k$)'],
    ...attacks.map((each) => [
      `${each.direction} ${each.moveBps}`,
      ...[each.profitUsd, each.membersCostUsd, each.venuesCostUsd, each.netUsd].map(thousands),
    ]),
  ])
  const verdict =
    best.netUsd > 0
      ? `The best attack, ${best.direction} ${best.moveBps} bps through ${best.way}, leaves ` +
        `${thousands(best.netUsd)} k$.`
      : 'No attack pays.'
  const bond =
    result.bondUsd === null
      ? 'No bond makes bribes too dear: a lie is not slashed here.'
      : `Bribes never pay from a bond of ${thousands(result.bondUsd)} k$ per member on.`
  const times = result.depthTimes.toFixed(2)
  const depth = `Pushing venues never pays from ${times} times their depth on.`
  return [name, table, [verdict, bond, depth].join('\n')].join('\n\n')
}

function thousands(usd: number): string {
  return String(Math.round(usd / 1_000))
}
