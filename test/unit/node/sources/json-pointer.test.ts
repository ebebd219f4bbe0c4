import { describe, expect, test } from 'vitest'
import { readJson } from '../../../../node/sources/json.ts'
import { parsePointer, valueAt } from '../../../../node/sources/json-pointer.ts'

const WHOLE = readJson(
  '{"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"e^f":3,"g|h":4,"i\\\\j":5,"k\\"l":6," ":7,"m~n":8,' +
    '"null":null,"~1":9,"__proto__":10}',
)

const at = (text: string) => {
  const outcome = parsePointer(text)
  if (outcome.type === 'refused') throw new Error(outcome.problem)
  return valueAt(WHOLE, outcome.pointer)
}

const problem = (text: string) => {
  const outcome = parsePointer(text)
  return outcome.type === 'refused' ? outcome.problem : null
}

describe('a JSON pointer', () => {
  // RFC 6901 §5, and names that look like something else.
  test.each([
    ['/foo/0', 'bar'],
    ['/foo/1', 'baz'],
    ['/', '0'],
    ['/a~1b', '1'],
    ['/c%d', '2'],
    ['/e^f', '3'],
    ['/g|h', '4'],
    ['/i\\j', '5'],
    ['/k"l', '6'],
    ['/ ', '7'],
    ['/m~0n', '8'],
    ['/~01', '9'],
    ['/__proto__', '10'],
    ['/null', null],
  ])('%s leads to %s', (text, wanted) => {
    const value = at(text)
    const isScalar = value === null || typeof value === 'string'
    expect(isScalar ? value : { value }).toEqual(
      typeof wanted === 'string' && /^\d/.test(wanted) ? { value: { numberText: wanted } } : wanted,
    )
  })

  test('leads to the whole when it is empty', () => {
    expect(at('')).toBe(WHOLE)
  })

  test.each([
    '/foo/2',
    '/foo/00',
    '/foo/01',
    '/foo/-',
    '/foo/-1',
    '/foo/1e0',
    '/foo/length',
    '/foo/0/0',
    '/toString',
    '/null/x',
    '/foo/9999999',
  ])('%s leads nowhere', (text) => {
    expect(at(text)).toBeUndefined()
  })

  test.each([
    ['foo', 'must begin with a slash'],
    ['#/foo', 'must begin with a slash'],
    ['/~', 'must write ~0'],
    ['/a~2', 'must write ~0'],
    [`/${'a'.repeat(256)}`, 'is longer than 256'],
    ['/a'.repeat(17), 'leads through more than 16 levels'],
  ])('%s is refused: %s', (text, part) => {
    expect(problem(text)).toContain(part)
  })

  test('may lead as deep as an answer may be', () => {
    expect(problem('/a'.repeat(16))).toBeNull()
    expect(problem(`/${'a'.repeat(255)}`)).toBeNull()
  })
})
