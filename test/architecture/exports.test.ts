import { expect, test } from 'vitest'
import { filesEndingIn, generatorOf, read } from './source-files.ts'

const KIND = '(?:abstract |async )*(?:const|let|function\\*?|class|type|interface|enum)'
const EXPORT = new RegExp(`^export ${KIND} (\\w+)`, 'gm')

const texts = new Map(filesEndingIn('.ts', '.mts', '.mjs').map((path) => [path, read(path)]))
/** Where the commands stand that start what nothing imports. */
const callers = ['package.json', ...filesEndingIn('.md')].map((path) => [path, read(path)] as const)

const holdersOfNames = holders(texts, /(\w+)/g)
const holdersOfFiles = holders([...texts, ...callers], /[/'"]([\w-]+)/g)

/** The files that hold each word that the pattern finds. */
function holders(
  files: Iterable<readonly [path: string, text: string]>,
  pattern: RegExp,
): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>()
  for (const [path, text] of files) {
    for (const [, word = ''] of text.matchAll(pattern)) {
      found.set(word, (found.get(word) ?? new Set()).add(path))
    }
  }
  return found
}

/** What a file exports although no other file names it. */
function unnamedElsewhere(text: string): readonly string[] {
  if (generatorOf(text) !== null) return []
  const names = [...text.matchAll(EXPORT)].map((match) => match[1] ?? '')
  return names.filter((name) => holdersOfNames.get(name)?.size === 1 && !isSpoken(name, text))
}

/** A type that a reader of an exported function needs to name what it takes or gives. */
function isSpoken(name: string, text: string): boolean {
  return /^[A-Z](?:[a-z]|$)/.test(name) && text.split(new RegExp(`\\b${name}\\b`)).length > 2
}

test('what a file exports is used in another, or is the type of something that is', () => {
  const unused = [...texts].flatMap(([path, text]) =>
    unnamedElsewhere(text).map((name) => `${path}: ${name}`),
  )
  expect(unused).toEqual([])
})

test('every file of ours is imported, started by its name, or a test', () => {
  const alone = [...texts].flatMap(([path, text]) => {
    const name = path.slice(path.lastIndexOf('/') + 1)
    if (/\.(?:test|config)\.ts$/.test(name) || generatorOf(text) !== null) return []
    const by = holdersOfFiles.get(name.slice(0, name.indexOf('.'))) ?? new Set()
    return [...by].some((other) => other !== path) ? [] : [path]
  })
  expect(alone).toEqual([])
})
