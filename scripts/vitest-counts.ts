import type { Reporter, TestCase, TestModule } from 'vitest/node'
import { type Skipped, writeCounts } from './counts.ts'

/** Counts for the closing line of `npm test`; the default reporter beside it talks to people. */
export default class CountsReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()])
    const inState = (state: string) => tests.filter((test) => test.result().state === state)
    // A file that cannot be loaded has no tests to fail, yet it is a failure.
    const unloadable = modules.filter((module) => module.errors().length > 0)
    writeCounts({
      passed: inState('passed').length,
      failed: inState('failed').length + unloadable.length + unhandledErrors.length,
      skipped: inState('skipped').map(skipped),
    })
  }
}

function skipped(test: TestCase): Skipped {
  const result = test.result()
  const note = result.state === 'skipped' ? result.note : undefined
  return {
    name: `${test.module.relativeModuleId} > ${test.fullName}`,
    reason: note ?? 'no reason given',
  }
}
