import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { chaos } from './chaos.ts'
import { FAKETIME } from './faults.ts'
import { SCENARIOS } from './scenarios.ts'

const USAGE = `npm run chaos [-- --seconds 60 --only TEXT --seed 1 --list --json]

Seven real oracles under faults, in a network and mount namespace of its own. Needs Linux, the right
to make namespaces, and the packages nftables, iproute2, libfaketime and a C compiler.`

/** Set for the process that runs inside. */
const INSIDE = 'PARALLAX_CHAOS_INSIDE'

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '60' },
      only: { type: 'string', default: '' },
      seed: { type: 'string', default: '1' },
      list: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  const scenarios = SCENARIOS.filter(({ name }) => name.includes(values.only))
  const seconds = Number(values.seconds)
  if (values.help || !(seconds > 0) || scenarios.length === 0) {
    process.stderr.write(`${USAGE}\n`)
    return values.help ? 0 : 2
  }
  if (values.list) {
    process.stdout.write(`${scenarios.map(({ name }) => name).join('\n')}\n`)
    return 0
  }
  const lacking = lackingTools()
  if (lacking.length > 0) {
    process.stderr.write(`missing here: ${lacking.join(', ')}\n\n${USAGE}\n`)
    return 2
  }
  if (process.env[INSIDE] === undefined) return await runInside()
  execFileSync('ip', ['link', 'set', 'lo', 'up'])
  const controller = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => controller.abort())
  const results = await chaos({
    scenarios,
    durationMs: seconds * 1_000,
    seed: Number(values.seed),
    signal: controller.signal,
    say: (text) => process.stderr.write(`${text}\n`),
  })
  const failed = results.flatMap(({ scenario, failed: why }) =>
    why.map((each) => `${scenario}: ${each}`),
  )
  process.stdout.write(`${JSON.stringify({ results, failed }, null, values.json ? 0 : 2)}\n`)
  if (controller.signal.aborted) return 130
  return failed.length === 0 ? 0 : 1
}

/** What this needs and does not find, before an hour is spent. */
function lackingTools(): readonly string[] {
  const programs = ['cc', 'ip', 'nft', 'unshare'].filter(
    (name) => spawnSync(name, ['--version'], { stdio: 'ignore' }).error !== undefined,
  )
  return existsSync(FAKETIME) ? programs : [...programs, FAKETIME]
}

/** This program again, where nothing that it does to network and mounts is seen outside. */
async function runInside(): Promise<number> {
  const child = spawn(
    'unshare',
    ['--net', '--mount', '--propagation', 'private', process.execPath, ...process.argv.slice(1)],
    { stdio: 'inherit', env: { ...process.env, [INSIDE]: '1' } },
  )
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => child.kill(name))
  const [code] = await once(child, 'close')
  return code ?? 1
}

process.exitCode = await main()
