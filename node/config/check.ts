import { dirname, resolve } from 'node:path'
import { OracleError } from '../errors.ts'
import {
  type LoadedConfig,
  loadCommittee,
  loadConfig,
  loadConfigToBe,
  loadSettings,
  namedFiles,
} from './load.ts'

/** A configuration with all its files, or what is wrong with each of them. */
export type Checked<Loaded> =
  | { readonly type: 'good'; readonly loaded: Loaded }
  | { readonly type: 'bad'; readonly file: string; readonly errors: readonly OracleError[] }

/**
 * Reads a configuration and the committee files that it names, as far as each can be read: a file
 * with problems hides no problem of another. One error a file, each of them once.
 *
 * @throws {OracleError} CONFIG_UNREADABLE when the configuration itself cannot be read
 */
export async function checkConfig(path: string): Promise<Checked<LoadedConfig>> {
  const file = resolve(path)
  const named = (await namedFiles(file)).map((each) => resolve(dirname(file), each))
  const errors = await errorsOf([
    () => loadSettings(file),
    ...named.map((each) => () => loadCommittee(each)),
    // What the configuration says of the committee, with its key or without.
    () => loadConfigToBe(file),
  ])
  if (errors.length > 0) return { type: 'bad', file, errors }
  return { type: 'good', loaded: await loadConfig(file) }
}

/**
 * What each of these throws that is wrong with a file, in their order; of one file only what is
 * found first.
 */
export async function errorsOf(
  loads: readonly (() => Promise<unknown>)[],
): Promise<readonly OracleError[]> {
  const errors = new Map<unknown, OracleError>()
  for (const load of loads) {
    const error = await errorOf(load)
    if (error !== null && !errors.has(error.context.file)) errors.set(error.context.file, error)
  }
  return [...errors.values()]
}

async function errorOf(load: () => Promise<unknown>): Promise<OracleError | null> {
  try {
    await load()
    return null
  } catch (error) {
    if (error instanceof OracleError) return error
    throw error
  }
}
