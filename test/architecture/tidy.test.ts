import { describe, expect, test } from 'vitest'
import { GENERATORS } from '../../scripts/stages.ts'
import {
  filesEndingIn,
  generatorOf,
  lineAt,
  projectFiles,
  read,
  sizeBytes,
} from './source-files.ts'

const FILE_LINES_MAX = 300
const FUNCTION_LINES_MAX = 60
const LINE_COLUMNS_MAX = 100
const FILE_BYTES_MAX = 1024 * 1024
const PROJECT_BYTES_MAX = 15 * 1024 * 1024

const sources = filesEndingIn('.ts', '.mjs', '.sol').filter(
  (path) => generatorOf(read(path)) === null,
)
const withoutTests = sources.filter((path) => !path.startsWith('test/'))

/** Words that never pass, and what to do instead. This file alone may hold them. */
const BANNED: readonly (readonly [pattern: RegExp, instead: string])[] = [
  [/\b(?:TODO|FIXME|XXX|HACK)\b/, 'open an issue, or do it now'],
  [/@ts-(?:ignore|nocheck|expect-error)/, 'say the truth in types'],
  [/biome-ignore(?:-\w+)? [\w/]+(?::\s*)?$/m, 'give the reason after the colon'],
  [/\b(?:eslint|prettier)-(?:disable|ignore)/, 'we use neither'],
  [/\bas any\b/, 'parse it, or narrow it'],
  [/^\s*debugger\b/m, 'remove it'],
  [/rejectUnauthorized/, 'certificates are always checked'],
  [/\beval\(|new Function\(/, 'no code from text'],
  [/\bvi\.(?:mock|doMock)\(/, 'a fake is a class that implements the interface'],
  [/\bretry: [1-9]/, 'a flaky test is a bug'],
  [/^\s*\/\/ ?[-=─━*]{4,}/m, 'no banners: split the file'],
  [/(?:^|[\s'"`(])\/(?:home|Users|work)\/\w/m, 'no path of one machine'],
]

/**
 * Powers, which engines compute differently in their last bits; not of whole constants, which come
 * out exact.
 */
const POWER = /(?<!\b\d+n? )\*\*=?|\bMath\.pow\b/
const SAME_ON_EVERY_MACHINE = /^simulations\/(?:world|economics|determinism)\//

/** Names that say nothing about what is inside. */
const VAGUE_FILE = /(?:^|\/)(?:utils?|helpers?|common|misc|manager|stuff|index)\.(?:ts|mjs)$/

describe('tidy (STYLE.md)', () => {
  test('there is something to look at', () => {
    expect(withoutTests.length).toBeGreaterThan(40)
  })

  test('simulated worlds take no powers of floats: multiply, or use determinism/arithmetic', () => {
    const isComment = (line: string) => /^\s*(?:\/\*|\*(?!\*)|\/\/)/.test(line)
    const worlds = withoutTests.filter((path) => SAME_ON_EVERY_MACHINE.test(path))
    expect(worlds.length).toBeGreaterThan(30)
    const found = worlds.flatMap((path) =>
      read(path)
        .split('\n')
        .flatMap((line, at) => (POWER.test(line) && !isComment(line) ? `${path}:${at + 1}` : [])),
    )
    expect(found).toEqual([])
  })

  test(`a source file has at most ${FILE_LINES_MAX} lines`, () => {
    const long = withoutTests
      .map((path) => ({ path, lines: read(path).trimEnd().split('\n').length }))
      .filter(({ lines }) => lines > FILE_LINES_MAX)
    expect(long).toEqual([])
  })

  test(`a line has at most ${LINE_COLUMNS_MAX} columns`, () => {
    const wide = sources.flatMap((path) =>
      read(path)
        .split('\n')
        .flatMap((line, index) => {
          // The title of a test is a sentence; cutting it in two would hide it from a search.
          const isTitle = path.startsWith('test/') && /^ *(test|it|describe)\(/.test(line)
          return [...line].length > LINE_COLUMNS_MAX && !isTitle ? [`${path}:${index + 1}`] : []
        }),
    )
    expect(wide).toEqual([])
  })

  test(`a Solidity function has at most ${FUNCTION_LINES_MAX} lines`, () => {
    const solidity = withoutTests.filter((path) => path.endsWith('.sol'))
    expect(solidity.flatMap((path) => overlongFunctions(path, read(path)))).toEqual([])
  })

  test('no source holds a banned word', () => {
    const found = sources
      .filter((path) => path !== 'test/architecture/tidy.test.ts')
      .flatMap((path) => bannedIn(path, read(path)))
    expect(found).toEqual([])
  })

  test('every file name says what is inside', () => {
    expect(sources.filter((path) => VAGUE_FILE.test(path))).toEqual([])
  })

  test('every generated file is made again and compared by the gate', () => {
    const generated = filesEndingIn('.ts', '.mjs', '.sol', '.json').flatMap((path) => {
      const generator = generatorOf(read(path))
      return generator === null ? [] : [{ path, generator }]
    })
    expect(generated.length).toBeGreaterThan(0)
    expect(generated.filter(({ generator }) => !GENERATORS.includes(generator))).toEqual([])
    expect(GENERATORS.filter((path) => !projectFiles().includes(path))).toEqual([])
  })

  test('no file is larger than 1 MiB and all together stay below 15 MiB', () => {
    const files = projectFiles().map((path) => ({ path, bytes: sizeBytes(path) }))
    expect(files.filter(({ bytes }) => bytes > FILE_BYTES_MAX)).toEqual([])
    const total = files.reduce((sum, { bytes }) => sum + bytes, 0)
    expect(total).toBeLessThan(PROJECT_BYTES_MAX)
  })
})

describe('Solidity tests (docs/adr/0075-two-lanes-of-the-gate.md)', () => {
  test('deploy what they test by its name, as production compiles it', () => {
    const contracts = filesEndingIn('.sol')
      .filter((path) => path.startsWith('contracts/src/'))
      .flatMap((path) => [...read(path).matchAll(/^contract (\w+)/gm)].map(([, name]) => name))
    expect(contracts).toContain('PriceFeeds')
    const made = filesEndingIn('.sol')
      .filter((path) => path.startsWith('test/contracts/'))
      .flatMap((path) =>
        [...read(path).matchAll(/\bnew (\w+)[({]/g)].map(([, name]) => `${path}: new ${name}`),
      )
    expect(made.length).toBeGreaterThan(5)
    expect(made.filter((each) => contracts.some((name) => each.endsWith(`new ${name}`)))).toEqual(
      [],
    )
  })
})

function bannedIn(path: string, text: string): readonly string[] {
  return BANNED.flatMap(([pattern, instead]) => {
    const match = pattern.exec(text)
    if (match === null) return []
    const line = lineAt(text, match.index + match[0].search(/\S/))
    return [`${path}:${line} says "${match[0].trim()}": ${instead}`]
  })
}

/** Counts from the line of the name to the brace that closes the body. */
function overlongFunctions(path: string, text: string): readonly string[] {
  const starts = text.matchAll(/^ *(?:function (\w+)|(constructor|receive|fallback))\b[^;{]*\{/gm)
  return [...starts].flatMap((match) => {
    const bodyStart = match.index + match[0].length
    const end = closingBrace(text, bodyStart)
    const lines = text.slice(bodyStart, end).split('\n').length
    return lines > FUNCTION_LINES_MAX ? [`${path} ${match[1] ?? match[2]}: ${lines} lines`] : []
  })
}

function closingBrace(text: string, from: number): number {
  let depth = 1
  for (let at = from; at < text.length; at += 1) {
    if (text[at] === '{') depth += 1
    if (text[at] === '}') depth -= 1
    if (depth === 0) return at
  }
  return text.length
}

describe('the finder of overlong Solidity functions', () => {
  const body = (lines: number) =>
    `  function f(uint256 x) external {\n${'    x;\n'.repeat(lines)}  }\n`

  test('lets 57 lines in braces pass and refuses 61', () => {
    expect(overlongFunctions('A.sol', body(57))).toEqual([])
    expect(overlongFunctions('A.sol', body(61))).toEqual(['A.sol f: 63 lines'])
  })
})
