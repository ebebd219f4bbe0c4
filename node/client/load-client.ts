import { loadCommittee } from '../config/load.ts'
import { type ClientOptions, ParallaxClient } from './client.ts'

/**
 * A client for the committee of a file, for runtimes with files.
 *
 * @throws {OracleError} CONFIG_INVALID, CONFIG_UNREADABLE, CLIENT_OPTION_INVALID
 */
export async function loadClient(
  options: Omit<ClientOptions, 'committee'> & { readonly committeeFile: string },
): Promise<ParallaxClient> {
  const { committeeFile, ...rest } = options
  return new ParallaxClient({ ...rest, committee: await loadCommittee(committeeFile) })
}
