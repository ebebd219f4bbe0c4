import { closeSync, fsyncSync, mkdirSync, openSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { codeOf } from '../errors.ts'

/**
 * Makes a folder and those above it that are missing. Node's own way of making several at once asks
 * for ever where the system denies that a folder exists in which it stands, as below /proc. Each
 * is durable when this returns: a file is not that lies in a folder which a power cut takes away.
 *
 * @param mode rights of every folder that is made
 * @throws what the system said
 */
export function makeFolder(path: string, mode = 0o777): void {
  const absolute = resolve(path)
  if (isFolder(absolute)) return
  const parent = dirname(absolute)
  if (parent !== absolute) makeFolder(parent, mode)
  try {
    mkdirSync(absolute, { mode })
    syncFolder(parent)
  } catch (error) {
    // Somebody else may have made it in the meantime.
    if (codeOf(error) !== 'EEXIST' || !isFolder(absolute)) throw error
  }
}

function syncFolder(path: string): void {
  const folder = openSync(path, 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}

function isFolder(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
  } catch {
    // Something above it is no folder, or closed to us: what makes it says which.
    return false
  }
}
