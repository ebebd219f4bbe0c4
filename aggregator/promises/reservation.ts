import type { Round } from '../values/ids.ts'

/**
 * Rounds reserved ahead (protocol §10.1). A disk has a round to write in; one more, and a member
 * that comes back at once would be silent for longer than certificates may take to resume (L3).
 */
export const RESERVED_ROUNDS = 1

/**
 * Up to which round the write of a promise reserves as well; null while more than half of the
 * rounds that may be reserved ahead are left.
 *
 * @param standing the highest round promised with this write, and up to which rounds are reserved
 * @param ahead rounds to reserve; 0 reserves nothing
 */
export function reservationAfter(
  standing: { readonly promised: Round; readonly reserved: Round },
  ahead: number,
): Round | null {
  const { promised, reserved } = standing
  if (ahead === 0 || reserved - promised > ahead / 2) return null
  return promised + ahead
}
