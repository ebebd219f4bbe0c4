import type { Connection } from '@libp2p/interface'

/** Connections that opened within this time of each other were made at once. */
const AT_ONCE_MS = 2_000

/**
 * Which of two connections of one member is to end. Of two made at once both ends keep the one that
 * the smaller index dialled: if each kept the one that it saw last, both might go. Otherwise the
 * member has lost the older one.
 *
 * @param isSmaller whether this member's index is below the other's
 */
export function surplusOf(
  older: Pick<Connection, 'direction' | 'timeline'>,
  newer: Pick<Connection, 'direction' | 'timeline'>,
  isSmaller: boolean,
): 'older' | 'newer' {
  const wanted = isSmaller ? 'outbound' : 'inbound'
  const areAtOnce = newer.timeline.open - older.timeline.open < AT_ONCE_MS
  return areAtOnce && older.direction === wanted && newer.direction !== wanted ? 'newer' : 'older'
}
