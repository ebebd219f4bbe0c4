// `npm run snapshot`: what of the compiled contracts must not change unseen, in snapshot.json.
import { globSync, readFileSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import hre from 'hardhat'
import { generatorCommand, runScript } from '../scripts/command-line.ts'
import { type Analysed, undocumentedIn } from './snapshot/documentation.ts'
import { layoutOf, type StorageLayout } from './snapshot/layout.ts'

const FILE = join(import.meta.dirname, 'snapshot.json')
const ROOT = join(import.meta.dirname, '..')
const NEEDED = ['abi', 'devdoc', 'userdoc', 'storageLayout'] as const
/** EIP-170. */
const CODE_BYTES_MAX = 24_576

interface Compiled {
  readonly contracts: Readonly<Record<string, Readonly<Record<string, Analysed & Laid>>>>
  readonly sources: Readonly<Record<string, { readonly ast: { readonly nodes: readonly Node[] } }>>
  readonly errors?: readonly { readonly severity: string; readonly formattedMessage: string }[]
}

interface Laid {
  readonly storageLayout: StorageLayout
}

interface Node {
  readonly nodeType: string
  readonly name: string
  readonly abstract: boolean
  readonly contractKind: string
}

/** One deployed contract. */
interface Entry {
  /** Of the code that stays on chain. */
  readonly codeBytes: number
  /** Slot, offset, name and type of each variable, and the members of each struct. */
  readonly storage: readonly string[]
}

/** Analyses the sources without making code of them: some seconds. */
function analysed(): Compiled {
  const solc: { compile: (input: string) => string } = createRequire(import.meta.url)('solc')
  const paths = globSync('contracts/src/**/*.sol', { cwd: ROOT }).toSorted()
  const sources = Object.fromEntries(
    paths.map((path) => [path, { content: readFileSync(join(ROOT, path), 'utf8') }]),
  )
  const outputSelection = { '*': { '': ['ast'], '*': NEEDED } }
  const settings = { evmVersion: 'osaka', outputSelection }
  const compiled: Compiled = JSON.parse(
    solc.compile(JSON.stringify({ language: 'Solidity', sources, settings })),
  )
  const failed = compiled.errors?.find(({ severity }) => severity === 'error')
  if (failed !== undefined) throw new Error(failed.formattedMessage)
  return compiled
}

/** Contracts that somebody deploys, by name: what stands under testing/ is worth nothing. */
function deployed({ sources, contracts }: Compiled) {
  return Object.entries(sources)
    .filter(([path]) => !path.includes('/testing/'))
    .flatMap(([path, { ast }]) =>
      ast.nodes
        .filter((node) => node.nodeType === 'ContractDefinition' && !node.abstract)
        .filter((node) => node.contractKind === 'contract')
        .map(({ name }) => ({ name, path, ...(contracts[path]?.[name] as Analysed & Laid) })),
    )
    .toSorted((one, other) => (one.name < other.name ? -1 : 1))
}

async function entryOf(name: string, layout: StorageLayout): Promise<Entry> {
  const { deployedBytecode } = await hre.artifacts.readArtifact(name)
  return { codeBytes: (deployedBytecode.length - 2) / 2, storage: layoutOf(layout) }
}

async function compare(isCheck: boolean): Promise<number> {
  await hre.tasks.getTask('build').run({ noTests: true, quiet: true })
  const compiled = analysed()
  const entries: Record<string, Entry> = {}
  for (const { name, storageLayout } of deployed(compiled)) {
    entries[name] = await entryOf(name, storageLayout)
  }
  const wrong = [...oversizeIn(entries), ...undocumented(compiled)]
  const text = `${JSON.stringify(entries, null, 2)}\n`
  const committed = await readFile(FILE, 'utf8').catch(() => '{}')
  if (text !== committed && !isCheck) await writeFile(FILE, text)
  if (text !== committed && isCheck) {
    wrong.push(...changesIn(JSON.parse(committed), entries))
    wrong.push('contracts/snapshot.json is not current; run npm run snapshot and review')
  }
  for (const line of wrong) process.stderr.write(`${line}\n`)
  return wrong.length === 0 ? 0 : 1
}

function oversizeIn(entries: Readonly<Record<string, Entry>>): readonly string[] {
  return Object.entries(entries)
    .filter(([, { codeBytes }]) => codeBytes > CODE_BYTES_MAX)
    .map(([name, { codeBytes }]) => `${name} has ${codeBytes} bytes of ${CODE_BYTES_MAX}`)
}

function undocumented({ contracts }: Compiled): readonly string[] {
  return Object.entries(contracts)
    .filter(([path]) => !path.includes('/testing/'))
    .flatMap(([path, inFile]) =>
      Object.entries(inFile).flatMap(([name, contract]) =>
        undocumentedIn(contract).map((missing) => `${path} ${name}: no @notice of ${missing}`),
      ),
    )
}

function changesIn(
  before: Readonly<Record<string, Entry>>,
  entries: Readonly<Record<string, Entry>>,
): readonly string[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(entries)])]
  return names.flatMap((name) => {
    const [old, now] = [before[name], entries[name]].map((entry) => JSON.stringify(entry))
    return old === now ? [] : [`${name}: ${old}\n  is now ${now}`]
  })
}

await runScript({
  call: 'npm run snapshot',
  usage: `npm run snapshot [-- --check]

Writes storage layout and code size of each deployed contract to contracts/snapshot.json, and wants
a notice of every function, event and error. With --check it writes nothing and ends with 1 when
the file is not current.`,
  commands: { '': generatorCommand(compare) },
})
