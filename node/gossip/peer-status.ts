import type { MemberIndex } from '../../aggregator/values/ids.ts'
import type { Agent } from './agent.ts'

/** One row of the peer table. */
export interface PeerStatus {
  readonly member: MemberIndex
  readonly peerId: string
  readonly isConnected: boolean
  /** It hears the protocol topic. */
  readonly isListening: boolean
  readonly rejects: number
  readonly surplus: number
  readonly bans: number
  /** What it says that it runs. */
  readonly agent: Agent
}
