import { globSync } from 'node:fs'
import { join, relative } from 'node:path'
import type { HardhatConfig } from 'hardhat/types/config'
import type { HardhatPlugin } from 'hardhat/types/plugins'
import type {
  CompilerInput,
  CompilerOutput,
  CompilerOutputBytecode,
  CompilerOutputContract,
} from 'hardhat/types/solidity'

/** What Hardhat calls the files of a project in the compiler's input. */
const PROJECT = 'project/'
/** What an artifact is made of. */
const OUTPUTS = ['abi', 'evm.bytecode', 'evm.deployedBytecode', 'evm.methodIdentifiers', 'metadata']

/**
 * Compiles the Solidity tests without the detour through Yul, in a quarter of the time
 * (docs/adr/0075-two-lanes-of-the-gate.md). What they test is deployed from the artifacts
 * of production, which keep their settings.
 */
export const testSettings: HardhatPlugin = {
  id: 'parallax:test-settings',
  hookHandlers: {
    config: async () => ({
      default: async () => ({
        resolveUserConfig: async (user, variable, next) => {
          const config = await next(user, variable)
          return withTestSettings(config)
        },
      }),
    }),
    solidity: async () => ({
      default: async () => ({
        invokeSolc: async (context, compiler, input, settings, next) => {
          const { root, tests } = context.config.paths
          const folder = `${PROJECT}${relative(root, tests.solidity)}/`
          if (Object.keys(input.sources).every((name) => !name.startsWith(folder))) {
            return next(context, compiler, input, settings)
          }
          return withoutGaps(await next(context, compiler, ofTestsOnly(input, folder), settings))
        },
      }),
    }),
  },
}

/** One settings object for all test files: Hardhat compiles together what shares it. */
function withTestSettings(config: HardhatConfig): HardhatConfig {
  const profile = config.solidity.profiles.default
  const [compiler] = profile?.compilers ?? []
  if (profile === undefined || compiler === undefined) throw new Error('no compiler is configured')
  const settings = { ...compiler.settings, viaIR: false }
  const forTests = { ...compiler, settings }
  const { root, tests } = config.paths
  const paths = globSync('**/*.sol', { cwd: tests.solidity })
  const overrides = paths.map((path) => [relative(root, join(tests.solidity, path)), forTests])
  const ours = { ...profile, overrides: { ...profile.overrides, ...Object.fromEntries(overrides) } }
  const profiles = { ...config.solidity.profiles, default: ours }
  return { ...config, solidity: { ...config.solidity, profiles } }
}

/**
 * Leaves out of a compilation of tests the code of what they only import: it is compiled for
 * production already, and some of it does not compile with the settings of tests.
 */
function ofTestsOnly(input: CompilerInput, folder: string): CompilerInput {
  const tests = Object.keys(input.sources).filter((name) => name.startsWith(folder))
  const outputSelection = {
    '*': { '*': ['abi', 'evm.methodIdentifiers'], '': ['ast'] },
    ...Object.fromEntries(tests.map((name) => [name, { '*': OUTPUTS, '': ['ast'] }])),
  }
  return { ...input, settings: { ...input.settings, outputSelection } }
}

const NO_CODE: CompilerOutputBytecode = {
  object: '',
  opcodes: '',
  sourceMap: '',
  linkReferences: {},
}

/** Hardhat's runner wants code of every contract; what has none is like an interface to it. */
function withoutGaps(output: CompilerOutput): CompilerOutput {
  const files = Object.entries(output.contracts ?? {}).map(([file, contracts]) => [
    file,
    Object.fromEntries(
      Object.entries(contracts).map(([name, contract]) => [name, withCode(contract)]),
    ),
  ])
  return { ...output, contracts: Object.fromEntries(files) }
}

function withCode(contract: CompilerOutputContract): CompilerOutputContract {
  const { bytecode = NO_CODE, deployedBytecode = NO_CODE } = contract.evm ?? {}
  const methodIdentifiers = contract.evm?.methodIdentifiers ?? {}
  return { ...contract, evm: { bytecode, deployedBytecode, methodIdentifiers } }
}
