import { createRequire } from 'node:module'
import hardhatViem from '@nomicfoundation/hardhat-viem'
import { defineConfig } from 'hardhat/config'
import { testSettings } from './scripts/test-settings.ts'

// The compiler is the solc package from the lockfile: no download, the same bytes everywhere.
const solcPath = createRequire(import.meta.url).resolve('solc/soljson.js')

export default defineConfig({
  plugins: [hardhatViem, testSettings],
  paths: {
    sources: 'contracts/src',
    tests: { solidity: 'test/contracts' },
    artifacts: 'build/artifacts',
    cache: 'build/cache',
  },
  solidity: {
    version: '0.8.37',
    path: solcPath,
    settings: { optimizer: { enabled: true, runs: 1_000_000 }, viaIR: true, evmVersion: 'osaka' },
  },
  test: { solidity: { fuzz: { runs: 10_000 } } },
})
