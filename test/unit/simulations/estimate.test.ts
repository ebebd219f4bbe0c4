import { describe, expect, test } from 'vitest'
import { InputError } from '../../../simulations/input/problems.ts'
import { estimateOf } from '../../../simulations/research/estimate.ts'

const PLACED = ['--topology', 'us-east-1:3,eu-west-1:1', '--protocol', 'simplex']

function problemsOf(args: readonly string[]): readonly string[] {
  try {
    estimateOf(args)
    return []
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    return error.problems.map(({ path, message }) => `${path}: ${message}`)
  }
}

describe('an estimate', () => {
  test('holds all that makes it again', () => {
    const args = [...PLACED, '--trials', '10', '--seed', '7', '--silent', '1']
    const { result } = estimateOf(args)
    expect(result).toMatchObject({
      topology: 'us-east-1:3,eu-west-1:1',
      ...{ members: 4, f: 1, silent: 1, crashed: 0, seed: 7 },
      commit: expect.stringMatching(/^[0-9a-f]{40}(-dirty-[0-9a-f]{12})?$|^unknown$/),
      command: `npm run sim -- estimate ${args.join(' ')}`,
    })
    expect(estimateOf(result.command.split(' ').slice(5)).result).toEqual(result)
  })

  test('that is wrong in one option is not said to be wrong in those that depend on it', () => {
    expect(problemsOf([...PLACED, '--f', '9', '--silent', 'x'])).toEqual([
      '--f: must be a whole number from 0 to 1',
      '--silent: must be a whole number from 0 to 1',
    ])
    expect(problemsOf(['--topology', 'moon-1:4', '--protocol', 'simplex', '--f', '1'])).toEqual([
      expect.stringMatching(/^--topology: "moon-1" is none of us-east-1, /),
    ])
  })
})
