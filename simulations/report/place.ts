import { closeSync, mkdirSync, openSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

/**
 * Makes a folder and those above it that are missing. Node's own way of making several at once asks
 * for ever where the system denies that a folder exists in which it stands, as below /proc.
 *
 * @throws what the system said
 */
export function makeFolder(path: string): void {
  const absolute = resolve(path)
  if (isFolder(absolute)) return
  const parent = dirname(absolute)
  if (parent !== absolute) makeFolder(parent)
  mkdirSync(absolute)
}

/**
 * Makes sure that a file can be written, before the work whose result it will hold: it is there
 * afterwards, empty if it was not there before.
 *
 * @throws what the system said
 */
export function makePlace(path: string): void {
  makeFolder(dirname(path))
  closeSync(openSync(path, 'a'))
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}
