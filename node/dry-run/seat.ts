import type { MemberIndex } from '../../aggregator/values/ids.ts'
import type { CommitteeFile } from '../config/committee-file.ts'
import type { NodeConfig } from '../config/schema.ts'
import { OracleError } from '../errors.ts'

/**
 * Whose turns to deliver a dry run plays: as given, or the one member that `network.members` has no
 * address of, which is the node's own.
 *
 * @throws {OracleError} DRY_RUN_SEAT_UNKNOWN
 */
export function seatOf(
  { network }: Pick<NodeConfig, 'network'>,
  { params }: Pick<CommitteeFile, 'params'>,
  given: MemberIndex | null,
): MemberIndex {
  const size = params.members.length
  if (given !== null) {
    if (given < size) return given
    throw unknown(`--member must be below ${size}, the size of the committee`)
  }
  const listed = network.members.map(({ index }) => index)
  const missing = [...params.members.keys()].filter((index) => !listed.includes(index))
  const [own] = missing
  if (own !== undefined && missing.length === 1) return own
  throw unknown(
    'network.members does not tell which member this is; name one: --member INDEX. ' +
      'Who has no seat yet names any, such as the one that becomes free',
  )
}

function unknown(message: string): OracleError {
  return new OracleError('DRY_RUN_SEAT_UNKNOWN', message)
}
