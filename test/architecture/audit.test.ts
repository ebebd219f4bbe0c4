import { describe, expect, test } from 'vitest'
import { filesEndingIn, projectFiles, read } from './source-files.ts'

/** A test as the audit names it: its file, and the beginning of its name. */
const NAMED = /`(test\/[^`]+)` "([^"]+)"/g

/** Tests that a document names and that do not exist. */
function missingIn(text: string, files: ReadonlySet<string>): readonly string[] {
  return [...text.matchAll(NAMED)].flatMap(([, path = '', name = '']) => {
    if (!files.has(path)) return [`${path} does not exist`]
    return read(path).includes(name) ? [] : [`${path} holds no test "${name}"`]
  })
}

describe('the self-audit', () => {
  const files = new Set(projectFiles())
  const audit = read('docs/audit.md')

  test('names tests that exist', () => {
    expect([...audit.matchAll(NAMED)].length).toBeGreaterThan(25)
    expect(missingIn(audit, files)).toEqual([])
  })

  test('every row of its tables names one', () => {
    const rows = audit.split('\n').filter((line) => /^\| (?!Finding|Row|What \||---)/.test(line))
    expect(rows.filter((row) => row.match(NAMED) === null && !row.startsWith('|---'))).toEqual([])
  })

  test('would notice a test that is gone', () => {
    const own = 'test/architecture/audit.test.ts'
    expect(missingIn(`\`${own}\` "no such ${'name'}"`, files)).toHaveLength(1)
    expect(missingIn('`test/gone.test.ts` "a"', files)).toHaveLength(1)
    expect(missingIn(`\`${own}\` "would notice a test that is gone"`, files)).toEqual([])
  })
})

test('every proof under contracts/smt stands in the self-audit, and no other', () => {
  const [, section = ''] = read('docs/audit.md').split('## Proofs')
  const items = section.split('\n## ')[0]?.match(/^- .*$/gm) ?? []
  const listed = items.flatMap((item) => [...item.matchAll(/`(\w+)`/g)].map(([, name]) => name))
  const proofs = filesEndingIn('.sol')
    .filter((path) => path.startsWith('contracts/smt/'))
    .flatMap((path) => [...read(path).matchAll(/^contract (\w+)/gm)].map(([, name]) => name))
  expect(proofs.length).toBeGreaterThan(10)
  expect(listed.toSorted()).toEqual(proofs.toSorted())
})

test('every library that computes has its row among those compared with TypeScript', () => {
  const [, section = ''] = read('docs/audit.md').split('## Libraries against TypeScript')
  const rows = [...(section.split('\n## ')[0] ?? '').matchAll(/^\| `(\w+)` \|/gm)]
  // What stands beside an interface only declares; what stands under testing/ is worth nothing.
  const libraries = filesEndingIn('.sol')
    .filter((path) => path.startsWith('contracts/src/'))
    .filter((path) => !path.includes('/testing/') && !path.includes('/interfaces/'))
    .flatMap((path) => [...read(path).matchAll(/^library (\w+)/gm)])
  const names = libraries.map(([, name]) => name)
  expect(names.length).toBeGreaterThan(12)
  expect(rows.map(([, name]) => name).toSorted()).toEqual(names.toSorted())
})

test('each numbered invariant stands in exactly one test (contracts/INVARIANTS.md)', () => {
  const numbered = [...read('contracts/INVARIANTS.md').matchAll(/^\| ([A-Z]\d+) \|/gm)]
  const listed = numbered.map(([, number]) => number ?? '')
  expect(listed.length).toBeGreaterThan(9)
  const tested = filesEndingIn('.t.sol').flatMap((path) =>
    [...read(path).matchAll(/function invariant_([A-Z]\d+)_/g)].map(([, number]) => number ?? ''),
  )
  expect(new Set(tested).size).toBe(tested.length)
  // The option market's stand in docs/derivatives.md.
  expect(tested.filter((number) => !number.startsWith('O')).toSorted()).toEqual(listed.toSorted())
})
