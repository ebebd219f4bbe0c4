import type { GossipSub } from '@chainsafe/libp2p-gossipsub'
import type { FrameLimits } from './gossip-options.ts'
import type { Host } from './host.ts'

interface Message {
  readonly data?: Uint8Array
}

interface Rpc {
  readonly subscriptions: readonly unknown[]
  readonly messages: readonly Message[]
}

interface Told {
  readonly topicID?: string
  readonly messageIDs: readonly Uint8Array[]
}

/** What gossipsub has beside the interface that it promises; a test fails when it is gone. */
interface Sending {
  sendRpc: (to: string, rpc: Rpc) => boolean
  pushGossip: (to: string, told: Told) => void
}

/** Of an answer: a stream in which twice as much waits ends. The rest is asked for again. */
const ANSWER_BYTES_MAX = 524_288
/** Around the data of a message: tags, lengths and the name of its topic. */
const AROUND_MESSAGE_BYTES = 128

/**
 * Keeps frames that gossipsub makes within the limits of those that read them: it answers a peer
 * that asks for all it missed in one frame, however large, and who reads a frame above its limits
 * drops it whole and ends the stream (docs/adr/0105).
 */
export function keepFramesFitting(host: Host, limits: FrameLimits): void {
  const pubsub: GossipSub & Partial<Sending> = host.services.pubsub
  const send = pubsub.sendRpc?.bind(pubsub)
  const tell = pubsub.pushGossip?.bind(pubsub)
  if (send === undefined || tell === undefined) return
  pubsub.sendRpc = (to, rpc) => {
    const [first = [], ...others] = partsOf(rpc.messages, limits)
    const isSent = send(
      to,
      first.length === rpc.messages.length ? rpc : { ...rpc, messages: first },
    )
    for (const messages of others) send(to, { subscriptions: [], messages })
    return isSent
  }
  // In an order by chance, so what is left out is another part each time.
  pubsub.pushGossip = (to, told) =>
    tell(to, { ...told, messageIDs: told.messageIDs.slice(0, limits.idsMax) })
}

/** Messages by frames; the other half of a frame is for what gossipsub adds to it. */
export function partsOf<M extends Message>(
  messages: readonly M[],
  limits: FrameLimits,
): readonly M[][] {
  const parts: M[][] = []
  let part: M[] = []
  let partBytes = 0
  let bytes = 0
  for (const message of messages) {
    const added = (message.data?.length ?? 0) + AROUND_MESSAGE_BYTES
    if (bytes > 0 && bytes + added > ANSWER_BYTES_MAX) break
    if (part.length === limits.messagesMax || partBytes + added > limits.bytesMax / 2) {
      if (part.length > 0) parts.push(part)
      part = []
      partBytes = 0
    }
    part.push(message)
    partBytes += added
    bytes += added
  }
  if (part.length > 0) parts.push(part)
  return parts
}
