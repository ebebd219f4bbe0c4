import type { MemberIndex } from '../../aggregator/values/ids.ts'
import type { Agent } from './agent.ts'

/** One row of the peer table. */
export interface PeerStatus {
  readonly member: MemberIndex
  readonly peerId: string
  readonly isConnected: boolean
  /** It hears the protocol topic. */
  readonly isListening: boolean
  /** Round trip in milliseconds as last measured; null when not yet. */
  readonly rttMs: number | null
  readonly score: number
  readonly rejects: number
  readonly surplus: number
  readonly bans: number
  readonly bannedForMs: number
  /** What it says that it runs. */
  readonly agent: Agent
}
