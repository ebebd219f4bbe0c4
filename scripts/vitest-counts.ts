import type { Reporter, TestCase, TestModule } from 'vitest/node'
import { type Noted, writeCounts } from './counts.ts'

/** Counts for the closing line of `npm test`; the default reporter beside it talks to people. */
export default class CountsReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()])
    const inState = (state: string) => tests.filter((test) => test.result().state === state)
    // A file that cannot be loaded has no tests to fail, yet it is a failure.
    const unloadable = modules.filter((module) => module.errors().length > 0)
    const failures = [
      ...inState('failed').map(failure),
      ...unloadable.map((module) => noted(module.relativeModuleId, module.errors()[0]?.message)),
      ...unhandledErrors.map((error) => noted('outside of a test', messageOf(error))),
    ]
    writeCounts({
      passed: inState('passed').length,
      failed: failures.length,
      failures,
      skipped: inState('skipped').map(skipped),
    })
  }
}

function skipped(test: TestCase): Noted {
  const result = test.result()
  return noted(titleOf(test), result.state === 'skipped' ? result.note : undefined)
}

function failure(test: TestCase): Noted {
  return noted(titleOf(test), test.result().errors?.[0]?.message)
}

function titleOf(test: TestCase): string {
  return `${test.module.relativeModuleId} > ${test.fullName}`
}

function noted(name: string, message: string | undefined): Noted {
  const [reason = ''] = message?.split('\n') ?? []
  return { name, reason: reason === '' ? 'no reason given' : reason }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
