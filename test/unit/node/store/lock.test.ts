import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { isDirectoryHeld, lockDirectory } from '../../../../node/store/lock.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'parallax-lock-'))
})
afterEach(() => rmSync(root, { recursive: true }))

describe('lockDirectory', () => {
  it('makes a private directory and holds it alone until it is released', () => {
    const path = join(root, 'data')
    const first = lockDirectory(path)
    expect(statSync(path).mode & 0o777).toBe(0o700)
    expect(() => lockDirectory(path)).toThrow(
      expect.objectContaining({ code: 'DATA_DIRECTORY_IN_USE' }),
    )
    first.release()
    first.release()
    lockDirectory(path).release()
  })

  it('names a path that can be no directory', () => {
    writeFileSync(join(root, 'file'), '')
    expect(() => lockDirectory(join(root, 'file', 'data'))).toThrow(
      expect.objectContaining({ code: 'DATA_DIRECTORY_UNUSABLE' }),
    )
  })
})

describe('lockDirectory of a link', () => {
  it('follows one to a directory, and says of one to nothing what it is', () => {
    mkdirSync(join(root, 'disk'))
    symlinkSync('disk', join(root, 'data'))
    lockDirectory(join(root, 'data')).release()
    expect(readdirSync(join(root, 'disk'))).toContain('lock')
    symlinkSync('not-mounted', join(root, 'lost'))
    expect(() => lockDirectory(join(root, 'lost'))).toThrow(/leads nowhere; mount its disk/)
  })
})

describe('isDirectoryHeld', () => {
  it('sees who holds it, and takes and leaves nothing', () => {
    const path = join(root, 'data')
    expect(isDirectoryHeld(path)).toBe(false)
    const held = lockDirectory(path)
    const files = readdirSync(path)
    expect(isDirectoryHeld(path)).toBe(true)
    expect(() => lockDirectory(path)).toThrow(
      expect.objectContaining({ code: 'DATA_DIRECTORY_IN_USE' }),
    )
    expect(readdirSync(path)).toEqual(files)
    held.release()
    expect(isDirectoryHeld(path)).toBe(false)
    lockDirectory(path).release()
  })

  it('says when it cannot know', () => {
    const path = join(root, 'data')
    mkdirSync(join(path, 'lock'), { recursive: true })
    expect(() => isDirectoryHeld(path)).toThrow(
      expect.objectContaining({ code: 'DATA_DIRECTORY_UNUSABLE' }),
    )
  })
})
