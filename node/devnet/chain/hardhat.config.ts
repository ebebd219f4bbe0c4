import { defineConfig } from 'hardhat/config'

/**
 * The local chain: two blocks a second like a fast layer 2, and one for each transaction until the
 * contracts stand. Nothing is compiled here; the deployment uses the committed bytecode.
 */
export default defineConfig({
  paths: { artifacts: 'build/devnet/artifacts', cache: 'build/devnet/cache' },
  networks: {
    node: {
      type: 'edr-simulated',
      chainType: 'l1',
      chainId: 31_337,
      mining: { auto: true, interval: 500 },
      // Two blocks a second: their times must not run ahead of the clock.
      allowBlocksWithSameTimestamp: true,
    },
  },
})
