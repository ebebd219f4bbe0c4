import { describe, expect, test } from 'vitest'
import { InputError } from '../../../simulations/input/problems.ts'
import { impossibleWaits, parseProtocol } from '../../../simulations/input/protocol-file.ts'

const problemsOf = (text: string): readonly string[] => {
  try {
    parseProtocol(text)
    return []
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    expect(error.code).toBe('PROTOCOL_INVALID')
    return error.problems.map(({ path }) => path)
  }
}
const file = (steps: string, rest = 'done: { a: 1 }') =>
  `name: mine\nsteps:\n  - { name: a, from: leader, to: all }\n${steps}\n${rest}\n`

describe('a protocol file', () => {
  test('a share may be a percentage or a number below 1', () => {
    const votes = '  - { name: b, from: all, to: all, after: { a: 1 } }'
    const { done } = parseProtocol(file(votes, 'done: [{ b: 0.67 }, { b: 66.7% }, { b: all }]'))
    const counts = done.map((wait) => wait.counts[0]?.count)
    expect(counts).toEqual(['67.0000%', '66.7%', 'all'])
  })

  test('all problems of form are listed at once', () => {
    const text = 'name: Mine\nsteps: [{ name: 1, from: all, to: all, workMs: -1, x: 2 }]\n'
    expect(problemsOf(text)).toEqual([
      'name',
      'steps.0.name',
      'steps.0.workMs',
      'steps.0.x',
      'done',
    ])
  })

  test('all names that do not fit are listed at once', () => {
    const steps = [
      '  - { name: a, from: nobody, to: all }',
      '  - { name: b, from: all, to: everywhere, after: { c: 1 } }',
      '  - { name: elapsedMs, from: all, to: all }',
    ].join('\n')
    const rest = 'roles: [{ name: all, of: some, count: 2 }]\nmeasuredFrom: z\ndone: { y: 1 }'
    expect(problemsOf(file(steps, rest))).toEqual([
      'roles.0.of',
      'roles.0.name',
      'steps.1.name',
      'steps.1.from',
      'steps.2.to',
      'steps.2.after',
      'steps.3.name',
      'done',
      'measuredFrom',
    ])
  })

  test.each(['0', '1001', '101%', '0%', '-1', '1.5', 'most', '[1]'])('%s is no count', (count) => {
    expect(problemsOf(file('', `done: { a: ${count} }`))).toEqual(['done'])
  })

  test.each(['', ': [', '- 1', 'name: mine\nname: mine', 'a: &a [*a]'])(
    'the text "%s" is refused with its problems',
    (text) => {
      expect(problemsOf(text).length).toBeGreaterThan(0)
    },
  )

  test('a wait for more than are sent is found before anything runs', () => {
    const protocol = parseProtocol(file('', 'done: [{ a: 1 }, { a: 2f+1 }]'))
    expect(impossibleWaits(protocol, { n: 4, f: 1 })).toEqual([
      { path: 'done', message: 'waits for 3 of a, which 1 of 4 members send' },
    ])
  })
})
