import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { Command } from '../../../../node/cli/command.ts'
import { allCommands } from '../../../../node/cli/execute.ts'
import { EXIT_CODES, exitCodeOf } from '../../../../node/cli/exit-codes.ts'
import { OracleError } from '../../../../node/errors.ts'

/** Documents that say what to type. */
const GUIDES = [
  'README.md',
  'SECURITY.md',
  'CONTRIBUTING.md',
  'docs',
  'docs/guides',
  'docs/adr',
  'packaging',
]

const ROOT = new URL('../../../../', import.meta.url)
const doc = readFileSync(new URL('docs/cli.md', ROOT), 'utf8')
const errors = readFileSync(new URL('docs/errors.md', ROOT), 'utf8')
const documented = [...errors.matchAll(/^## ([A-Z][A-Z0-9_]+)$/gm)].map(([, code]) => code ?? '')

test('docs/cli.md holds the table of exit codes', () => {
  const rows = EXIT_CODES.map(({ exitCode, meaning }) => `| ${exitCode} | ${meaning} |`)
  expect(doc).toContain(['| Code | Meaning |', '|---|---|', ...rows].join('\n'))
})

test('docs/cli.md lists every command and no other', async () => {
  const [, table = ''] = doc.split('| Command | What it does |')
  const [rows = ''] = table.split('\n\n')
  const listed = [...rows.matchAll(/^\| `([a-z -]+)` \|/gm)].map(([, name]) => name)
  const commands = await allCommands()
  expect(listed.toSorted()).toEqual(commands.map(({ name }) => name).toSorted())
})

interface Typed {
  readonly file: string
  readonly text: string
}

/** Command lines in blocks and in backticks, of several lines made one. */
function typedIn(file: string): readonly Typed[] {
  const text = readFileSync(new URL(file, ROOT), 'utf8').replaceAll(/\\\n\s*/g, '')
  const inBlocks = text.matchAll(/^(?:.*\| )?(?:time |npx )?(parallax [^\n|<#&]*)/gm)
  const inText = text.matchAll(/`(parallax [^`\n]*)`/g)
  return [...inBlocks, ...inText].map(([, line = '']) => ({ file, text: line.trim() }))
}

function wrongIn({ file, text }: Typed, commands: readonly Command[]): readonly string[] {
  const words = text.split(' ').slice(1)
  const isGroup = (word: string) => commands.some(({ name }) => name.split(' ')[0] === word)
  // A sentence that begins with the name, or the name of a group alone.
  if (/^[A-Z…]/.test(words[0] ?? '') || words[0]?.startsWith('--')) return []
  const command = commands.find(({ name }) => words.join(' ').match(`^${name}(?: |$)`))
  if (command === undefined) {
    return words.length === 1 && isGroup(words[0] ?? '') ? [] : [`${file}: ${text}`]
  }
  if (command.isPassedThrough) return []
  const known = [...Object.keys(command.options), 'json', 'help']
  const given = [...text.matchAll(/ --([a-z-]+)/g)].map(([, name]) => name ?? '')
  return given.filter((name) => !known.includes(name)).map((name) => `${file}: ${text}: ${name}`)
}

test('every command line in the documents names a command and options that there are', async () => {
  const commands = await allCommands()
  const files = GUIDES.flatMap((path) =>
    path.endsWith('.md')
      ? [path]
      : readdirSync(new URL(path, ROOT))
          .filter((name) => name.endsWith('.md'))
          .map((name) => `${path}/${name}`),
  )
  const typed = files.flatMap(typedIn)
  expect(typed.length).toBeGreaterThan(60)
  expect(typed.flatMap((each) => wrongIn(each, commands))).toEqual([])
  const wrong = ['parallax peers', 'parallax status --colour x', 'parallax keys make']
  for (const text of wrong) expect(wrongIn({ file: '', text }, commands)).toHaveLength(1)
})

test('the guide sends SIGHUP to the node, and to nothing else that names its file', () => {
  const guide = readFileSync(new URL('docs/guides/operator.md', ROOT), 'utf8')
  const [, pattern = '^$'] = guide.match(/pgrep -f '([^']+)'/) ?? []
  const rest = '--config oracle/node.yaml'
  for (const program of ['/usr/local/bin/parallax', '/parallax/node/cli/main.ts']) {
    expect(`/bin/node ${program} run ${rest}`).toMatch(new RegExp(pattern))
    expect(`/bin/node ${program} dry-run ${rest}`).not.toMatch(new RegExp(pattern))
  }
  expect(`npm exec parallax run ${rest}`).not.toMatch(new RegExp(pattern))
  expect(`sh -c parallax run ${rest}`).not.toMatch(new RegExp(pattern))
})

test.each(EXIT_CODES.flatMap(({ codes }) => [...codes] as string[]))(
  'some error in docs/errors.md begins with %s',
  (pattern) => {
    expect(documented.some((code) => code.startsWith(pattern))).toBe(true)
  },
)

test.each([
  ['CONFIG_INVALID', 3],
  ['KEYSTORE_PASSPHRASE_WRONG', 4],
  ['API_PORT_BUSY', 5],
  ['RPC_NONE_USABLE', 6],
  ['NODE_UNREACHABLE', 7],
])('%s ends a command with %i', (code, exitCode) => {
  expect(exitCodeOf(new OracleError(code, ''))).toBe(exitCode)
})

test('what has no code ends a command with 1', () => {
  expect(exitCodeOf(new Error('broken'))).toBe(1)
  expect(exitCodeOf('broken')).toBe(1)
})
