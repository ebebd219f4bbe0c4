import { stripVTControlCharacters } from 'node:util'
import { describe, expect, test } from 'vitest'
import { renderTable, type TableView } from '../../../../node/devnet/table.ts'

/** Values as wide as the local market makes them. */
function viewOf(oracles: number): TableView {
  const value = '64910.12316122'
  const feed = { value, spread: '11.43883264', onChain: value, onChainRound: 1_234 }
  return {
    elapsedMs: 83_000,
    keygenMs: 12_574,
    round: 1_234,
    roundsLeft: null,
    path: 'last: 1234 certified in 35.3 ms (proposed)',
    feeds: [
      { feed: 'BTC/USD', sources: Array(oracles).fill(5).join('/'), ...feed },
      { feed: 'BTC/USD.TWAP', sources: 'volatility', ...feed },
    ],
    nodes: Array.from({ length: oracles }, (_, index) => ({
      index,
      state: 'running',
      pid: 15_058,
      round: 1_234,
      fast: 1_234,
      proposed: 123,
      skipped: 123,
      latencyMs: { p50: 135.3, p99: 1_320.8 },
      peers: oracles - 1,
    })),
    delivery: { count: 123, gas: 74_636 },
    option: null,
    incident: 'okx quarantined (QUARANTINED)',
    dashboard: 'http://127.0.0.1:44807',
    onChain: { rpcUrl: 'http://127.0.0.1:44807', feed: 'BTC/USD', facade: `0x${'ab'.repeat(20)}` },
    events: ['all oracles are ready; counting from round 62'],
  }
}

describe('the live table', () => {
  test('given four oracles, then no line is wider than a terminal of 80 columns', () => {
    const lines = renderTable(viewOf(4)).map(stripVTControlCharacters)
    expect(lines.filter((line) => line.length > 80)).toEqual([])
    expect(lines.some((line) => line.length === 80)).toBe(true)
  })

  test('says where the first feed can be read', () => {
    const text = renderTable(viewOf(4)).map(stripVTControlCharacters).join('\n')
    expect(text).toContain(`BTC/USD 0x${'ab'.repeat(20)}, chain http://127.0.0.1:44807`)
  })
})
