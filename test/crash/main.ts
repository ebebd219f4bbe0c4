import { parseArgs } from 'node:util'
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

function usage(): string {
  const lines = Object.values(COMMANDS).flatMap((each) => [
    `  npm run crash -- ${each.usage}`,
    `      ${each.summary}`,
  ])
  return [
    'Breaks signers and nodes, and counts what they contradict.',
    '',
    ...lines,
    '',
    '  --json  one JSON object on stdout instead of text',
    '',
    'Exit codes: 0 nothing was contradicted, 1 something was or a control found nothing,',
    '2 the command line is wrong.',
  ].join('\n')
}

function optionsOf(command: CrashCommand, args: readonly string[]) {
  const names = Object.keys(command.defaults)
  const { values } = parseArgs({
    args: [...args],
    options: {
      ...Object.fromEntries(names.map((name) => [name, { type: 'string' as const }])),
      json: { type: 'boolean' as const },
    },
  })
  const given = new Map(Object.entries(values))
  const numbers = names.map((name) => {
    const text = given.get(name)
    if (text === undefined) return [name, command.defaults[name] ?? 0] as const
    if (!/^\d+$/.test(String(text)) || Number(text) < 1 || Number(text) > NUMBER_MAX) {
      throw new RangeError(`--${name} must be a whole number from 1 to ${NUMBER_MAX}`)
    }
    return [name, Number(text)] as const
  })
  return { numbers: Object.fromEntries(numbers), isJson: values.json === true }
}

async function main([name, ...rest]: readonly string[]): Promise<number> {
  const command = Object.hasOwn(COMMANDS, name ?? '') ? COMMANDS[name ?? ''] : undefined
  let parsed: ReturnType<typeof optionsOf>
  try {
    if (command === undefined) throw new RangeError(`there is no command ${name ?? ''}`)
    parsed = optionsOf(command, rest)
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n\n${usage()}\n`)
    return 2
  }
  const startedMs = performance.now()
  const { passed, figures } = await command.run(parsed.numbers)
  const seconds = Math.round((performance.now() - startedMs) / 1_000)
  const result = { command: name, ...parsed.numbers, passed, seconds, ...figures }
  const space = parsed.isJson ? 0 : 2
  process.stdout.write(`${JSON.stringify(result, null, space)}\n`)
  return passed ? 0 : 1
}

process.exitCode = await main(process.argv.slice(2))
