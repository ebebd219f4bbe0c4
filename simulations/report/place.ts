import {
  accessSync,
  closeSync,
  constants,
  mkdirSync,
  openSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, resolve } from 'node:path'
import { writing } from '../input/files.ts'

/**
 * Makes a folder and those above it that are missing. Node's own way of making several at once asks
 * for ever where the system denies that a folder exists in which it stands, as below /proc.
 *
 * @throws {InputError} FILE_NOT_WRITTEN with what to do
 */
export function makeFolder(path: string): void {
  writing(path, () => makeFolders(resolve(path)))
}

function makeFolders(absolute: string): void {
  if (isFolder(absolute)) return
  const parent = dirname(absolute)
  if (parent !== absolute) makeFolders(parent)
  mkdirSync(absolute)
}

/**
 * Makes sure that a file can be written, before the work whose result it will hold: it is there
 * afterwards, empty if it was not there before.
 *
 * @throws {InputError} FILE_NOT_WRITTEN with what to do
 */
export function makePlace(path: string): void {
  makeFolder(dirname(path))
  writing(path, () => closeSync(openSync(path, 'a')))
}

/**
 * Writes a whole file, into a folder that is made where it is missing.
 *
 * @throws {InputError} FILE_NOT_WRITTEN with what to do
 */
export function writeFile(path: string, content: string | Uint8Array): void {
  makeFolder(dirname(path))
  writing(path, () => writeFileSync(path, content))
}

/**
 * Removes a file, if it is there.
 *
 * @throws {InputError} FILE_NOT_WRITTEN with what to do
 */
export function removeFile(path: string): void {
  writing(path, () => rmSync(path, { force: true }))
}

/**
 * Makes sure that a file or folder could be made, without making it: for what may not come to be.
 *
 * @throws {InputError} FILE_NOT_WRITTEN with what to do
 */
export function requirePlace(path: string, kind: 'file' | 'folder'): void {
  writing(path, () => {
    const absolute = resolve(path)
    let nearest = absolute
    while (!isThere(nearest)) nearest = dirname(nearest)
    const isItself = nearest === absolute
    if (isItself && kind === 'file' && isFolder(nearest)) throw systemError('EISDIR')
    if (!(isItself && kind === 'file') && !isFolder(nearest)) throw systemError('ENOTDIR')
    accessSync(nearest, constants.W_OK)
  })
}

/** What the system would say of a place. */
function systemError(code: 'EISDIR' | 'ENOTDIR'): Error {
  return Object.assign(new Error(code), { code, syscall: 'open' })
}

/** @throws when the system cannot say, as of a name that is too long */
function isThere(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}
