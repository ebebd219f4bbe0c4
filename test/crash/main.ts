import { runScript, type ScriptCommand, scriptCommand } from '../../scripts/command-line.ts'
import type { CrashCommand } from './crash-command.ts'
import { doubles } from './doubles.ts'
import { kills } from './kills-command.ts'
import { nodes } from './nodes.ts'
import { backups, points } from './points-command.ts'
import { restarts } from './restarts.ts'

const COMMANDS: Readonly<Record<string, CrashCommand>> = {
  kills,
  nodes,
  restarts,
  points,
  backups,
  doubles,
}

const NUMBER_MAX = 1_000_000

const USAGE = `npm run crash -- NAME [options]

Breaks signers and nodes, and counts what they contradict.

${Object.values(COMMANDS)
  .map(({ usage, summary }) => `  npm run crash -- ${usage}\n      ${summary}`)
  .join('\n')}

  --json  one line of JSON instead of several

Exit codes: 0 nothing was contradicted, 1 something was or a control found nothing,
2 the command line is wrong.`

function commandOf(name: string, { defaults, run }: CrashCommand): ScriptCommand {
  const numbers = Object.entries(defaults).map(
    ([option, value]) =>
      [option, { type: 'number', default: value, min: 1, max: NUMBER_MAX }] as const,
  )
  return scriptCommand({
    options: { ...Object.fromEntries(numbers), json: { type: 'flag' } },
    run: async ({ json, ...given }) => {
      const startedMs = performance.now()
      const { passed, figures } = await run(given)
      const seconds = Math.round((performance.now() - startedMs) / 1_000)
      const result = { command: name, ...given, passed, seconds, ...figures }
      process.stdout.write(`${JSON.stringify(result, null, json ? 0 : 2)}\n`)
      return passed ? 0 : 1
    },
  })
}

await runScript({
  call: 'npm run crash',
  usage: USAGE,
  commands: Object.fromEntries(
    Object.entries(COMMANDS).map(([name, command]) => [name, commandOf(name, command)]),
  ),
})
