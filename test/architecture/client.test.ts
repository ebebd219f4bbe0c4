import { describe, expect, test } from 'vitest'
import { type Import, importsOf } from './imports.ts'
import { read } from './source-files.ts'

/** What `parallax-oracle/client` is made of has to run wherever there is `fetch` (ADR 0112). */
const ENTRY: string = JSON.parse(read('package.json')).exports['./client']['parallax-source']
/** None of them needs Node. */
const PACKAGES = ['@noble/curves', '@noble/hashes', 'viem', 'zod']

/** What a runtime loads of a file: its imports without those of types alone. */
type Loads = (path: string) => readonly Import[]
const loaded: Loads = (path) => importsOf(path, read(path)).filter(({ isType }) => !isType)

/** Every import that the entry brings with it, its own and those of the files it leads to. */
function graphOf(entry: string, loads: Loads): readonly Import[] {
  const seen = new Set([entry])
  const imports: Import[] = []
  for (const path of seen) {
    for (const each of loads(path)) {
      imports.push(each)
      if (each.target.type === 'file') seen.add(each.target.path)
    }
  }
  return imports
}

/** Imports that a browser could not follow. */
function foreignIn(imports: readonly Import[]): readonly string[] {
  return imports.flatMap(({ from, line, target }) => {
    if (target.type === 'file') return []
    const name = target.type === 'computed' ? 'a computed import' : target.name
    return target.type === 'package' && PACKAGES.includes(name)
      ? []
      : [`${from}:${line} -> ${name}`]
  })
}

describe('the client of every runtime', () => {
  test('leads to no file that names a built-in of Node or a package that needs it', () => {
    const imports = graphOf(ENTRY.replace('./', ''), loaded)
    expect(imports.length).toBeGreaterThan(100)
    expect(foreignIn(imports)).toEqual([])
  })

  test('takes zod as a namespace, the only form of which every bundler leaves out the rest', () => {
    const paths = new Set(graphOf(ENTRY.replace('./', ''), loaded).map(({ from }) => from))
    const lines = [...paths].flatMap((path) => read(path).match(/^import .* from 'zod'$/gm) ?? [])
    const values = lines.filter((line) => !line.startsWith('import type'))
    expect(new Set(values)).toEqual(new Set(["import * as z from 'zod'"]))
  })

  test.each([
    ["import { readFile } from 'node:fs/promises'", 'b.ts:1 -> node:fs/promises'],
    ["import { request } from 'undici'", 'b.ts:1 -> undici'],
    ["export { Agent } from 'undici'", 'b.ts:1 -> undici'],
    ['const later = () => import(name)', 'b.ts:1 -> a computed import'],
  ])('a file behind its own would be caught with %s', (text, caught) => {
    const texts: Readonly<Record<string, string>> = {
      'a.ts': "import type { X } from 'undici'\nimport { b } from './b.ts'",
      'b.ts': text,
    }
    const loads: Loads = (path) =>
      importsOf(path, texts[path] ?? '').filter(({ isType }) => !isType)
    expect(foreignIn(graphOf('a.ts', loads))).toEqual([caught])
  })
})
