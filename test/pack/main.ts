// `npm run packcheck`: what `npm pack` makes, installed into a folder of its own and used as
// docs/guides/protocol.md says, word by word. With --clone, a fresh clone of the last commit is
// packed, which brings its own dependencies. Asks the npm registry.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { runScript, scriptCommand } from '../../scripts/command-line.ts'
import { namedBlocks } from '../support/guide.ts'
import { bundleForWeb } from '../support/web-bundle.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const TOOLS = ['hardhat', 'solc', 'viem', 'typescript', '@types/node']

/** Without skipLibCheck: declarations must hold for whoever checks them all. */
const SETTINGS = {
  compilerOptions: {
    target: 'ES2024',
    module: 'NodeNext',
    strict: true,
    exactOptionalPropertyTypes: true,
    types: ['node'],
    noEmit: true,
  },
  files: ['test/prices.ts', 'test/market.ts', 'client.ts'],
}

/** Of a frontend: resolved as bundlers do, and nothing of Node. */
const WEB_SETTINGS = {
  compilerOptions: {
    target: 'ES2022',
    lib: ['ES2022', 'DOM'],
    module: 'ESNext',
    moduleResolution: 'Bundler',
    strict: true,
    types: [],
    noEmit: true,
  },
  files: ['frontend.ts'],
}

const CLIENT = `import { isClientError } from 'parallax-oracle/client'
import { loadClient } from 'parallax-oracle/client/load'
import { priceFeedsAbi } from 'parallax-oracle/abi/price-feeds'
const url = 'http://127.0.0.1:9'
const refused = await loadClient({ url, committeeFile: 'none.json' }).catch((error) => error)
const said = [(refused as { code: string }).code, isClientError(refused), priceFeedsAbi.length > 50]
process.stdout.write(said.join(' ') + '\\n')
`

interface Run {
  readonly in: string
  /** What stdout must hold for the step to count as done. */
  readonly expect: RegExp
}

const USAGE = `npm run packcheck [-- --clone]

Packs, installs what was packed into an empty folder and follows docs/guides/protocol.md there.
With --clone a fresh clone of the last commit is packed. Asks the npm registry; some minutes.`

const packcheck = scriptCommand({
  options: { clone: { type: 'flag' } },
  run: async ({ clone }) => {
    const folder = mkdtempSync(join(tmpdir(), 'parallax-pack-'))
    try {
      const from = clone ? join(folder, 'clone') : ROOT
      if (clone) {
        await run(['git', 'clone', '--quiet', '--depth', '1', `file://${ROOT}`, from], {
          in: folder,
          expect: /^$/,
        })
      }
      const packed = await run(['npm', 'pack', '--json', '--pack-destination', folder], {
        in: from,
        expect: /parallax-oracle-.*\.tgz/,
      })
      await use(join(folder, archiveIn(packed)), join(folder, 'consumer'))
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
    process.stdout.write('the package works as the guide says\n')
    return 0
  },
})

function archiveIn(packed: string): string {
  const [name] = /parallax-oracle-[\d.]+\.tgz/.exec(packed) ?? []
  if (name === undefined) throw new Error('npm did not say what it packed')
  return name
}

/** A protocol's project, made of the guide's own blocks. */
async function use(archive: string, folder: string): Promise<void> {
  const at = (expect: RegExp): Run => ({ in: folder, expect })
  mkdirSync(folder)
  const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  const versions = { ...manifest.dependencies, ...manifest.devDependencies }
  const tools = TOOLS.map((name) => `${name}@${versions[name]}`)
  await run(['npm', 'init', '--yes'], at(/./))
  await run(['npm', 'pkg', 'set', 'type=module'], at(/^$/))
  await run(
    ['npm', 'install', '--no-audit', '--no-fund', '--prefer-offline', '-D', archive, ...tools],
    at(/added \d+ packages/),
  )
  const guide = readFileSync(join(ROOT, 'docs/guides/protocol.md'), 'utf8')
  const files = {
    ...namedBlocks(guide),
    'client.ts': CLIENT,
    'web.ts': "export * from 'parallax-oracle/client'\n",
    'tsconfig.json': json(SETTINGS),
    'tsconfig.web.json': json(WEB_SETTINGS),
  }
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  await run(['npx', 'tsc', '-p', '.'], at(/^$/))
  await run(['npx', 'tsc', '-p', 'tsconfig.web.json'], at(/^$/))
  for (const file of ['web.ts', 'frontend.ts']) {
    const { bytes, gzipBytes } = await bundleForWeb({ folder, file })
    process.stdout.write(`${file} for browsers: ${bytes} bytes, ${gzipBytes} with gzip\n`)
  }
  await run(['npx', 'hardhat', 'test', 'solidity'], at(/12 passing/))
  await run(['npx', 'hardhat', 'run', 'test/prices.ts'], at(/^200000000000 FeedHalted$/m))
  await run(['npx', 'hardhat', 'run', 'test/market.ts'], at(/^true 200000000000000000$/m))
  await run([process.execPath, 'client.ts'], at(/^CONFIG_UNREADABLE false true$/m))
  await run(['npx', 'parallax', '--version'], at(/^\d+\.\d+\.\d+$/m))
  await run(['npx', 'parallax', 'simulate', '--help'], at(/Simulates the protocol/))
}

function json(value: unknown): string {
  return JSON.stringify(value)
}

async function run([program = '', ...args]: readonly string[], run: Run): Promise<string> {
  const started = performance.now()
  const child = spawn(program, args, { cwd: run.in, stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    text += part
  })
  const [code] = await once(child, 'close')
  const seconds = ((performance.now() - started) / 1_000).toFixed(1)
  const line = `${[program, ...args].join(' ')}: ${seconds} s`
  if (code === 0 && run.expect.test(text)) {
    process.stdout.write(`${line}\n`)
    return text
  }
  throw new Error(`${line}, ended with ${code}\n${text}`)
}

await runScript({ call: 'npm run packcheck', usage: USAGE, commands: { '': packcheck } })
