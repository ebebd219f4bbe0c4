import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { fault, findingOf, ok } from '../../../../node/doctor/finding.ts'
import { OracleError } from '../../../../node/errors.ts'

const ROOT = new URL('../../../../', import.meta.url)

describe('findings', () => {
  test('an error says before its first semicolon what is wrong, and after it what to do', () => {
    const error = new OracleError('FILE_NOT_PRIVATE', 'others read it; run: chmod 600 a; or b')
    expect(findingOf('identity key', 'fault', error)).toEqual({
      check: 'identity key',
      verdict: 'fault',
      code: 'FILE_NOT_PRIVATE',
      seen: 'others read it',
      advice: 'run: chmod 600 a; or b',
    })
  })

  test('an error that says nothing to do leads to its section', () => {
    const found = findingOf('rpc', 'warning', new OracleError('RPC_ALL_FAILED', 'all failed'))
    expect(found.advice).toBe('look RPC_ALL_FAILED up in docs/errors.md')
  })

  test('what others say can neither move the cursor nor begin a line nor fill the screen', () => {
    const said = `\u001b[2Jclean\u0007\r\nok       everything\u202e${'x'.repeat(100_000)}`
    const { seen, advice } = fault('rpc', { code: 'RPC_UNREACHABLE', seen: said, advice: said })
    for (const text of [seen, advice ?? '']) {
      expect(text).toMatch(/^\?\[2Jclean\? ok everything\?x+$/)
      expect(text.length).toBeLessThanOrEqual(600)
    }
  })

  test('letters of every language and signs of units stay', () => {
    expect(ok('clock', 'ключ ± 5 ms → ∞').seen).toBe('ключ ± 5 ms → ∞')
  })
})

test('every code that a check writes stands in docs/errors.md', () => {
  const errors = readFileSync(new URL('docs/errors.md', ROOT), 'utf8')
  const places = ['node/doctor/', 'node/doctor/checks/']
  const texts = places.flatMap((place) =>
    readdirSync(new URL(place, ROOT))
      .filter((name) => name.endsWith('.ts'))
      .map((name) => readFileSync(new URL(place + name, ROOT), 'utf8')),
  )
  const lines = texts.flatMap((text) => text.match(/^.*\bcode: .*$/gm) ?? [])
  const codes = lines.flatMap((line) => line.match(/(?<=')[A-Z]+_[A-Z_]+(?=')/g) ?? [])
  expect(codes.length).toBeGreaterThan(15)
  const isThere = (code: string) =>
    errors.includes(`## ${code}\n`) || errors.includes(`| \`${code}\` |`)
  expect(codes.filter((code) => !isThere(code))).toEqual([])
})
