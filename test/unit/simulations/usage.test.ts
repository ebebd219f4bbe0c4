import { describe, expect, test } from 'vitest'
import { LONG_COMMANDS } from '../../../simulations/commands.ts'
import { RESEARCH } from '../../../simulations/research/commands.ts'
import { COMMANDS, helpOf, usageOf } from '../../../simulations/usage.ts'

const CALL = 'npm run sim --'
const names = COMMANDS.map(({ name }) => name)

/** What a command does with a command line; `simulate` is tested as a process. */
async function run(name: string, args: readonly string[]): Promise<unknown> {
  const short = RESEARCH.get(name)
  return short === undefined
    ? LONG_COMMANDS.get(name)?.(args, new AbortController().signal)
    : short(args)
}

describe('the usage of the simulator', () => {
  test('names every command there is', () => {
    expect(names.toSorted()).toEqual(
      ['simulate', ...RESEARCH.keys(), ...LONG_COMMANDS.keys()].toSorted(),
    )
  })

  test.each(names)('of %s begins with how it is called, and stands in the whole', (name) => {
    const [first = ''] = usageOf(CALL, name).split('\n')
    expect(first).toMatch(new RegExp(`^Usage: ${CALL} ${name} `))
    expect(usageOf(CALL, undefined)).toContain(first.slice(`Usage: ${CALL} `.length))
    expect(helpOf(name)).toBe(`${name} --help`)
  })

  test('of what is no command is that of all', () => {
    expect(usageOf(CALL, 'paxos')).toBe(usageOf(CALL, undefined))
    expect(helpOf('paxos')).toBe('help')
  })

  test('of one command explains the options that it takes, and no others', () => {
    const help = usageOf(CALL, 'concentration')
    expect(help).toContain('--json          one JSON object')
    expect(help.replace(CALL, '')).not.toMatch(/--(?!json)/)
    expect(usageOf(CALL, 'import-prices')).toMatch(/--step-ms N {5}one price/)
    expect(usageOf(CALL, undefined)).toMatch(/--metrics M {5}what a report/)
    for (const { options = [], name } of COMMANDS) {
      const usage = usageOf(CALL, name).split('\n').slice(0, 4).join(' ')
      for (const { option } of options) expect(usage).toContain(option.split(' ')[0])
    }
  })

  test('all options that there are none of are told at once', async () => {
    const error = await run('sweep', ['--tabel', 'a.csv', '--jsn', '--hm', '--hm']).catch(String)
    expect(error).toBe(
      'TypeError: there is no option --tabel (did you mean --table?), ' +
        '--jsn (did you mean --json?), --hm',
    )
    const many = Array.from({ length: 12 }, (_, at) => `--unheard-of-${at}`)
    const told = await run('sweep', many).catch(String)
    expect(String(told).split(', ')).toHaveLength(10)
  })

  test.each(names.filter((name) => name !== 'simulate'))(
    '%s refuses an option that it does not know before it does anything',
    async (name) => {
      await expect(run(name, ['--no-such-option'])).rejects.toMatchObject({
        code: 'ERR_PARSE_ARGS_UNKNOWN_OPTION',
      })
    },
  )
})
