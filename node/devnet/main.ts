import { DEVNET_USAGE, parseDevnetOptions } from './options.ts'
import { failureText, runDevnet } from './run.ts'

const LOOK_EVERY_MS = 1_000

/** What `npm start` runs. Exit code: 0 as it should be, 1 not, 2 wrong options. */
async function main(): Promise<number> {
  const controller = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => controller.abort())
  }
  abortWithParent(controller)
  const { stdout, stderr } = process
  try {
    const options = parseDevnetOptions(process.argv.slice(2))
    if (options === null) {
      stdout.write(`${DEVNET_USAGE}\n`)
      return 0
    }
    return await runDevnet(options, controller.signal, { stdout, stderr })
  } catch (error) {
    if (controller.signal.aborted) return 0
    stderr.write(`${failureText(error)}\n`)
    return failureText(error).startsWith('DEVNET_OPTION_INVALID') ? 2 : 1
  }
}

/** Whoever started this may be killed without a word; the network must not go on alone. */
function abortWithParent(controller: AbortController): void {
  const parent = process.ppid
  setInterval(() => {
    if (process.ppid !== parent) controller.abort()
  }, LOOK_EVERY_MS).unref()
}

process.exitCode = await main()
