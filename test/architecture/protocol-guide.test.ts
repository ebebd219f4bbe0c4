import { describe, expect, test } from 'vitest'
import { feedDirectoryAbi } from '../../contracts/abi/feed-directory.ts'
import { feedStatisticsAbi } from '../../contracts/abi/feed-statistics.ts'
import { optionMarketAbi } from '../../contracts/abi/option-market.ts'
import { priceFeedsAbi } from '../../contracts/abi/price-feeds.ts'
import { pythAdapterAbi } from '../../contracts/abi/pyth-adapter.ts'
import { quoteAdapterAbi } from '../../contracts/abi/quote-adapter.ts'
import { settlementAbi } from '../../contracts/abi/settlement.ts'
import { valueByIdAdapterAbi } from '../../contracts/abi/value-by-id-adapter.ts'
import { volatilityOracleAbi } from '../../contracts/abi/volatility-oracle.ts'
import { read } from './source-files.ts'

const guide = read('docs/guides/protocol.md')
/** What a protocol calls, but for the market. */
const READ = [
  ...[...priceFeedsAbi, ...settlementAbi, ...pythAdapterAbi, ...quoteAdapterAbi],
  ...[...valueByIdAdapterAbi, ...feedStatisticsAbi, ...volatilityOracleAbi],
  ...feedDirectoryAbi,
]

/** Rows `| what | `key` | 1,234 |`. */
function gasIn(text: string): ReadonlyMap<string, number> {
  const rows = text.matchAll(/^\| [^|]+ \| `([\w.]+)` \| ([\d,]+) \|$/gm)
  return new Map([...rows].map(([, key = '', gas = '']) => [key, Number(gas.replaceAll(',', ''))]))
}

function namesOf(abi: readonly { readonly type: string; readonly name?: string }[]) {
  return abi.flatMap(({ type, name }) => (type === 'error' && name !== undefined ? [name] : []))
}

/** Names in the first column of the tables of errors. */
function errorsIn(text: string): readonly string[] {
  const [, section = ''] = text.split('## What each error means')
  const rows = section.split('\n## ')[0]?.matchAll(/^\| (`[^|]+) \|/gm) ?? []
  return [...rows].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name ?? ''),
  )
}

/** Third cells of the table of other oracles' calls. */
function becomesIn(text: string): readonly string[] {
  const [, section = ''] = text.split('## Coming from another oracle')
  const rows = section.split('\n## ')[0]?.matchAll(/^\| \w+ \| [^|]+ \| `([^`]+)` \|/gm) ?? []
  return [...rows].map(([, call = '']) => call)
}

describe('the guide for protocols', () => {
  test('says what reads and deliveries cost as measured, as the page of the contracts does', () => {
    const measured: Readonly<Record<string, number>> = JSON.parse(read('contracts/gas.json'))
    for (const text of [guide, read('docs/contracts.md')]) {
      const said = gasIn(text)
      expect(said.size).toBeGreaterThan(6)
      for (const [key, gas] of said) expect({ [key]: gas }).toEqual({ [key]: measured[key] })
    }
  })

  test('explains every error of what a protocol reads from, once', () => {
    const said = errorsIn(guide)
    expect(new Set(said).size).toBe(said.length)
    // FeedAbsent is of PullReader, which is no contract.
    expect(said.toSorted()).toEqual([...new Set([...namesOf(READ), 'FeedAbsent'])].toSorted())
  })

  test('every call that another oracle’s becomes is tried, word by word', () => {
    const tried = read('test/contracts/hub/ComingFrom.t.sol').replaceAll(/\s+/g, ' ')
    const calls = becomesIn(guide)
    expect(calls.length).toBeGreaterThan(12)
    for (const call of calls) expect(tried).toContain(call)
  })

  test('what the option market adds is explained beside it, once', () => {
    const said = errorsIn(read('docs/derivatives.md'))
    expect(new Set(said).size).toBe(said.length)
    const known = new Set(namesOf(READ))
    // Of ImpliedVolatility, which the market does not call.
    const own = [...namesOf(optionMarketAbi), 'PriceOutOfRange', 'VolatilityNotFound']
    expect(said.toSorted()).toEqual(own.filter((name) => !known.has(name)).toSorted())
  })

  test('a wrong number, and an error that is not there, would be noticed', () => {
    expect(gasIn('| a | `read.cold.hub` | 1,234 |')).toEqual(new Map([['read.cold.hub', 1_234]]))
    const text =
      '## What each error means\n\n| `Gone`, `Other` | x | y |\n\n## Next\n| `No` | a | b |'
    expect(errorsIn(text)).toEqual(['Gone', 'Other'])
    const row = '| Chainlink | `a()` of theirs | `b()` | c |'
    expect(becomesIn(`## Coming from another oracle\n\n${row}\n\n## Next`)).toEqual(['b()'])
  })
})
