import type { Command, CommandContext } from './command.ts'
import { errorJson, errorText, helpOf, usageError } from './command.ts'
import { configCheck } from './commands/config-check.ts'
import { deployApply, deployPlan, deployVerify } from './commands/deploy.ts'
import { dkg } from './commands/dkg.ts'
import {
  evidenceCalldata,
  evidenceExport,
  evidenceList,
  evidenceVerify,
} from './commands/evidence.ts'
import { gateway } from './commands/gateway.ts'
import { init } from './commands/init.ts'
import { keysEnrol, keysNew, keysShow } from './commands/keys.ts'
import { replay } from './commands/replay.ts'
import { reportVerify } from './commands/report-verify.ts'
import {
  rotateApprove,
  rotateCheck,
  rotateOwner,
  rotateStatus,
  rotateWithdraw,
} from './commands/rotate.ts'
import { run } from './commands/run.ts'
import { settle } from './commands/settle.ts'
import { signer } from './commands/signer.ts'
import { simulate } from './commands/simulate.ts'
import { status } from './commands/status.ts'
import { EXIT_DONE, exitCodeOf } from './exit-codes.ts'
import { readVersion } from './version.ts'

/** Every command, in the order in which an operator meets them. */
export const COMMANDS: readonly Command[] = [
  run,
  signer,
  gateway,
  init,
  keysNew,
  keysShow,
  keysEnrol,
  configCheck,
  dkg,
  rotateCheck,
  rotateApprove,
  rotateWithdraw,
  rotateStatus,
  rotateOwner,
  status,
  replay,
  evidenceList,
  evidenceExport,
  evidenceVerify,
  evidenceCalldata,
  reportVerify,
  deployPlan,
  deployApply,
  deployVerify,
  settle,
  simulate,
]

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
    context.stdout.write(overview())
    return EXIT_DONE
  }
  const command = commandOf(args)
  const rest = args.slice(command.name.split(' ').length)
  if (!command.isPassedThrough && rest.includes('--help')) {
    context.stdout.write(helpOf(command))
    return EXIT_DONE
  }
  return command.run(rest, context)
}

function commandOf(args: readonly string[]): Command {
  const found = COMMANDS.find(({ name }) => {
    const words = name.split(' ')
    return words.every((word, index) => args[index] === word)
  })
  if (found !== undefined) return found
  const siblings = COMMANDS.filter(({ name }) => name.startsWith(`${args[0]} `))
  const names = siblings.map(({ name }) => `parallax ${name}`).join(', ')
  throw usageError(names === '' ? `no command ${args[0]}` : `say which: ${names}`)
}

function overview(): string {
  const width = Math.max(...COMMANDS.map(({ name }) => name.length))
  return [
    'Usage: parallax COMMAND [options]',
    '',
    ...COMMANDS.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`),
    '',
    'parallax COMMAND --help explains one; docs/cli.md lists the exit codes.',
    '',
  ].join('\n')
}
