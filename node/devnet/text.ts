import { feedsIn, type Percentiles, type Summary } from './summary.ts'

/** Minutes and seconds, such as `1:05`. */
export function formatDuration(ms: number): string {
  const seconds = Math.floor(ms / 1_000)
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}

function optionText({ option, optionFailure }: Summary): string[] {
  if (optionFailure !== null) return [`option market: ${optionFailure}`]
  if (option === null) return []
  const { underlying, settlementPrice, settlementRound, state } = option
  const options = `options on ${underlying} with strike ${amountText(option.strike)}`
  if (state !== 'paid') return [`${options}: ${state}`]
  const paid = option.sides.map(
    ({ side, payout, token }) => `${side} ${amountText(payout)} ${token}`,
  )
  return [
    `${options} settled at ${settlementPrice} by round ` +
      `${settlementRound}; paid: ${paid.join(', ')}`,
  ]
}

/** A summary for people; `--json` prints the same as data. */
export function summaryText(summary: Summary): string {
  const { rounds, latencyMs } = summary
  const latency = ({ p50, p99 }: Percentiles) => `p50 ${p50 ?? '–'} ms, p99 ${p99 ?? '–'} ms`
  const restarted = summary.restarted.map(
    ({ node, restartedAt, signedAgainAt }) =>
      `oracle-${node} came back in round ${restartedAt} and signed again in ${signedAgainAt}`,
  )
  const lines = [
    '',
    `${rounds.opened} rounds: ${rounds.certified} certified (${rounds.fast} fast, ` +
      `${rounds.proposed} proposed), ${rounds.skipped} skipped`,
    `opening to certificate: ${latency(latencyMs.first)} at the first oracle`,
    `                        ${latency(latencyMs.all)} at all of them`,
    summary.keygenMs === null
      ? 'the key came from a dealer: for development only'
      : `the members generated their key in ${summary.keygenMs} ms`,
    `first price on chain after ${summary.firstOnChainMs ?? '–'} ms; ` +
      `${summary.txHashes.length} deliveries, ${summary.gasPerUpdate ?? '–'} gas each`,
    ...feedsIn(summary).map(
      (feed) =>
        `${feed.id.padEnd(12)} ${feed.onChainValue} on chain, ` +
        `as certified in round ${feed.onChainRound}`,
    ),
    `${summary.sharesSeen} signature shares in the journals, ${summary.conflicts} conflicts`,
    ...optionText(summary),
    ...restarted,
    '',
  ]
  return lines.join('\n')
}

/** A decimal without the zeros at its end, which eighteen decimals of a token are full of. */
export function amountText(amount: string | null): string {
  if (amount === null) return 'nothing'
  return amount.includes('.') ? amount.replace(/\.?0+$/, '') : amount
}
