import { posix } from 'node:path'
import { filesEndingIn, lineAt, read } from './source-files.ts'

export interface Import {
  /** The importing file, from the root of the project. */
  readonly from: string
  readonly line: number
  readonly target: Target
  /** `import type` and `export type`: gone before anything runs. */
  readonly isType: boolean
}

export type Target =
  /** A file of ours, from the root of the project. */
  | { readonly type: 'file'; readonly path: string }
  /** An npm package, by its name without a path inside it. */
  | { readonly type: 'package'; readonly name: string }
  | { readonly type: 'node'; readonly name: string }
  /** `import(x)` or `require(x)` with a computed name: nobody can tell what it brings. */
  | { readonly type: 'computed' }

// Biome formats every source, so statements begin their line and quotes are single ones.
const NAMES = String.raw`(?:[\w$]+|\*(?: as [\w$]+)?|\{[^}]*\})`
const STATIC = new RegExp(
  String.raw`^(?:import|export)( type)? (?:${NAMES}(?:, ${NAMES})? from )?'([^'\n]+)'`,
  'gm',
)
const INLINE = /\b(?:import|require)\(\s*'([^'\n]+)'/g
const COMPUTED = /\b(?:import|require)\(\s*[^'\s)]/g

/** Holds forbidden imports as examples, in strings. */
const EXAMPLES = 'test/architecture/layers.test.ts'

/** Every import of every TypeScript and JavaScript source, type imports included. */
export function allImports(): readonly Import[] {
  return filesEndingIn('.ts', '.mjs')
    .filter((path) => path !== EXAMPLES)
    .flatMap((path) => importsOf(path, read(path)))
}

export function importsOf(from: string, text: string): readonly Import[] {
  const named = [...text.matchAll(STATIC), ...text.matchAll(INLINE)].map((match) => ({
    from,
    line: lineAt(text, match.index),
    target: targetOf(from, match.at(-1) ?? ''),
    isType: match.length > 2 && match[1] !== undefined,
  }))
  const computed = [...text.matchAll(COMPUTED)]
    .filter((match) => !isComment(text, match.index))
    .map((match) => ({
      from,
      line: lineAt(text, match.index),
      target: { type: 'computed' } as const,
      isType: false,
    }))
  return [...named, ...computed]
}

function targetOf(from: string, specifier: string): Target {
  if (specifier.startsWith('node:')) return { type: 'node', name: specifier }
  if (specifier.startsWith('.')) {
    return { type: 'file', path: posix.normalize(posix.join(posix.dirname(from), specifier)) }
  }
  const parts = specifier.split('/')
  const name = specifier.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? '')
  return { type: 'package', name }
}

function isComment(text: string, offset: number): boolean {
  const lineStart = text.lastIndexOf('\n', offset - 1) + 1
  return /^\s*(?:\/\/|\/?\*)/.test(text.slice(lineStart, offset))
}
