import { describe, expect, test } from 'vitest'
import { InputError, type Problem } from '../../../simulations/input/problems.ts'
import { impossibleWaits, parseProtocol } from '../../../simulations/input/protocol-file.ts'

const found = (text: string): readonly Problem[] => {
  try {
    parseProtocol(text)
    return []
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    expect(error.code).toBe('PROTOCOL_INVALID')
    return error.problems
  }
}
const problemsOf = (text: string) => found(text).map(({ path }) => path)
const linesOf = (text: string) => found(text).map(({ path, message }) => `${path}: ${message}`)
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

  test('names that do not fit are told beside a form that is wrong', () => {
    const text = `
name: mine
measuredFrm: a
roles: [{ name: quorum, of: al, count: most }]
steps:
  - { name: request, from: leadr, to: quorm }
  - { name: answer, from: all, to: leader, after: { reqest: 1, elapsedMs: -1 }, workMs: -1 }
  - { name: answer, from: all, to: leader, after: [{ request: most }] }
done: { anser: 1 }
`
    expect(linesOf(text)).toEqual([
      'roles.0.count: must be a whole number from 1, a share such as 67% or 0.67, or one of ' +
        'all, f+1, 2f+1, n-f, majority',
      expect.stringMatching(/^steps\.1\.after: must be \{ step: count/),
      'steps.1.workMs: must be at least 0',
      expect.stringMatching(/^steps\.2\.after: must be \{ step: count/),
      'measuredFrm: is no key that is known here; did you mean measuredFrom?',
      'roles.0.of: must be one of all, leader, one, expected, alive; did you mean all?',
      'steps.0.from: must be one of all, leader, one, expected, alive, quorum; ' +
        'did you mean leader?',
      'steps.0.to: must be one of all, leader, one, expected, alive, quorum; did you mean quorum?',
      'steps.1.after: waits for reqest, which is no earlier step; did you mean request?',
      'steps.2.name: answer is taken',
      'done: waits for anser, which is no earlier step; did you mean answer?',
    ])
  })

  test('a name that cannot be read makes no other one wrong', () => {
    const steps = '  - { name: 1, from: mine, to: all, after: { a: 1 } }\n  - 7'
    const rest = 'roles: [{ nam: mine, of: all, count: 1 }]\nmeasuredFrom: z\ndone: { b: 1 }'
    expect(problemsOf(file(steps, rest))).toEqual([
      'roles.0.name',
      'roles.0.nam',
      'steps.1.name',
      'steps.2',
    ])
    expect(problemsOf('name: mine\nsteps: 3\nroles: 4\ndone: { a: 1 }\n')).toEqual([
      'roles',
      'steps',
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
