import { OracleError } from '../errors.ts'

/** A JSON number as it was written: it never passes through a float. */
export interface JsonNumber {
  readonly numberText: string
}

/** Members by name; a Map, so that `__proto__` is a name like any other. */
export type JsonObject = ReadonlyMap<string, Json>
export type Json = null | boolean | string | JsonNumber | readonly Json[] | JsonObject

/** Bounds of one JSON text; beyond any of them it is refused. */
export interface JsonLimits {
  /** Objects and arrays inside one another. */
  readonly depthMax: number
  /** Values of any kind. */
  readonly valuesMax: number
  /** UTF-16 units of one string, before escapes are read. */
  readonly stringLengthMax: number
}

export const JSON_LIMITS: JsonLimits = {
  depthMax: 16,
  valuesMax: 50_000,
  stringLengthMax: 16_384,
}

/** Of an answer about everything that a venue lists: 5,000 rows with 30 fields each fit. */
export const WHOLE_MARKET_LIMITS: JsonLimits = { ...JSON_LIMITS, valuesMax: 200_000 }

/** A number has at most 80 characters; more than any price or time needs. */
const NUMBER_LENGTH_MAX = 80
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y
const SPACE = /[ \t\n\r]*/y
/** Everything a string may hold up to its end or an escape; control characters are refused. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: RFC 8259 §7 forbids exactly these.
const PLAIN = /[^"\\\u0000-\u001f]*/y
const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ['\\', '\\'],
  ['/', '/'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
])
const WORDS: readonly (readonly [string, null | boolean])[] = [
  ['null', null],
  ['true', true],
  ['false', false],
]

interface Cursor {
  readonly text: string
  readonly limits: JsonLimits
  at: number
  values: number
}

/**
 * Reads one JSON text (RFC 8259) with numbers kept as they were written. The caller has bounded its
 * size. Stricter than `JSON.parse`: a name that stands twice in an object is refused, because two
 * readers would disagree about it.
 *
 * @throws {OracleError} SOURCE_JSON_INVALID on anything else, with the position
 */
export function readJson(text: string, limits: JsonLimits = JSON_LIMITS): Json {
  const cursor: Cursor = { text, limits, at: 0, values: 0 }
  const value = readValue(cursor, 0)
  skipSpace(cursor)
  if (cursor.at !== text.length) throw invalid(cursor, 'something follows the value')
  return value
}

export function isObject(value: Json | undefined): value is JsonObject {
  return value instanceof Map
}

export function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value)
}

export function isNumber(value: Json | undefined): value is JsonNumber {
  return typeof value === 'object' && value !== null && 'numberText' in value
}

function readValue(cursor: Cursor, depth: number): Json {
  skipSpace(cursor)
  cursor.values += 1
  if (cursor.values > cursor.limits.valuesMax) throw invalid(cursor, 'too many values')
  const first = cursor.text[cursor.at]
  if (first === '"') return readString(cursor)
  if (first === '{' || first === '[') {
    if (depth >= cursor.limits.depthMax) throw invalid(cursor, 'nested too deeply')
    cursor.at += 1
    return first === '{' ? readObject(cursor, depth + 1) : readList(cursor, depth + 1)
  }
  for (const [word, value] of WORDS) {
    if (!cursor.text.startsWith(word, cursor.at)) continue
    cursor.at += word.length
    return value
  }
  return readNumber(cursor)
}

function readObject(cursor: Cursor, depth: number): JsonObject {
  const members = new Map<string, Json>()
  skipSpace(cursor)
  if (take(cursor, '}')) return members
  for (;;) {
    skipSpace(cursor)
    const name = readString(cursor)
    if (members.has(name)) throw invalid(cursor, 'a name stands twice in one object')
    skipSpace(cursor)
    if (!take(cursor, ':')) throw invalid(cursor, 'expected a colon')
    members.set(name, readValue(cursor, depth))
    skipSpace(cursor)
    if (take(cursor, '}')) return members
    if (!take(cursor, ',')) throw invalid(cursor, 'expected a comma or the end of the object')
  }
}

function readList(cursor: Cursor, depth: number): readonly Json[] {
  const list: Json[] = []
  skipSpace(cursor)
  if (take(cursor, ']')) return list
  for (;;) {
    list.push(readValue(cursor, depth))
    skipSpace(cursor)
    if (take(cursor, ']')) return list
    if (!take(cursor, ',')) throw invalid(cursor, 'expected a comma or the end of the list')
  }
}

function readString(cursor: Cursor): string {
  if (!take(cursor, '"')) throw invalid(cursor, 'expected a string')
  const start = cursor.at
  let value = ''
  for (;;) {
    value += readPlain(cursor)
    if (cursor.at - start > cursor.limits.stringLengthMax) throw invalid(cursor, 'a string is long')
    if (take(cursor, '"')) return value
    if (!take(cursor, '\\')) throw invalid(cursor, 'a string does not end')
    value += readEscape(cursor)
  }
}

function readPlain(cursor: Cursor): string {
  PLAIN.lastIndex = cursor.at
  const plain = PLAIN.exec(cursor.text)?.[0] ?? ''
  cursor.at += plain.length
  return plain
}

function readEscape(cursor: Cursor): string {
  const letter = cursor.text[cursor.at] ?? ''
  const plain = ESCAPES.get(letter)
  if (plain !== undefined) {
    cursor.at += 1
    return plain
  }
  const digits = cursor.text.slice(cursor.at + 1, cursor.at + 5)
  if (letter !== 'u' || !/^[0-9a-fA-F]{4}$/.test(digits)) throw invalid(cursor, 'unknown escape')
  cursor.at += 5
  return String.fromCharCode(Number.parseInt(digits, 16))
}

function readNumber(cursor: Cursor): JsonNumber {
  NUMBER.lastIndex = cursor.at
  const numberText = NUMBER.exec(cursor.text)?.[0]
  if (numberText === undefined) throw invalid(cursor, 'expected a value')
  if (numberText.length > NUMBER_LENGTH_MAX) throw invalid(cursor, 'a number is long')
  cursor.at += numberText.length
  return { numberText }
}

function skipSpace(cursor: Cursor): void {
  SPACE.lastIndex = cursor.at
  cursor.at += SPACE.exec(cursor.text)?.[0].length ?? 0
}

function take(cursor: Cursor, letter: string): boolean {
  if (cursor.text[cursor.at] !== letter) return false
  cursor.at += 1
  return true
}

function invalid(cursor: Cursor, what: string): OracleError {
  return new OracleError(
    'SOURCE_JSON_INVALID',
    `the answer is no JSON that we take: ${what} at ${cursor.at}; check the base URL of the venue`,
    { context: { at: cursor.at } },
  )
}
