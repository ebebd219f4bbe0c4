// Runs the Solidity tests (fuzz and invariants included) through Hardhat and counts them.
import hre from 'hardhat'
import { writeCounts } from './counts.ts'

interface Suite {
  readonly id: { readonly name: string; readonly source: string }
  readonly testResults: readonly TestResult[]
}

interface TestResult {
  readonly name: string
  readonly status: string
  readonly reason?: string
}

const result: unknown = await hre.tasks.getTask(['test', 'solidity']).run({})
const tests = suitesOf(result).flatMap(({ id, testResults }) =>
  // Read one by one: results are objects of native code, and a spread copies nothing of them.
  testResults.map(({ name, status, reason }) => ({ name: `${id.name} > ${name}`, status, reason })),
)
const inStatus = (status: string) => tests.filter((test) => test.status === status)
const passed = inStatus('Success').length
const skipped = inStatus('Skipped').map(({ name }) => ({ name, reason: 'vm.skip' }))
// Whatever is neither passed nor skipped has failed, also under a status that we do not know.
const failures = tests
  .filter(({ status }) => status !== 'Success' && status !== 'Skipped')
  .map(({ name, reason }) => ({ name, reason: reason ?? 'no reason given' }))
writeCounts({ passed, failed: failures.length, failures, skipped })
process.exitCode = failures.length > 0 || passed === 0 ? 1 : 0

/** Hardhat answers {success, value} or {success, error}; each holds what every suite gave. */
function suitesOf(answer: unknown): readonly Suite[] {
  if (typeof answer === 'object' && answer !== null) {
    for (const inner of Object.values(answer)) {
      if (typeof inner === 'object' && inner !== null && 'suiteResults' in inner) {
        return inner.suiteResults as readonly Suite[]
      }
    }
  }
  throw new Error('hardhat test solidity answered without suites; did its interface change?')
}
