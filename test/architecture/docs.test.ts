import { existsSync } from 'node:fs'
import { join, posix } from 'node:path'
import { describe, expect, test } from 'vitest'
import { filesEndingIn, lineAt, ROOT, read } from './source-files.ts'

const documents = filesEndingIn('.md')
const citing = filesEndingIn('.ts', '.mjs', '.sol', '.md', '.yaml')

const LINK = /\[[^\]\n]*\]\(([^)\s]+)\)/g
const CITED = /§(\d+(?:\.\d+)?)/g
/** Other documents have sections too, and say so: `RFC 9591 §4.3`. */
const OF_ANOTHER = /\b(?:RFC|EIP|ERC|BIP|SEC|FIPS|paper)[ -]?[\w.]*,?(?: section)? ?$/i

interface Citation {
  readonly where: string
  readonly rule: string
}

function citationsIn(path: string, text: string): readonly Citation[] {
  return [...text.matchAll(CITED)]
    .filter((match) => !OF_ANOTHER.test(text.slice(Math.max(0, match.index - 30), match.index)))
    .map((match) => ({ where: `${path}:${lineAt(text, match.index)}`, rule: match[1] ?? '' }))
}

/** Rules begin their paragraph in bold, sections are headings: `**5.3**`, `## 5 Messages`. */
function rulesOf(protocol: string): ReadonlySet<string> {
  const rules = protocol.matchAll(/^(?:## |\*\*)(\d+(?:\.\d+)?)\b/gm)
  return new Set([...rules].map((match) => match[1] ?? ''))
}

/** The anchors that a renderer makes of headings. */
function anchorsOf(text: string): ReadonlySet<string> {
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map((match) => match[1] ?? '')
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .trim()
        .replace(/\s/g, '-'),
    ),
  )
}

function brokenLinks(path: string): readonly string[] {
  return [...read(path).matchAll(LINK)].flatMap((match) => {
    const [file = '', anchor] = (match[1] ?? '').split('#')
    if (/^[a-z]+:/.test(file)) return []
    const target = file === '' ? path : posix.normalize(posix.join(posix.dirname(path), file))
    if (!existsSync(join(ROOT, target))) return [`${path} -> ${match[1]}`]
    if (anchor === undefined || !target.endsWith('.md')) return []
    return anchorsOf(read(target)).has(anchor) ? [] : [`${path} -> ${match[1]}`]
  })
}

describe('documents', () => {
  const rules = rulesOf(read('docs/protocol.md'))

  test('every link between documents and sources resolves, anchors included', () => {
    expect(documents.length).toBeGreaterThan(15)
    expect(documents.flatMap(brokenLinks)).toEqual([])
  })

  test('the protocol has the sections 1 to 14, each with its rules', () => {
    const sections = Array.from({ length: 14 }, (_, index) => String(index + 1))
    expect(sections.filter((section) => !rules.has(section))).toEqual([])
    expect(rules.size).toBeGreaterThanOrEqual(54)
  })

  test('every rule of the protocol that is cited anywhere exists', () => {
    const citations = citing
      .filter((path) => path !== 'test/architecture/docs.test.ts')
      .flatMap((path) => citationsIn(path, read(path)))
    expect(citations.length).toBeGreaterThan(50)
    const unknown = citations.filter(({ rule }) => !rules.has(rule))
    expect(unknown).toEqual([])
  })

  test('a command runs with the Node that is asked for, whichever is installed', () => {
    // Any Node from 20 on starts `npm` and `npx`, which find the one that runs TypeScript.
    const bare = documents.flatMap((path) =>
      [...read(path).matchAll(/`node [\w./-]+\.ts\b/g)].map(([text]) => `${path}: ${text}`),
    )
    // The decision itself.
    expect(bare.filter((each) => !each.startsWith('docs/adr/0003-'))).toEqual([])
  })

  test('decisions have a number of their own and a status', () => {
    const decisions = documents.filter((path) => path.startsWith('docs/adr/'))
    const numbers = decisions.map((path) => /^docs\/adr\/(\d{4})-/.exec(path)?.[1])
    expect(new Set(numbers).size).toBe(decisions.length)
    expect(numbers).not.toContain(undefined)
    const without = decisions.filter(
      (path) =>
        !/^(?:- )?\**Status\**:\** (?:accepted|rejected|superseded by \[)/im.test(read(path)),
    )
    expect(without).toEqual([])
  })
})

describe('the finder of citations', () => {
  test('takes ours and leaves those of other documents', () => {
    const rulesIn = (text: string) => citationsIn('a.ts', text).map(({ rule }) => rule)
    expect(rulesIn('see protocol §5.3 and (§10.1), §4')).toEqual(['5.3', '10.1', '4'])
    expect(rulesIn('RFC 9591 §4.3; RFC 9380 §5.3.1; EIP-1559 §2')).toEqual([])
  })
})
