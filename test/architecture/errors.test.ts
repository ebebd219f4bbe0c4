import { describe, expect, test } from 'vitest'
import { filesEndingIn, read } from './source-files.ts'

const CODE = /['"]([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)['"]/g
const THROWN = /new (?:OracleError|SetupError)\(\s*([^,]+),/g
/** A helper that is handed its code says in its type which codes it may be handed. */
const HANDED_ON = /\bcode: ((?:'[A-Z][A-Z0-9_]+'(?:\s*\|\s*)?)+)/g

const SOURCES = filesEndingIn('.ts', '.mjs').filter((path) => !path.startsWith('test/'))

/** Codes of errors that a file makes; peers' faults (verdicts) are data, and not among them. */
function codesMadeIn(text: string): readonly string[] {
  const made = [...text.matchAll(THROWN)].map((match) => match[1] ?? '')
  const named = made.flatMap(codesIn)
  if (made.every((argument) => codesIn(argument).length > 0)) return named
  const handed = [...text.matchAll(HANDED_ON)].map((match) => match[1] ?? '')
  return [...named, ...handed.flatMap(codesIn)]
}

function codesIn(text: string): readonly string[] {
  return [...text.matchAll(CODE)].map((match) => match[1] ?? '')
}

function sections(): readonly string[] {
  return [...read('docs/errors.md').matchAll(/^##+ `?([A-Z][A-Z0-9_]+)`?\s*$/gm)].map(
    (match) => match[1] ?? '',
  )
}

describe('coded errors (docs/errors.md)', () => {
  const documented = sections()

  test('every code that is made has a section', () => {
    const undocumented = SOURCES.flatMap((path) =>
      codesMadeIn(read(path))
        .filter((code) => !documented.includes(code))
        .map((code) => `${path} makes ${code}`),
    )
    expect([...new Set(undocumented)]).toEqual([])
  })

  test('every section names a code that the sources know', () => {
    const texts = SOURCES.map(read).concat(read('start.mjs'))
    const stale = documented.filter((code) => !texts.some((text) => text.includes(code)))
    expect(stale).toEqual([])
  })

  test('no code has two sections', () => {
    expect(documented.filter((code, index) => documented.indexOf(code) !== index)).toEqual([])
  })

  test('every section says something', () => {
    const bodies = read('docs/errors.md').split(/^##+ /m).slice(1)
    const silent = bodies.filter((body) => body.split('\n').slice(1).join('').trim().length < 20)
    expect(silent.map((body) => body.split('\n')[0])).toEqual([])
  })
})

describe('the finder of codes', () => {
  test('sees codes in one line, over lines, in a choice, and behind a helper', () => {
    expect(codesMadeIn("throw new OracleError('DISK_FULL', 'x')")).toEqual(['DISK_FULL'])
    expect(codesMadeIn("new OracleError(\n  'DISK_FULL',\n  'x',\n)")).toEqual(['DISK_FULL'])
    expect(codesMadeIn("new OracleError(a ? 'DISK_FULL' : 'DISK_TORN', 'x')")).toEqual([
      'DISK_FULL',
      'DISK_TORN',
    ])
    const helper =
      "function f(code: 'DISK_FULL' | 'DISK_TORN') {\n  return new OracleError(code, 'x')\n}"
    expect(codesMadeIn(helper)).toEqual(['DISK_FULL', 'DISK_TORN'])
  })

  test('leaves verdicts about peers alone', () => {
    expect(codesMadeIn("return { verdict: 'reject', code: 'SIZE_INVALID' }")).toEqual([])
  })
})
