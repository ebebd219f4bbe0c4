import type { DirectMessage, GossipMessage, Verified } from '../../aggregator/messages/messages.ts'
import type { MemberIndex, Round } from '../../aggregator/values/ids.ts'
import type { Sampled } from './host-options.ts'

/** Where an adversary takes hold of the members it controls. */
export interface Control {
  readonly see: (message: Verified<GossipMessage>) => void
  /** Sends what it wants instead; what the member's own machine is to believe that it sent. */
  readonly send: (from: MemberIndex, message: Verified<GossipMessage>) => Verified<GossipMessage>
  readonly sendDirect: (from: MemberIndex, message: DirectMessage) => boolean
  readonly observe: (member: MemberIndex, round: Round, sampled: Sampled) => Sampled
}
