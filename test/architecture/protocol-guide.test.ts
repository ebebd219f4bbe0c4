import { describe, expect, test } from 'vitest'
import { priceFeedsAbi } from '../../contracts/abi/price-feeds.ts'
import { settlementAbi } from '../../contracts/abi/settlement.ts'
import { read } from './source-files.ts'

const guide = read('docs/guides/protocol.md')

/** Rows `| what | `key` | 1,234 |`. */
function gasIn(text: string): ReadonlyMap<string, number> {
  const rows = text.matchAll(/^\| [^|]+ \| `([\w.]+)` \| ([\d,]+) \|$/gm)
  return new Map([...rows].map(([, key = '', gas = '']) => [key, Number(gas.replaceAll(',', ''))]))
}

/** Names in the first column of the table of errors. */
function errorsIn(text: string): readonly string[] {
  const [, section = ''] = text.split('## What each error means')
  const rows = section.split('\n## ')[0]?.matchAll(/^\| (`[^|]+) \|/gm) ?? []
  return [...rows].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name ?? ''),
  )
}

describe('the guide for protocols', () => {
  test('says what reads and deliveries cost, as measured', () => {
    const measured: Readonly<Record<string, number>> = JSON.parse(read('contracts/gas.json'))
    const said = gasIn(guide)
    expect(said.size).toBeGreaterThan(6)
    for (const [key, gas] of said) expect({ [key]: gas }).toEqual({ [key]: measured[key] })
  })

  test('explains every error of the hub and of settlement, once', () => {
    const said = errorsIn(guide)
    expect(new Set(said).size).toBe(said.length)
    const errors = [...priceFeedsAbi, ...settlementAbi].flatMap((item) =>
      item.type === 'error' ? [item.name] : [],
    )
    // Of PullReader, which is no contract.
    expect(said.toSorted()).toEqual([...new Set([...errors, 'FeedAbsent'])].toSorted())
  })

  test('a wrong number, and an error that is not there, would be noticed', () => {
    expect(gasIn('| a | `read.cold.hub` | 1,234 |')).toEqual(new Map([['read.cold.hub', 1_234]]))
    const text =
      '## What each error means\n\n| `Gone`, `Other` | x | y |\n\n## Next\n| `No` | a | b |'
    expect(errorsIn(text)).toEqual(['Gone', 'Other'])
  })
})
