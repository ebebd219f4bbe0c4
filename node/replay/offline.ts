import { committeeOf } from '../../aggregator/committee/committee.ts'
import { type Context, contextOf } from '../../aggregator/context.ts'
import { loadCommittee } from '../config/load.ts'
import { cryptoOf, loadEcdsa } from '../keys/native.ts'

/**
 * What a check needs that runs apart from a node: a committee file and no key.
 *
 * @throws {OracleError} `CONFIG_UNREADABLE`, `CONFIG_INVALID`
 */
export async function offlineContext(committeeFile: string): Promise<Context> {
  const crypto = cryptoOf(loadEcdsa({ fallback: 'allow' }))
  const committee = await loadCommittee(committeeFile)
  return contextOf(crypto, committeeOf(crypto.keccak256, committee))
}
