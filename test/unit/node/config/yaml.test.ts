import { expect, test } from 'vitest'
import { parseYaml, YAML_BYTES_MAX } from '../../../../node/config/yaml.ts'

const problemOf = (text: string) => {
  const parsed = parseYaml(text)
  return parsed.type === 'refused' ? (parsed.problems[0]?.message ?? '') : 'parsed'
}

test('parseYaml reads YAML and JSON', () => {
  expect(parseYaml('a: 1\nb: [x, "y"]')).toEqual({ type: 'parsed', value: { a: 1, b: ['x', 'y'] } })
  expect(parseYaml('{"a": 1}')).toEqual({ type: 'parsed', value: { a: 1 } })
})

test('parseYaml names the line of a syntax error', () => {
  expect(problemOf('a: 1\nb: [x')).toMatch(/^line 2: /)
  expect(problemOf('a: 1\na: 2')).toBe('line 2: Map keys must be unique')
})

test('parseYaml refuses a repeated key', () => {
  expect(problemOf('port: 1\nport: 2')).toMatch(/unique/i)
})

test('parseYaml refuses aliases, which can stand for gigabytes', () => {
  const bomb = ['a: &a [x,x,x,x]', 'b: &b [*a,*a,*a,*a]', 'c: [*b,*b,*b,*b]'].join('\n')
  expect(problemOf(bomb)).toMatch(/aliases/)
  expect(problemOf('a: &a x\nb: *a')).toMatch(/aliases/)
})

test('parseYaml refuses a text that is too large or too deep, before parsing it', () => {
  expect(problemOf(`a: ${'x'.repeat(YAML_BYTES_MAX)}`)).toMatch(/larger/)
  expect(problemOf('['.repeat(100_000))).toMatch(/nested/)
  const ladder = Array.from({ length: 500 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n')
  expect(problemOf(ladder)).toMatch(/nested/)
})

test('parseYaml makes no objects of foreign tags', () => {
  expect(problemOf('a: !!js/function "x"')).not.toBe('')
  const parsed = parseYaml('__proto__: {polluted: 1}')
  expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false)
  expect(parsed.type).toBe('parsed')
})
