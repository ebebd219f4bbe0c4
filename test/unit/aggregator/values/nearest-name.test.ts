import fc from 'fast-check'
import { expect, test } from 'vitest'
import { hintedList, hintOf, nearestName } from '../../../../aggregator/values/nearest-name.ts'

const NAMES = ['rounds', 'committee', 'network', 'lossPpm', 'no-late-notices', 'f']

test.each([
  ['a letter too few', 'rouns', 'rounds'],
  ['a letter too many', 'nettwork', 'network'],
  ['another letter', 'networj', 'network'],
  ['two letters swapped', 'netwrok', 'network'],
  ['another case', 'LOSSPPM', 'lossPpm'],
  ['a name not written to its end', 'no-late', 'no-late-notices'],
])('%s: %s is %s', (_, given, meant) => {
  expect(nearestName(given, NAMES)).toBe(meant)
})

test.each(['', 'x', 'ro', 'colour', 'no', 'r'.repeat(65)])('"%s" is near none of them', (given) => {
  expect(nearestName(given, NAMES)).toBeNull()
  expect(hintOf(given, NAMES)).toBe('')
})

test('of two names the nearer is meant, of two alike near the first', () => {
  expect(nearestName('membrs', ['member', 'members'])).toBe('members')
  expect(nearestName('fromMs', ['formMs', 'toMs'])).toBe('formMs')
  expect(nearestName('cat', ['hat', 'bat'])).toBe('hat')
})

test('a swap counts once, and only of neighbours', () => {
  expect(nearestName('acb', ['abc'])).toBe('abc')
  expect(nearestName('cba', ['abc'])).toBeNull()
})

test('a name is always nearest to itself, and letters of two code units count once', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }), (name) => {
      expect(nearestName(name, ['quite-another-name', name])).toBe(name)
    }),
  )
  expect(nearestName('a😀b', ['a😀c'])).toBe('a😀c')
  expect(nearestName('abc', ['😀😀😀'])).toBeNull()
})

test('the hint ends a sentence', () => {
  expect(hintOf('rouns', NAMES)).toBe('; did you mean rounds?')
})

test('each of several names has its own hint', () => {
  const given = ['--sed', '--colour', '--jsn']
  const text = '--sed (did you mean --seed?), --colour, --jsn (did you mean --json?)'
  expect(hintedList(given, ['--seed', '--json'])).toBe(text)
})
