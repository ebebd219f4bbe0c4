import { type GossipSub, TopicValidatorResult } from '@chainsafe/libp2p-gossipsub'
import type { Doing } from '../later.ts'
import type { Host } from './host.ts'

/** What gossipsub has beside the interface that it promises; a test fails when it is gone. */
interface Reporting {
  readonly reportMessageValidationResult: (
    id: string,
    from: string,
    result: TopicValidatorResult,
  ) => void
}

export interface RepairsDependencies {
  readonly host: Host
  /** Does work now or soon; what is given to it in one turn may be done in one. */
  readonly later: Doing
}

/**
 * Passes on what others said, to those that have not sent it by then. What is passed on in one turn
 * of the event loop leaves in one write to each peer (docs/adr/0090, 0091).
 */
export function passOnLater({ host, later }: RepairsDependencies): void {
  const pubsub: GossipSub & Partial<Reporting> = host.services.pubsub
  pubsub.addEventListener('gossipsub:message', ({ detail }) => {
    const { msgId, propagationSource } = detail
    const from = propagationSource.toString()
    later(() => pubsub.reportMessageValidationResult?.(msgId, from, TopicValidatorResult.Accept))
  })
}
