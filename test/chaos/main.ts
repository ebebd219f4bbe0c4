import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { runScript, scriptCommand, stopSignal, UsageError } from '../../scripts/command-line.ts'
import { chaos } from './chaos.ts'
import { FAKETIME } from './faults.ts'
import { SCENARIOS } from './scenarios.ts'

const USAGE = `npm run chaos [-- --seconds 60 --only TEXT --seed 1 --list --json]

Seven real oracles under faults, in a network and mount namespace of its own. Needs Linux, the right
to make namespaces, and the packages nftables, iproute2, libfaketime and a C compiler.`

/** Set for the process that runs inside. */
const INSIDE = 'PARALLAX_CHAOS_INSIDE'

const chaosCommand = scriptCommand({
  options: {
    seconds: { type: 'number', default: 60, min: 1, max: 86_400 },
    only: { type: 'text', default: '' },
    seed: { type: 'number', default: 1, min: 0, max: 0xffffffff },
    list: { type: 'flag' },
    json: { type: 'flag' },
  },
  run: async ({ seconds, only, seed, list, json }) => {
    const scenarios = SCENARIOS.filter(({ name }) => name.includes(only))
    if (scenarios.length === 0) throw new UsageError(`no scenario has "${only}" in its name`)
    if (list) {
      process.stdout.write(`${scenarios.map(({ name }) => name).join('\n')}\n`)
      return 0
    }
    const lacking = lackingTools()
    if (lacking.length > 0) {
      process.stderr.write(`missing here: ${lacking.join(', ')}; --help lists what is needed\n`)
      return 2
    }
    if (process.env[INSIDE] === undefined) return await runInside()
    execFileSync('ip', ['link', 'set', 'lo', 'up'])
    const signal = stopSignal()
    const results = await chaos({
      scenarios,
      durationMs: seconds * 1_000,
      seed,
      signal,
      say: (text) => process.stderr.write(`${text}\n`),
    })
    const failed = results.flatMap(({ scenario, failed: why }) =>
      why.map((each) => `${scenario}: ${each}`),
    )
    process.stdout.write(`${JSON.stringify({ results, failed }, null, json ? 0 : 2)}\n`)
    if (signal.aborted) return 130
    return failed.length === 0 ? 0 : 1
  },
})

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

await runScript({ call: 'npm run chaos', usage: USAGE, commands: { '': chaosCommand } })
