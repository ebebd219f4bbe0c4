import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { allImports, type Import, importsOf } from './imports.ts'
import { LAYERS, type Layer, SIBLINGS } from './layers.ts'
import { filesEndingIn, ROOT } from './source-files.ts'

function layerOf(path: string): Layer | undefined {
  return LAYERS.find((layer) =>
    layer.holds.some((place) => (place.endsWith('/') ? path.startsWith(place) : path === place)),
  )
}

/** Null when the layer of the file allows the import; what is wrong with it otherwise. */
function violation({ from, line, target }: Import): string | null {
  const layer = layerOf(from)
  const where = `${from}:${line}`
  if (layer === undefined) return `${where} belongs to no layer of layers.ts`
  switch (target.type) {
    case 'file':
      if (layer.mayImport.some((place) => target.path.startsWith(place))) return null
      return `${where} -> ${target.path}`
    case 'package':
      if (layer.packages.some((allowed) => isPackage(target.name, allowed))) return null
      return `${where} -> package ${target.name}`
    case 'node':
      return layer.mayUseNode ? null : `${where} -> ${target.name}`
    case 'computed':
      return layer.mayUseNode ? null : `${where} -> a computed import`
  }
}

function isPackage(name: string, allowed: string): boolean {
  return allowed.endsWith('/') ? name.startsWith(allowed) : name === allowed
}

function siblingViolation({ from, line, target }: Import): string | null {
  if (target.type !== 'file' || target.path === from) return null
  const folder = SIBLINGS.find((place) => from.startsWith(place))
  if (folder === undefined || !target.path.startsWith(folder)) return null
  return `${from}:${line} -> its sibling ${target.path}`
}

describe('layers (docs/architecture.md, who may import whom)', () => {
  const imports = allImports()

  test('every source file belongs to one layer', () => {
    const homeless = filesEndingIn('.ts', '.mjs').filter((path) => layerOf(path) === undefined)
    expect(homeless).toEqual([])
  })

  test('every import points where its layer may point', () => {
    expect(imports.length).toBeGreaterThan(100)
    expect(imports.map(violation).filter((found) => found !== null)).toEqual([])
  })

  test('phases, venues, checkers, adversaries and commands never import each other', () => {
    expect(imports.map(siblingViolation).filter((found) => found !== null)).toEqual([])
  })

  test('every relative import names a file that exists, ending included', () => {
    const missing = imports.flatMap(({ from, line, target }) =>
      target.type === 'file' && !existsSync(join(ROOT, target.path))
        ? [`${from}:${line} -> ${target.path}`]
        : [],
    )
    expect(missing).toEqual([])
  })
})

describe('the reader of imports', () => {
  const verdictsOn = (from: string, text: string) =>
    importsOf(from, text).map((found) => siblingViolation(found) ?? violation(found))

  test.each([
    ['aggregator/step.ts', "import { readFile } from 'node:fs'"],
    ['aggregator/step.ts', "import type { OracleError } from '../node/errors.ts'"],
    ['aggregator/step.ts', "export { z } from 'zod'"],
    ['aggregator/step.ts', "import 'viem'"],
    ['aggregator/step.ts', 'const load = () => import(name)'],
    ['aggregator/step.ts', "import {\n  a,\n  b,\n} from '../simulations/main.ts'"],
    ['aggregator/step.ts', "let x: import('../node/clock.ts').Clock"],
    ['aggregator/phases/agree.ts', "import { collect } from './collect.ts'"],
    ['node/sources/fetcher.ts', "import { main } from '../../simulations/main.ts'"],
    ['node/compose.ts', "import { plan } from '../contracts/deploy/plan.ts'"],
    ['node/sources/venues/kraken.ts', "import { okx } from './okx.ts'"],
    ['simulations/world/clock.ts', "import { performance } from 'node:perf_hooks'"],
    ['simulations/world/clock.ts', "import { z } from 'zod'"],
    ['contracts/abi/feeds.ts', "import { parseAbi } from 'viem'"],
    ['somewhere/else.ts', "import { a } from '../aggregator/step.ts'"],
  ])('refuses in %s: %s', (from, text) => {
    const verdicts = verdictsOn(from, text)
    expect(verdicts).toHaveLength(1)
    expect(verdicts[0]).not.toBeNull()
  })

  test.each([
    ['aggregator/step.ts', "import { keccak_256 } from '@noble/hashes/sha3.js'"],
    ['node/driver.ts', "import { step } from '../aggregator/step.ts'"],
    ['node/devnet/chain.ts', "import { plan } from '../../contracts/deploy/plan.ts'"],
    ['simulations/main.ts', "import { readFileSync } from 'node:fs'"],
    ['test/unit/a.test.ts', "import { expect } from 'vitest'"],
  ])('accepts in %s: %s', (from, text) => {
    expect(verdictsOn(from, text)).toEqual([null])
  })
})
