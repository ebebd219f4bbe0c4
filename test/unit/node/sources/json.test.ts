import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { codeOf } from '../../../../node/errors.ts'
import type { Json } from '../../../../node/sources/json.ts'
import { isList, isNumber, isObject, readJson } from '../../../../node/sources/json.ts'

/** The same as what JSON.parse gives, so that both can be compared. */
function plain(value: Json): unknown {
  if (isNumber(value)) return Number(value.numberText)
  if (isList(value)) return value.map(plain)
  if (isObject(value)) return [...value].map(([name, member]) => [name, plain(member)])
  return value
}

function entries(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(entries)
  if (typeof value !== 'object' || value === null) return value
  return Object.entries(value).map(([name, member]) => [name, entries(member)])
}

function outcome(text: string): unknown {
  try {
    return plain(readJson(text))
  } catch (error) {
    return codeOf(error)
  }
}

describe('readJson', () => {
  test('keeps a number as it was written', () => {
    const list = readJson('[9007199254740993, 0.1000000000000000055511151231257827, -1E+2]')
    expect(isList(list) && list.map((each) => isNumber(each) && each.numberText)).toEqual([
      '9007199254740993',
      '0.1000000000000000055511151231257827',
      '-1E+2',
    ])
  })

  test('__proto__ and constructor are names like any other', () => {
    const object = readJson('{"__proto__":{"polluted":true},"constructor":1}')
    expect(isObject(object) && [...object.keys()]).toEqual(['__proto__', 'constructor'])
    expect('polluted' in {}).toBe(false)
  })

  test.each([
    ['a name that stands twice', '{"bid":"1","bid":"2"}'],
    ['the same name by an escape', '{"bid":"1","b\\u0069d":"2"}'],
    ['nothing', ''],
    ['a page', '<html></html>'],
    ['a truncated object', '{"a":1'],
    ['a truncated string', '"abc'],
    ['two values', '1 2'],
    ['a trailing comma', '[1,]'],
    ['a missing colon', '{"a" 1}'],
    ['single quotes', "{'a':1}"],
    ['NaN', '[NaN]'],
    ['Infinity', '[-Infinity]'],
    ['a hexadecimal number', '[0x10]'],
    ['a leading zero', '[01]'],
    ['a leading plus', '[+1]'],
    ['an unknown escape', '"\\x41"'],
    ['half an escape', '"\\u12"'],
    ['a control character in a string', '"a\u0001b"'],
    ['a byte order mark', '\ufeff{}'],
    ['Unicode digits', '[١]'],
    ['a number of 81 digits', `[${'1'.repeat(81)}]`],
    ['17 levels', `${'['.repeat(17)}${']'.repeat(17)}`],
    ['five million levels', '['.repeat(5_000_000)],
    ['too many values', `[${'1,'.repeat(50_000)}1]`],
    ['a string of 16 KiB and more', `"${'a'.repeat(16_385)}"`],
  ])('refuses %s with its code', (_, text) => {
    expect(outcome(text)).toBe('SOURCE_JSON_INVALID')
  })

  test('takes 16 levels', () => {
    expect(outcome(`${'['.repeat(16)}${']'.repeat(16)}`)).not.toBe('SOURCE_JSON_INVALID')
  })

  test('agrees with JSON.parse on every JSON text without repeated names', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 8 }), fc.constantFrom(0, 1, 2), (text, indent) => {
        const pretty = JSON.stringify(JSON.parse(text), null, indent)
        expect(outcome(pretty)).toEqual(entries(JSON.parse(text)))
      }),
    )
  })

  test('refuses whatever JSON.parse refuses, and never fails in another way', () => {
    const mangled = fc
      .tuple(fc.json(), fc.nat(), fc.string({ maxLength: 3 }))
      .map(([text, at, insert]) => {
        const position = at % (text.length + 1)
        return text.slice(0, position) + insert + text.slice(position + 1)
      })
    fc.assert(
      fc.property(fc.oneof(mangled, fc.string()), (text) => {
        const ours = outcome(text)
        if (ours === 'SOURCE_JSON_INVALID') return
        expect(ours).toEqual(entries(JSON.parse(text)))
      }),
    )
  })
})
