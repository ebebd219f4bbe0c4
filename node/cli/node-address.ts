import { apiAddress } from '../api/ask-node.ts'
import { loadConfig } from '../config/load.ts'
import { usageError } from './command.ts'

/**
 * Where the API of a node is: as given, as its configuration says, or the default.
 *
 * @throws {OracleError} `USAGE_INVALID`, and what loading a configuration throws
 */
export async function addressOf(
  commandName: string,
  given: { readonly url: string | undefined; readonly config: string | undefined },
): Promise<string> {
  const { url, config } = given
  if (url !== undefined && config !== undefined) {
    throw usageError('give --url or --config', commandName)
  }
  if (url !== undefined) {
    if (/^https?:/i.test(url) && URL.canParse(url)) return url.replace(/\/+$/, '')
    throw usageError('--url must be an address such as http://127.0.0.1:8080', commandName)
  }
  if (config === undefined) return 'http://127.0.0.1:8080'
  return apiAddress((await loadConfig(config)).config.api)
}
