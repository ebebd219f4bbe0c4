import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'

const MODULE = new URL('../../../simulations/threads/placement.ts', import.meta.url).href

test('the engine knows the flag that keeps objects young', () => {
  const script = `
    import { placeObjectsYoung } from '${MODULE}'
    placeObjectsYoung()`
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    ['--input-type=module', '--eval', script],
    { encoding: 'utf8' },
  )
  // V8 says so, and goes on, when it knows a flag no more.
  expect(stderr + stdout).not.toContain('flag')
  expect(status).toBe(0)
})
