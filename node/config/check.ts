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
export type CheckedConfig =
  | { readonly type: 'good'; readonly loaded: LoadedConfig }
  | { readonly type: 'bad'; readonly file: string; readonly errors: readonly OracleError[] }

/**
 * Reads a configuration and the committee files that it names, as far as each can be read: a file
 * with problems hides no problem of another. One error a file, each of them once.
 *
 * @throws {OracleError} CONFIG_UNREADABLE when the configuration itself cannot be read
 */
export async function checkConfig(path: string): Promise<CheckedConfig> {
  const file = resolve(path)
  const named = (await namedFiles(file)).map((each) => resolve(dirname(file), each))
  const tried = [
    await errorOf(loadSettings(file)),
    ...(await Promise.all(named.map((each) => errorOf(loadCommittee(each))))),
    // What the configuration says of the committee, with its key or without.
    await errorOf(loadConfigToBe(file)),
  ]
  const errors = new Map<unknown, OracleError>()
  for (const error of tried) {
    if (error !== null && !errors.has(error.context.file)) errors.set(error.context.file, error)
  }
  if (errors.size > 0) return { type: 'bad', file, errors: [...errors.values()] }
  return { type: 'good', loaded: await loadConfig(file) }
}

async function errorOf(load: Promise<unknown>): Promise<OracleError | null> {
  try {
    await load
    return null
  } catch (error) {
    if (error instanceof OracleError) return error
    throw error
  }
}
