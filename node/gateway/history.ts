import type { Context } from '../../aggregator/context.ts'
import { decode } from '../../aggregator/messages/codec.ts'
import { toHex } from '../../aggregator/values/bytes.ts'
import type { Round } from '../../aggregator/values/ids.ts'
import type { UnixMs } from '../../aggregator/values/time.ts'

/** Certificates of one answer at most. */
export const HISTORY_MAX = 128
/** Bytes of those that were read for one answer, in wire form: its text has twice as many. */
export const HISTORY_BYTES_MAX = 524_288

/** A certificate as the journal of a node has it, or the shelf of a gateway. */
export interface KeptCertificate {
  readonly round: Round
  /** Wire form. */
  readonly bytes: Uint8Array
  /** When a node first had it, by its clock; a gateway does not say. */
  readonly receivedMs?: UnixMs
}

/**
 * First of each round from one round to another, ascending; at most so many. Rejects with an
 * {OracleError} HISTORY_BUSY while too many others wait for theirs.
 */
export type History = (asked: {
  readonly from: Round
  readonly to: Round
  readonly limit: number
}) => Promise<readonly KeptCertificate[]>

/** What `/v1/certificates` answers. */
export interface HistoryAnswer {
  readonly certificates: readonly {
    readonly round: Round
    readonly timestampMs: UnixMs
    readonly receivedMs?: UnixMs
    /** Wire form, in hexadecimal. */
    readonly certificate: string
  }[]
  /** Where the next page begins; null when nothing of the range is left. */
  readonly next: Round | null
}

/** As a request has it: nothing of it is checked. */
export type HistoryQuery = Partial<Readonly<Record<'from' | 'to' | 'limit', unknown>>>

/**
 * The certificates of a range of rounds, a page of them.
 *
 * @param query `from` (required), `to` and `limit`, as texts
 * @returns null when the request is malformed
 * @throws {OracleError} HISTORY_BUSY
 */
export async function historyOf(
  query: HistoryQuery,
  { context, history }: { readonly context: Context; readonly history: History },
): Promise<HistoryAnswer | null> {
  const from = wholeOf(query.from)
  const to = wholeOf(query.to ?? String(Number.MAX_SAFE_INTEGER))
  const limit = wholeOf(query.limit ?? String(HISTORY_MAX))
  if (from === null || to === null || limit === null || from > to) return null
  if (limit < 1 || limit > HISTORY_MAX) return null
  const kept = await history({ from, to, limit })
  const page = kept.slice(0, countWithin(kept))
  const last = page.at(-1)
  const isCut = page.length === limit || page.length < kept.length
  return {
    certificates: page.flatMap(({ round, bytes, receivedMs }) => {
      // A journal may also hold what another committee left.
      const decoded = decode(context.committee, bytes)
      if (decoded?.type !== 'certificate') return []
      const { timestampMs } = decoded
      const received = receivedMs === undefined ? {} : { receivedMs }
      return [{ round, timestampMs, ...received, certificate: toHex(bytes) }]
    }),
    next: last === undefined || !isCut || last.round >= to ? null : last.round + 1,
  }
}

/** How many of the first together hold no more bytes than a page may; at least one does. */
function countWithin(kept: readonly KeptCertificate[]): number {
  let size = 0
  const first = kept.findIndex(({ bytes }) => {
    size += bytes.length
    return size > HISTORY_BYTES_MAX
  })
  return first === -1 ? kept.length : Math.max(1, first)
}

function wholeOf(text: unknown): number | null {
  if (typeof text !== 'string' || !/^(0|[1-9][0-9]{0,15})$/.test(text)) return null
  const value = Number(text)
  return Number.isSafeInteger(value) ? value : null
}
