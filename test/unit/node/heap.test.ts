import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { flagsFor } from '../../../node/heap.ts'

const MODULE = new URL('../../../node/heap.ts', import.meta.url).href

/**
 * Megabytes that the young generation has, in the median over much short-lived garbage: pages that
 * a collection has just emptied count until the next one, which makes a single reading several
 * times as high now and then.
 */
function grownMb(before: string, flags: readonly string[] = []): number {
  const script = `
    import { getHeapSpaceStatistics } from 'node:v8'
    import { keepHeapSmall } from '${MODULE}'
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
  expect(grownMb('keepHeapSmall()')).toBeLessThanOrEqual(4)
  expect(grownMb('')).toBeGreaterThan(8)
})

test('a size that an operator chose is kept', () => {
  const flags = ['--max-semi-space-size=16']
  expect(grownMb('keepHeapSmall()', flags)).toBeGreaterThan(8)
})

/** How many times as much as lives the heap holds before it is collected, at most. */
function timesWhatLives(before: string): number {
  const script = `
    import { getHeapStatistics } from 'node:v8'
    import { keepHeapSmall } from '${MODULE}'
    ${before}
    const held = () => getHeapStatistics().used_heap_size
    const make = (at) => ({ at, list: [at, at, at, at] })
    globalThis.kept = Array.from({ length: 400_000 }, (_, at) => make(at))
    gc()
    const living = held()
    let most = 0
    // Each is old by the time it is replaced.
    for (let at = 0; at < 4_000_000; at++) {
      kept[at % 400_000] = make(at)
      if (at % 1_000 === 0) most = Math.max(most, held())
    }
    console.log(most / living)`
  const args = ['--expose-gc', '--input-type=module', '--eval', script]
  return Number(execFileSync(process.execPath, args, { encoding: 'utf8' }))
}

test('the old generation is collected soon, and late without that', () => {
  const [small, usual] = [timesWhatLives('keepHeapSmall()'), timesWhatLives('')]
  // Both grow on while they are collected, more so on a busy machine.
  expect(usual).toBeGreaterThan(1.5 * small)
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

const YOUNG = '--semi-space-growth-factor=1'
const OLD = '--heap-growing-percent=10'

test.each([
  [[], '', [YOUNG, OLD]],
  [['--import', 'x'], '--no-warnings', [YOUNG, OLD]],
  [['--max-semi-space-size=16'], '', [OLD]],
  [[], '--no-warnings --max-semi-space-size=16', [OLD]],
  [['--heap-growing-percent=50'], '', [YOUNG]],
])('beside flags %j and options "%s"', (execArgv, nodeOptions, flags) => {
  expect(flagsFor({ execArgv, nodeOptions })).toEqual(flags)
})
