import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { isSizeChosen } from '../../../node/heap.ts'

const MODULE = new URL('../../../node/heap.ts', import.meta.url).href

/**
 * Megabytes that the young generation has, in the median over much short-lived garbage: pages that
 * a collection has just emptied count until the next one, which makes a single reading several
 * times as high now and then.
 */
function grownMb(before: string, flags: readonly string[] = []): number {
  const script = `
    import { getHeapSpaceStatistics } from 'node:v8'
    import { keepYoungGenerationSmall } from '${MODULE}'
    ${before}
    const kept = []
    const sizes = []
    for (let at = 0; at < 2_000_000; at++) {
      kept[at % 100_000] = { at, list: [at] }
      if (at < 1_000_000 || at % 10_000 > 0) continue
      sizes.push(getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space'))
    }
    const ordered = sizes.map(({ space_size }) => space_size / 1_048_576).sort((a, b) => a - b)
    console.log(ordered[ordered.length / 2])`
  const args = [...flags, '--input-type=module', '--eval', script]
  return Number(execFileSync(process.execPath, args, { encoding: 'utf8' }))
}

test('the young generation stays small, and grows without that', () => {
  expect(grownMb('keepYoungGenerationSmall()')).toBeLessThanOrEqual(4)
  expect(grownMb('')).toBeGreaterThan(8)
})

test('a size that an operator chose is kept', () => {
  const flags = ['--max-semi-space-size=16']
  expect(grownMb('keepYoungGenerationSmall()', flags)).toBeGreaterThan(8)
})

/** Megabytes of pages for twice as much as lives, spread over all of them. */
function pagesMb(afterwards: string): number {
  const script = `
    import { getHeapStatistics } from 'node:v8'
    import { giveBackWhatLoadingTook } from '${MODULE}'
    const all = Array.from({ length: 200_000 }, (_, at) => ({ at, list: [at, at, at, at] }))
    globalThis.kept = all.filter(({ at }) => at % 16 === 0)
    all.length = 0
    ${afterwards}
    console.log(getHeapStatistics().total_heap_size / 1_048_576)`
  const args = ['--input-type=module', '--eval', script]
  return Number(execFileSync(process.execPath, args, { encoding: 'utf8' }))
}

test('pages with little on them are given back, and stay without that', () => {
  expect(pagesMb('giveBackWhatLoadingTook()')).toBeLessThan(12)
  expect(pagesMb('')).toBeGreaterThan(20)
})

test.each([
  [[], '', false],
  [['--import', 'x'], '--no-warnings', false],
  [['--max-semi-space-size=16'], '', true],
  [[], '--no-warnings --max-semi-space-size=16', true],
])('flags %j and options "%s"', (execArgv, nodeOptions, isChosen) => {
  expect(isSizeChosen({ execArgv, nodeOptions })).toBe(isChosen)
})
