// Runs the Solidity tests (fuzz and invariants included) through Hardhat and counts them.
import hre from 'hardhat'
import { writeCounts } from './counts.ts'

interface Summary {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

const result: unknown = await hre.tasks.getTask(['test', 'solidity']).run({})
const { passed, failed, skipped } = summaryOf(result)
writeCounts({
  passed,
  failed,
  skipped: Array.from({ length: skipped }, () => ({
    name: 'a Solidity test (named above)',
    reason: 'vm.skip',
  })),
})
process.stdout.write(`Solidity: ${passed} passed, ${failed} failed, ${skipped} skipped in all\n`)
process.exitCode = failed > 0 || passed === 0 ? 1 : 0

/** Hardhat answers {success, value} or {success, error}, each holding the summary. */
function summaryOf(result: unknown): Summary {
  if (typeof result === 'object' && result !== null) {
    for (const inner of Object.values(result)) {
      if (typeof inner === 'object' && inner !== null && 'summary' in inner) {
        return inner.summary as Summary
      }
    }
  }
  throw new Error('hardhat test solidity answered without a summary; did its interface change?')
}
