import type { Committee } from '../../aggregator/committee/committee.ts'
import { encodeDirect } from '../../aggregator/messages/sync.ts'
import type { Network } from '../gossip/network.ts'
import type { Inbound } from '../inbound.ts'
import type { NetworkPort } from '../ports.ts'

export interface NetworkPortDependencies {
  readonly committee: Committee
  readonly network: Network
  readonly inbound: Inbound
  /** A message that the network must refuse: ours was too large, which is a bug of ours. */
  readonly onFault: (error: unknown) => void
}

/** The network as the driver uses it. Messages may be lost; the protocol stands that. */
export function networkPort(use: NetworkPortDependencies): NetworkPort {
  const { committee, network, inbound, onFault } = use
  return {
    publish: (message) => {
      const topic = message.message.type === 'certificate' ? 'reports' : 'protocol'
      network.publish(topic, message.bytes).catch(onFault)
    },
    send: (to, message) => {
      const bytes = encodeDirect(committee, message)
      if (message.type === 'syncAnswer' && network.answer(to, bytes)) return
      network.request(to, bytes).then(
        (answer) => inbound.onAnswer(to, answer),
        // Not connected, busy or too slow: another member, or the next round, is asked.
        () => undefined,
      )
    },
  }
}
