import { describe, expect, test } from 'vitest'
import { generatorCommand, scriptCommand } from '../../../scripts/command-line.ts'

const OPTIONS = {
  count: { type: 'number', default: 5, min: 1, max: 10 },
  minutes: { type: 'number', default: 60, min: 0, max: 100, isFraction: true },
  only: { type: 'text', default: '' },
  json: { type: 'flag' },
} as const

/** What a command with these options gets. */
async function read(args: readonly string[], namesMax = 0): Promise<unknown> {
  let got: unknown
  const command = scriptCommand({
    options: OPTIONS,
    names: { max: namesMax },
    run: (values, names) => {
      got = { ...values, names }
      return 0
    },
  })
  await command.run(args)
  return got
}

describe('the command line of a script', () => {
  test('gives defaults for what is left out, and numbers as numbers', async () => {
    const defaults = { count: 5, minutes: 60, only: '', json: false, names: [] }
    expect(await read([])).toEqual(defaults)
    expect(await read(['--count', '10'])).toMatchObject({ count: 10 })
    expect(await read(['--count', '1', '--minutes=0.5', '--json'])).toEqual({
      ...defaults,
      count: 1,
      minutes: 0.5,
      json: true,
    })
  })

  test('takes as many words without a name as the command says', async () => {
    expect(await read(['a', '--only', 'x', 'b'], 2)).toMatchObject({ only: 'x', names: ['a', 'b'] })
    await expect(read(['a', 'b', 'c'], 2)).rejects.toMatchObject({ message: 'unexpected "c"' })
  })

  test.each([
    [['--no-such-option'], "Unknown option '--no-such-option'"],
    [['--count'], "Option '--count <value>' argument missing"],
    [['--json=1'], "Option '--json' does not take an argument"],
    [['--count', '0'], '--count must be a whole number from 1 to 10'],
    [['--count', '2.5'], '--count must be a whole number from 1 to 10'],
    [['--count', '0x2'], '--count must be a whole number from 1 to 10'],
    [['--count', ''], '--count must be a whole number from 1 to 10'],
    [['--minutes', '1e1'], '--minutes must be a number from 0 to 100'],
    [['stray'], 'unexpected "stray"'],
  ])('refuses %j in one line', async (args, message) => {
    await expect(read(args)).rejects.toMatchObject({ code: 'USAGE_INVALID', message })
  })

  test('of a generator knows --check and nothing else', async () => {
    const command = generatorCommand((isCheck) => (isCheck ? 1 : 0))
    expect([await command.run([]), await command.run(['--check'])]).toEqual([0, 1])
    // A slip of the pen must not overwrite what was to be compared.
    expect(() => command.run(['--chekc'])).toThrow("Unknown option '--chekc'")
  })
})
