import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { makeDirectory } from '../../../../node/store/durable-file.ts'
import { makeFolder } from '../../../../node/store/folder.ts'
import * as simulations from '../../../../simulations/report/place.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'parallax-folder-'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

test('folders that are missing are made with their rights, and are then found', () => {
  const path = join(root, 'one', 'two')
  for (const _ of [1, 2]) makeFolder(path, 0o700)
  expect([path, join(root, 'one')].map((each) => statSync(each).mode & 0o777)).toEqual([
    0o700, 0o700,
  ])
})

// Node's recursive mkdir never comes back from there.
test('where the system lets nobody make a folder, that is said', () => {
  expect(() => makeFolder('/proc/parallax/data')).toThrow(/ENOENT|EROFS|EACCES|EPERM/)
  for (const make of [simulations.makeFolder, simulations.makePlace]) {
    expect(() => make('/proc/parallax/report')).toThrow('cannot be made there; name another place')
  }
})

test('a file where a folder should be is named with a code', () => {
  writeFileSync(join(root, 'file'), '')
  for (const path of [join(root, 'file'), join(root, 'file', 'keys')]) {
    expect(() => makeDirectory(path)).toThrow(
      expect.objectContaining({ code: 'FILE_NOT_WRITTEN', context: expect.anything() }),
    )
  }
  expect(() => simulations.makeFolder(join(root, 'file'))).toThrow(
    'has a file where a folder must be; name another place',
  )
})

test('a place for a result is there before the result, and what stands there is kept', () => {
  const path = join(root, 'new', 'report.html')
  simulations.makePlace(path)
  expect(statSync(path).size).toBe(0)
  writeFileSync(path, 'kept')
  simulations.makePlace(path)
  expect(statSync(path).size).toBe(4)
})
