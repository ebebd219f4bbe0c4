/** A row of "who may import whom" (docs/architecture.md); the first that fits a file rules. */
export interface Layer {
  readonly name: string
  /** Folders, ending in `/`, or single files. */
  readonly holds: readonly string[]
  /** Files of ours that it may import, by the beginning of their path. */
  readonly mayImport: readonly string[]
  /** npm packages: whole names, or scopes ending in `/`. */
  readonly packages: readonly string[]
  readonly mayUseNode: boolean
}

const CORE = 'aggregator/'
const ABI = 'contracts/abi/'

const NODE_PACKAGES = [
  '@chainsafe/',
  '@libp2p/',
  '@multiformats/',
  '@noble/',
  'fastify',
  'koffi',
  'libp2p',
  'pino',
  'prom-client',
  'secp256k1',
  'undici',
  'viem',
  'ws',
  'yaml',
  'zod',
]

export const LAYERS: readonly Layer[] = [
  {
    name: 'aggregator',
    holds: [CORE],
    mayImport: [CORE],
    packages: ['@noble/'],
    mayUseNode: false,
  },
  {
    name: 'contract tools',
    holds: [
      'contracts/abi/export.ts',
      'contracts/gas.ts',
      'contracts/gas/',
      'contracts/smt/',
      'contracts/snapshot.ts',
      'contracts/snapshot/',
    ],
    mayImport: ['contracts/', CORE, 'scripts/command-line.ts', 'test/support/'],
    packages: ['hardhat', '@nomicfoundation/', 'solc', 'viem'],
    mayUseNode: true,
  },
  { name: 'contracts/abi', holds: [ABI], mayImport: [ABI], packages: [], mayUseNode: false },
  {
    name: 'contracts/testing',
    holds: ['contracts/testing/'],
    mayImport: ['contracts/testing/', 'contracts/deploy/', ABI, CORE],
    packages: ['@noble/', 'viem'],
    mayUseNode: false,
  },
  {
    name: 'contracts/deploy',
    holds: ['contracts/deploy/'],
    mayImport: [
      ...['contracts/deploy/', ABI, `${CORE}values/`, `${CORE}report/`],
      ...[`${CORE}committee/params.ts`, `${CORE}committee/params-codec.ts`],
    ],
    packages: ['viem', 'hardhat', '@nomicfoundation/'],
    mayUseNode: true,
  },
  {
    name: 'node/devnet',
    holds: ['node/devnet/'],
    mayImport: ['node/', CORE, ABI, 'contracts/deploy/'],
    packages: [...NODE_PACKAGES, 'hardhat', '@nomicfoundation/'],
    mayUseNode: true,
  },
  {
    name: 'node/cli, deployment',
    holds: ['node/cli/commands/deploy.ts', 'node/cli/deploy-file.ts'],
    mayImport: ['node/', CORE, ABI, 'contracts/deploy/'],
    packages: NODE_PACKAGES,
    mayUseNode: true,
  },
  {
    name: 'node',
    holds: ['node/'],
    mayImport: ['node/', CORE, ABI],
    packages: NODE_PACKAGES,
    mayUseNode: true,
  },
  {
    name: 'simulation tools',
    holds: [
      'simulations/commands.ts',
      'simulations/main.ts',
      'simulations/campaign/',
      'simulations/import/',
      'simulations/input/',
      'simulations/origin/',
      'simulations/report/',
      'simulations/research/',
      'simulations/scenario/',
      'simulations/study/',
      'simulations/sweep/',
      'simulations/threads/',
    ],
    mayImport: ['simulations/', CORE],
    packages: ['zod', 'yaml', 'hyparquet', 'hyparquet-writer', 'playwright-core'],
    mayUseNode: true,
  },
  {
    name: 'simulations, chain',
    holds: ['simulations/world/chain/'],
    // The node's own rules of fees and of endpoints, which are pure: nothing is written twice.
    mayImport: ['simulations/', CORE, 'node/chain/fees.ts', 'node/chain/heads.ts'],
    packages: [],
    mayUseNode: false,
  },
  {
    name: 'simulations',
    holds: ['simulations/'],
    mayImport: ['simulations/', CORE],
    packages: [],
    mayUseNode: false,
  },
  {
    name: 'set-up and gate',
    holds: ['scripts/', 'start.mjs'],
    mayImport: ['scripts/'],
    packages: ['vitest', 'hardhat'],
    mayUseNode: true,
  },
  {
    name: 'tool configuration',
    holds: ['hardhat.config.ts', 'vitest.config.ts'],
    mayImport: ['scripts/'],
    packages: ['hardhat', '@nomicfoundation/', 'vitest'],
    mayUseNode: true,
  },
  {
    name: 'test',
    holds: ['test/'],
    mayImport: [
      CORE,
      'contracts/',
      'hardhat.config.ts',
      'node/',
      'scripts/',
      'simulations/',
      'test/',
    ],
    packages: [
      ...NODE_PACKAGES,
      'vitest',
      'fast-check',
      'hardhat',
      '@nomicfoundation/',
      // By its own name, as a consumer finds it.
      'parallax-oracle',
      'hyparquet',
      'hyparquet-writer',
      'playwright-core',
      'rolldown',
      'solc',
    ],
    mayUseNode: true,
  },
]

/** Folders whose files are independent answers to one question: none may lean on another. */
export const SIBLINGS = [
  'aggregator/phases/',
  'node/cli/commands/',
  'node/sources/future-venues/',
  'node/sources/option-venues/',
  'node/sources/perpetual-venues/',
  'node/sources/venues/',
  'simulations/adversary/',
  'simulations/checkers/',
  'simulations/protocols/',
]
