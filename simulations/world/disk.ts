import type { Certificate, Evidence, Verified } from '../../aggregator/messages/messages.ts'
import type { Promised } from '../../aggregator/promises/promise.ts'
import { RESERVED_ROUNDS, reservationAfter } from '../../aggregator/promises/reservation.ts'
import type { MemberIndex, Round } from '../../aggregator/values/ids.ts'

/** What a member's disk still knows after its process ended (protocol §10). */
export interface Disk {
  /** Highest round of any promise. */
  watermark: Round
  /** Rounds up to this one are reserved: after a start nothing is promised in them. */
  reserved: Round
  /** Promises of the watermark's round; older ones bind nobody any more. */
  promises: Promised[]
  certificate: Verified<Certificate> | null
  readonly evidence: Map<MemberIndex, Verified<Evidence>>
}

export function emptyDisk(): Disk {
  return { watermark: 0, reserved: 0, promises: [], certificate: null, evidence: new Map() }
}

export function copyDisk(disk: Disk): Disk {
  return { ...disk, promises: [...disk.promises], evidence: new Map(disk.evidence) }
}

export function writePromise(disk: Disk, promise: Promised): void {
  if (promise.round > disk.watermark) {
    disk.watermark = promise.round
    disk.promises = []
  }
  if (promise.round === disk.watermark) disk.promises.push(promise)
  const standing = { promised: promise.round, reserved: disk.reserved }
  disk.reserved = reservationAfter(standing, RESERVED_ROUNDS) ?? disk.reserved
}
