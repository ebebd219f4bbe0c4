import type { GossipSub } from '@chainsafe/libp2p-gossipsub'
import type { PeerId } from '@libp2p/interface'
import type { Host } from './host.ts'

/** What gossipsub has beside the interface that it promises; a test fails when it is gone. */
interface Reading {
  handlePeerReadStreamError: (error: Error, peer: PeerId) => void
}

/**
 * Tells who announced a frame above the limit. Gossipsub ends the stream alone, and the sender
 * opens the next one on the same connection: a megabyte is decrypted each time before it is
 * refused.
 */
export function onOversize(host: Host, told: (peer: PeerId) => void): void {
  const pubsub: GossipSub & Partial<Reading> = host.services.pubsub
  const handle = pubsub.handlePeerReadStreamError?.bind(pubsub)
  if (handle === undefined) return
  pubsub.handlePeerReadStreamError = (error, peer) => {
    handle(error, peer)
    if (error.name === 'InvalidDataLengthError') told(peer)
  }
}
