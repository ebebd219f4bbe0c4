import { describe, expect, test } from 'vitest'
import { cyclesBetween, partOf } from './cycles.ts'
import { allImports, importsOf } from './imports.ts'
import { filesEndingIn, read } from './source-files.ts'

const imports = allImports()

/** What a drawing of docs/architecture.md has in each line, from the top down; remarks left out. */
function layersDrawn(title: string, inside: string): readonly (readonly string[])[] {
  const [, drawing = ''] = read('docs/architecture.md').split(`\n## ${title}\n`)
  const lines = (drawing.split('```')[1] ?? '').split('\n').filter((line) => line !== '')
  return lines.map((line) =>
    [...line.matchAll(/(?<=^ | {2})[a-z-]+(?:\/|\.ts)(?= |$)/g)].map(([name]) => inside + name),
  )
}

describe('folders that know each other', () => {
  test.each(['aggregator/', 'node/', 'simulations/'])(
    'no folder of %s imports itself by way of others',
    (part) => {
      expect(imports.filter(({ from }) => from.startsWith(part)).length).toBeGreaterThan(100)
      expect(cyclesBetween(part, imports)).toEqual([])
    },
  )

  test('two folders that import each other are found, with the lines that do it', () => {
    const imports = [
      ...importsOf('node/api/server.ts', "import { a } from '../gateway/routes.ts'"),
      ...importsOf('node/gateway/routes.ts', "import type { B } from '../api/schema.ts'"),
      ...importsOf('node/cli/main.ts', "import { c } from '../api/server.ts'"),
    ]
    expect(cyclesBetween('node/', imports)).toEqual([
      {
        parts: ['node/api/', 'node/gateway/'],
        imports: [
          'node/api/server.ts:1 -> node/gateway/routes.ts',
          'node/gateway/routes.ts:1 -> node/api/schema.ts',
        ],
      },
    ])
  })

  test('so is a way round by a file beside them, and a second cycle apart from the first', () => {
    const imports = [
      ...importsOf('node/compose.ts', "import { a } from './signer/process.ts'"),
      ...importsOf('node/signer/process.ts', "import { a } from '../compose/keys.ts'"),
      ...importsOf('node/compose/keys.ts', "import { a } from '../compose.ts'"),
      ...importsOf('node/keys/a.ts', "import { a } from '../store/b.ts'"),
      ...importsOf('node/store/b.ts', "import { a } from '../keys/a.ts'"),
    ]
    expect(cyclesBetween('node/', imports).map(({ parts }) => parts)).toEqual([
      ['node/compose.ts', 'node/compose/', 'node/signer/'],
      ['node/keys/', 'node/store/'],
    ])
  })

  test('imports of one direction, inside one folder, or of other parts of the project are none', () => {
    const imports = [
      ...importsOf('node/api/a.ts', "import { a } from './b.ts'"),
      ...importsOf('node/api/b.ts', "import { a } from './a.ts'\nimport { a } from '../keys/k.ts'"),
      ...importsOf('node/keys/k.ts', "import { a } from '../../aggregator/step.ts'"),
      ...importsOf('aggregator/step.ts', "import { a } from '../node/api/a.ts'"),
    ]
    expect(cyclesBetween('node/', imports)).toEqual([])
  })
})

describe('layers that are drawn (docs/architecture.md)', () => {
  test.each([
    ['Inside the core', 'aggregator/'],
    ['Inside the simulator', 'simulations/'],
  ])('%s: every folder and file of %s once, and imports that point down', (title, inside) => {
    const layers = layersDrawn(title, inside)
    const parts = filesEndingIn('.ts').map((path) => partOf(inside, path))
    const expected = [...new Set(parts)].filter((part) => part !== null)
    expect(layers.flat().toSorted()).toEqual(expected.toSorted())
    const upwards = imports.flatMap(({ from, line, target }) => {
      if (target.type !== 'file') return []
      const [importer, imported] = [partOf(inside, from), partOf(inside, target.path)]
      if (importer === null || imported === null || importer === imported) return []
      const [above, below] = [importer, imported].map((part) =>
        layers.findIndex((layer) => layer.includes(part)),
      ) as [number, number]
      return above < below ? [] : [`${from}:${line} -> ${target.path}`]
    })
    expect(upwards).toEqual([])
  })
})
