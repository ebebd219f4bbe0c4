import { defineConfig } from 'hardhat/config'

/**
 * A chain whose blocks a test makes itself. Blocks may share a timestamp, so that a test which
 * makes many does not run ahead of the clock.
 */
export default defineConfig({
  paths: { artifacts: 'build/test-chain/artifacts', cache: 'build/test-chain/cache' },
  networks: {
    node: {
      type: 'edr-simulated',
      chainType: 'l1',
      chainId: 31_337,
      allowBlocksWithSameTimestamp: true,
      mining: { auto: true },
    },
  },
})
