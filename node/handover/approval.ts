import type { Handover } from '../../aggregator/handover/handover.ts'
import { codeOf } from '../errors.ts'
import type { Log } from '../logging.ts'
import { readApproval } from './files.ts'

/**
 * Reads what the operator approved while a node runs. What cannot be read says `unreadable` and
 * changes nothing: the last approval stands, and prices go on. Each fault is logged once.
 */
export function approvalReader(
  dataDirectory: string,
  log: Log,
): () => Promise<Handover | null | 'unreadable'> {
  let fault = ''
  return async () => {
    try {
      const handover = await readApproval(dataDirectory)
      fault = ''
      return handover
    } catch (error) {
      const code = codeOf(error)
      if (code !== fault) log.error('handover.approval.unreadable', { code, error })
      fault = code
      return 'unreadable'
    }
  }
}
