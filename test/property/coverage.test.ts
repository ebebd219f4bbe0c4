import { runInThisContext } from 'node:vm'
import { expect, test } from 'vitest'
import { Coverage } from '../fuzz/coverage.ts'

const SOURCE = '(isFirst) => { if (isFirst) { return 1 } else { return 2 } }'

test('the coverage of the fuzzer: code is new once, also when two branches run equally often', () => {
  const coverage = new Coverage((url) => url === 'branches.js')
  coverage.start()
  try {
    const run = runInThisContext(SOURCE, { filename: 'branches.js' }) as (is: boolean) => number
    run(true)
    expect(coverage.takeNew()).toBe(true)
    run(true)
    expect(coverage.wouldBeNew()).toBe(false)
    run(false)
    expect(coverage.wouldBeNew()).toBe(true)
    for (const is of [true, true, false]) run(is)
    expect(coverage.takeNew()).toBe(true)
    const { covered } = coverage
    // The engine now counts both as one range, which it never named before.
    for (const is of [true, false]) run(is)
    expect(coverage.takeNew()).toBe(false)
    expect(coverage.covered).toBe(covered)
  } finally {
    coverage.stop()
  }
})
