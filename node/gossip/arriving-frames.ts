import type { GossipSub } from '@chainsafe/libp2p-gossipsub'
import type { PeerId } from '@libp2p/interface'
import type { Host } from './host.ts'

/** Bytes of a frame: one array, or a list that gives itself as one. */
interface Frame {
  readonly subarray: () => Uint8Array
}

/** What gossipsub has beside the interface that it promises; a test fails when it is gone. */
interface Reading {
  pipePeerReadStream: (peer: PeerId, frames: AsyncIterable<Frame>) => Promise<void>
}

/** `end`: nothing more is read of this stream. */
export type FrameVerdict = 'pass' | 'drop' | 'end'

/** Judges every frame of a peer before gossipsub decodes it and answers what stands in it. */
export function onFrame(host: Host, judge: (peer: PeerId, frame: Uint8Array) => FrameVerdict) {
  const pubsub: GossipSub & Partial<Reading> = host.services.pubsub
  const read = pubsub.pipePeerReadStream?.bind(pubsub)
  if (read === undefined) return
  pubsub.pipePeerReadStream = (peer, frames) =>
    read(
      peer,
      passing(frames, (frame) => judge(peer, frame)),
    )
}

async function* passing(
  frames: AsyncIterable<Frame>,
  judge: (frame: Uint8Array) => FrameVerdict,
): AsyncGenerator<Uint8Array> {
  for await (const each of frames) {
    const frame = each.subarray()
    const verdict = judge(frame)
    // A quarter of a megabyte may be here already, and holds as many empty frames.
    if (verdict === 'end') return
    if (verdict === 'pass') yield frame
  }
}
