import type { Connection, PeerId } from '@libp2p/interface'
import type { Host } from './host.ts'

/** Of gossipsub's own books, what is looked at and done here; its types keep it private. */
interface Books {
  readonly streamsOutbound: Map<string, { readonly rawStream: { readonly status: string } }>
  readonly onPeerConnected: (peerId: PeerId, connection: Connection) => void
}

/**
 * Makes the outgoing gossip stream of every connection that has none. Gossipsub asks for one when a
 * connection opens and never looks again: when that connection ends at once, as one of two does
 * that were made at the same time, a stream that is dead already stays in its books, and nothing
 * is ever sent over the connection that is left (docs/adr/0031).
 */
export function mendGossipStreams(host: Host): void {
  const books = host.services.pubsub as unknown as Books
  for (const connection of host.getConnections()) {
    const id = connection.remotePeer.toString()
    const held = books.streamsOutbound.get(id)
    if (held?.rawStream.status === 'open') continue
    books.streamsOutbound.delete(id)
    // Asked twice, gossipsub makes one: it takes up its askings one after the other.
    books.onPeerConnected(connection.remotePeer, connection)
  }
}
