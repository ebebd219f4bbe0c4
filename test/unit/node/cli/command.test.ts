import { expect, test } from 'vitest'
import type { CommandContext } from '../../../../node/cli/command.ts'
import { command, errorJson, errorText, helpOf } from '../../../../node/cli/command.ts'
import { OracleError } from '../../../../node/errors.ts'

const CONTEXT = {} as CommandContext
const SEEN: unknown[] = []

const sample = command({
  name: 'sample run',
  summary: 'Does nothing.',
  argument: 'FILE',
  options: {
    config: { type: 'string', value: 'FILE', describe: 'configuration', required: true },
    member: { type: 'string', describe: 'a member', multiple: true },
    label: { type: 'string', describe: 'a label' },
    force: { type: 'boolean', describe: 'go on' },
  },
  run: async (options, { argument }) => {
    SEEN.push({ ...options, argument })
    return 0
  },
})

const runWith = async (...args: readonly string[]) => {
  SEEN.length = 0
  await sample.run(args, CONTEXT)
  return SEEN[0]
}

test('options reach the command typed, the missing ones as nothing', async () => {
  expect(await runWith('a.txt', '--config', 'c.yaml', '--member', '1', '--member', '2')).toEqual({
    argument: 'a.txt',
    config: 'c.yaml',
    member: ['1', '2'],
    label: undefined,
    force: false,
    json: false,
  })
})

test('what is missing is named at once, not one by one', () => {
  const options = {
    url: { type: 'string', describe: 'a gateway', required: true },
    rpc: { type: 'string', describe: 'an endpoint', required: true },
    label: { type: 'string', describe: 'a label' },
  } as const
  const two = command({ name: 'two', summary: 'Needs two.', options, run: async () => 0 })
  expect(() => two.run([], CONTEXT)).toThrow('needs --url, --rpc; see parallax two --help')
})

test('all options that there are none of are named at once, with what was probably meant', () => {
  const line = ['a.txt', '--cnfig', 'c', '--colour', '--frce']
  expect(() => sample.run(line, CONTEXT)).toThrow(
    'there is no option --cnfig (did you mean --config?), --colour, ' +
      '--frce (did you mean --force?); see parallax sample run --help',
  )
})

test.each([
  [['a.txt'], 'needs --config'],
  [['--config', 'c.yaml'], 'needs FILE'],
  [['a.txt', 'b.txt', '--config', 'c.yaml'], 'unexpected b.txt'],
  [['a.txt', '--config'], '--config'],
  [['a.txt', '--config', 'c', '--colour'], '--colour'],
  [['a.txt', '--config', 'c', '--force=yes'], '--force'],
])('%j is refused: %s', async (args, words) => {
  const error = await new Promise((resolve) => {
    try {
      runWith(...args).then(resolve, resolve)
    } catch (thrown) {
      resolve(thrown)
    }
  })
  expect(error).toMatchObject({
    code: 'USAGE_INVALID',
    message: expect.stringContaining(words),
  })
  expect(String(error)).toContain('parallax sample run --help')
})

test('help names every option with its value', () => {
  const help = helpOf(sample)
  expect(help).toContain('Usage: parallax sample run FILE [options]')
  expect(help).toMatch(/--config FILE +configuration \(required\)/)
  expect(help).toMatch(/--json +machine-readable output/)
})

test('an error is its code, its message and its context', () => {
  const error = new OracleError('RPC_NONE_USABLE', 'check the endpoints', {
    context: { chainId: 1 },
  })
  expect(errorText(error)).toBe('RPC_NONE_USABLE: check the endpoints\n  chainId: 1\n')
  expect(JSON.parse(errorJson(error))).toEqual({
    error: { code: 'RPC_NONE_USABLE', message: 'check the endpoints', context: { chainId: 1 } },
  })
  expect(errorText(new Error('broken'))).toBe('UNKNOWN: broken\n')
})
