import { hintedList } from '../../aggregator/values/nearest-name.ts'
import type { Command, CommandContext } from './command.ts'
import { errorJson, errorText, helpOf, usageError } from './command.ts'
import { EXIT_DONE, exitCodeOf } from './exit-codes.ts'
import { readVersion } from './version.ts'

/**
 * Where the commands are that begin with a word, in the order in which an operator meets them.
 * Each is loaded when it is called: a command that only asks a node needs no cryptography, and
 * answers in half the time.
 */
const GROUPS: Readonly<Record<string, () => Promise<readonly Command[]>>> = {
  run: async () => [(await import('./commands/run.ts')).run],
  // The longer names first: they begin with the other ones.
  signer: async () => [
    (await import('./commands/signer-config-check.ts')).signerConfigCheck,
    (await import('./commands/signer.ts')).signer,
  ],
  gateway: async () => [
    (await import('./commands/gateway-config-check.ts')).gatewayConfigCheck,
    (await import('./commands/gateway.ts')).gateway,
  ],
  init: async () => [(await import('./commands/init.ts')).init],
  keys: async () => {
    const { keysEnrol, keysNew, keysShow } = await import('./commands/keys.ts')
    const { keysToken } = await import('./commands/keys-token.ts')
    return [keysNew, keysShow, keysToken, keysEnrol]
  },
  config: async () => [
    (await import('./commands/config-check.ts')).configCheck,
    (await import('./commands/config-schema.ts')).configSchema,
  ],
  venues: async () => [(await import('./commands/venues.ts')).venuesPins],
  doctor: async () => [(await import('./commands/doctor.ts')).doctor],
  'dry-run': async () => [(await import('./commands/dry-run.ts')).dryRun],
  dkg: async () => [(await import('./commands/dkg.ts')).dkg],
  rotate: async () => {
    const rotate = await import('./commands/rotate.ts')
    const { rotateApprove, rotateCheck, rotateOwner, rotateStatus, rotateWithdraw } = rotate
    return [rotateCheck, rotateApprove, rotateWithdraw, rotateStatus, rotateOwner]
  },
  status: async () => [(await import('./commands/status.ts')).status],
  record: async () => {
    const { record, recordShow } = await import('./commands/record.ts')
    return [recordShow, record]
  },
  'replay-market': async () => [(await import('./commands/replay-market.ts')).replayMarket],
  replay: async () => [(await import('./commands/replay.ts')).replay],
  journal: async () => [
    (await import('./commands/journal-export.ts')).journalExport,
    (await import('./commands/journal-quality.ts')).journalQualityCommand,
    (await import('./commands/journal-config.ts')).journalConfig,
  ],
  evidence: async () => {
    const evidence = await import('./commands/evidence.ts')
    const { evidenceCalldata, evidenceExport, evidenceList, evidenceVerify } = evidence
    return [evidenceList, evidenceExport, evidenceVerify, evidenceCalldata]
  },
  report: async () => [(await import('./commands/report-verify.ts')).reportVerify],
  deploy: async () => {
    const { deployApply, deployPlan, deployVerify } = await import('./commands/deploy.ts')
    return [deployPlan, deployApply, deployVerify]
  },
  settle: async () => [(await import('./commands/settle.ts')).settle],
  simulate: async () => [(await import('./commands/simulate.ts')).simulate],
}

/** Every command, for those who list them. */
export async function allCommands(): Promise<readonly Command[]> {
  return (await Promise.all(Object.values(GROUPS).map((load) => load()))).flat()
}

/**
 * Runs one command line. Never throws: every failure is printed, as one line of JSON when `--json`
 * was asked for, and becomes an exit code.
 */
export async function execute(args: readonly string[], context: CommandContext): Promise<number> {
  try {
    return await dispatch(args, context)
  } catch (error) {
    context.stderr.write(args.includes('--json') ? errorJson(error) : errorText(error))
    return exitCodeOf(error)
  }
}

async function dispatch(args: readonly string[], context: CommandContext): Promise<number> {
  const [first] = args
  if (first === '--version') {
    context.stdout.write(`${await readVersion()}\n`)
    return EXIT_DONE
  }
  if (first === undefined || first === '--help' || first === 'help') {
    context.stdout.write(overview(await allCommands()))
    return EXIT_DONE
  }
  const isGroup = args[1] === '--help' && Object.hasOwn(GROUPS, first)
  const commands = isGroup ? await GROUPS[first]?.() : undefined
  if (commands?.every(({ name }) => name !== first)) {
    context.stdout.write(overview(commands))
    return EXIT_DONE
  }
  const command = await commandOf(args)
  const rest = args.slice(command.name.split(' ').length)
  if (!command.isPassedThrough && rest.includes('--help')) {
    context.stdout.write(helpOf(command))
    return EXIT_DONE
  }
  return command.run(rest, context)
}

async function commandOf(args: readonly string[]): Promise<Command> {
  const [first = ''] = args
  const load = Object.hasOwn(GROUPS, first) ? GROUPS[first] : undefined
  if (load === undefined) throw usageError(`no command ${hintedList([first], Object.keys(GROUPS))}`)
  const commands = await load()
  const found = commands.find(({ name }) => {
    const words = name.split(' ')
    return words.every((word, index) => args[index] === word)
  })
  if (found !== undefined) return found
  const names = commands.map(({ name }) => `parallax ${name}`).join(', ')
  const second = args[1] === undefined ? '' : `, not ${args[1]}`
  throw usageError(`say which${second}: ${names}`)
}

function overview(commands: readonly Command[]): string {
  const width = Math.max(...commands.map(({ name }) => name.length))
  return [
    'Usage: parallax COMMAND [options]',
    '',
    ...commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`),
    '',
    'parallax COMMAND --help explains one; docs/cli.md lists the exit codes.',
    '',
  ].join('\n')
}
