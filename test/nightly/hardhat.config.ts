import base from '../../hardhat.config.ts'

/** A whole number that test/nightly/solidity.ts set. */
function numberFrom(name: string): number {
  const value = Number(process.env[name])
  if (Number.isSafeInteger(value) && value > 0) return value
  throw new Error(`${name} is set by test/nightly/solidity.ts`)
}

// Copies of the Solidity tests, in which the limits of single tests are those of the night. Their
// artifacts lie apart from the gate's: a test that deploys a contract by its name finds one of it.
export default {
  ...base,
  paths: {
    ...base.paths,
    tests: { solidity: 'build/nightly' },
    artifacts: 'build/nightly-artifacts',
    cache: 'build/nightly-cache',
  },
  test: {
    solidity: {
      fuzz: {
        runs: numberFrom('PARALLAX_FUZZ_RUNS'),
        seed: `0x${numberFrom('PARALLAX_FUZZ_SEED').toString(16)}`,
      },
    },
  },
}
