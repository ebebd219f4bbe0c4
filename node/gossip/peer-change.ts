import type { MemberIndex } from '../../aggregator/values/ids.ts'

/**
 * Why a member is banned: for too much that is wrong, for messages above its allowance, for what
 * gossipsub would have answered by itself, for frames above the limit, or by gossipsub's own score.
 */
export type BanReason = 'rejects' | 'surplus' | 'flood' | 'oversize' | 'score'

/** Something about a peer changed. */
export interface PeerChange {
  readonly member: MemberIndex
  /** `listening`: it told us it hears the protocol topic, so publishing reaches it from now on. */
  readonly change: 'connected' | 'disconnected' | 'listening' | 'banned' | 'contested'
  /** Of a ban. */
  readonly because?: BanReason
}
