import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { sbomOf } from '../../scripts/sbom.ts'

const ROOT = new URL('../../', import.meta.url)

const packageSchema = z.object({
  dependencies: z.record(z.string(), z.string()),
})
const lockSchema = z.object({
  packages: z.record(
    z.string(),
    z.object({ version: z.string().optional(), dev: z.boolean().default(false) }),
  ),
})
const sbomSchema = z.object({
  bomFormat: z.literal('CycloneDX'),
  components: z.array(
    z.object({ name: z.string(), version: z.string(), hashes: z.array(z.unknown()).min(1) }),
  ),
})

const read = (file: string): unknown => JSON.parse(readFileSync(new URL(file, ROOT), 'utf8'))

test('a bill of materials names all that production needs, by the lock, and nothing of development', () => {
  const { components } = sbomSchema.parse(JSON.parse(sbomOf(fileURLToPath(ROOT))))
  const { packages } = lockSchema.parse(read('package-lock.json'))
  const { dependencies } = packageSchema.parse(read('package.json'))
  const names = components.map(({ name }) => name)
  expect(Object.keys(dependencies).filter((name) => !names.includes(name))).toEqual([])
  const locked = Object.entries(packages)
    .filter(([path, { dev }]) => path !== '' && !dev)
    .map(([path, { version }]) => `${path.split('node_modules/').at(-1)}@${version}`)
  const listed = components.map(({ name, version }) => `${name}@${version}`)
  expect([...new Set(listed)].toSorted()).toEqual([...new Set(locked)].toSorted())
})
