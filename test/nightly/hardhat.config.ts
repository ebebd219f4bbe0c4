import base from '../../hardhat.config.ts'

/** A whole number that test/nightly/solidity.ts set. */
function numberFrom(name: string): number {
  const value = Number(process.env[name])
  if (Number.isSafeInteger(value) && value > 0) return value
  throw new Error(`${name} is set by test/nightly/solidity.ts`)
}

// Copies of the Solidity tests, in which the limits of single tests are those of the night.
export default {
  ...base,
  paths: { ...base.paths, tests: { solidity: 'build/nightly' } },
  test: {
    solidity: {
      fuzz: {
        runs: numberFrom('PARALLAX_FUZZ_RUNS'),
        seed: `0x${numberFrom('PARALLAX_FUZZ_SEED').toString(16)}`,
      },
    },
  },
}
