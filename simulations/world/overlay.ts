import type { MemberIndex, Members } from '../../aggregator/values/ids.ts'
import { hasMember, listMembers } from '../../aggregator/values/ids.ts'
import { prngOf } from '../determinism/prng.ts'
import type { Envelope } from './envelope.ts'
import { delaysOf, type LatencyModel } from './latency.ts'
import type { Sent } from './network.ts'

/** Everything that members handed to links, and what of it the overlay alone is to blame for. */
export interface Wire extends Sent {
  /** Copies that were passed on to members which had the message, or had it on its way. */
  readonly repeatedMessages: number
  readonly repeatedBytes: number
  /** Ids by which members tell others what they have; in `bytes` too, and in no copy. */
  readonly toldBytes: number
}

export interface OverlayOptions {
  readonly seed: number
  readonly latency: LatencyModel
  /** Peers that each member passes messages on to. */
  readonly mesh: readonly Members[]
  readonly meshDegree: number
  /** Members that pass on what they receive. */
  readonly relays: Members
}

/** Of an author: it sent to everyone, so nobody sends the message back to it. */
const AUTHOR_US = Number.NEGATIVE_INFINITY
const NOT_YET_US = Number.POSITIVE_INFINITY
/** Messages that are followed at once: more than a large committee says in ten rounds. */
const MESSAGES = 1_024
/** An id of 32 bytes with its tag and length. */
const ID_BYTES = 34
/** Draws of which the middle one is the usual delay of a link. */
const DRAWS = 5

/**
 * Counts what gossipsub sends beside what the simulated gossip does: the author has sent to all,
 * and every member passes a message on to its mesh all the same, at its moment of the round, but to
 * those that have sent it the message by then (ADR 0091). Of two peers both send, unless the copy
 * of one arrives before the other's moment. Such copies change nothing, so they are only counted,
 * with the usual delay of each link. Ids are told once to a mesh's worth of peers outside of it
 * (node/gossip/host.ts). Refusals of copies (IDONTWANT) are for 32 KiB and more, which no message
 * has.
 */
export class Overlay {
  readonly #peers: readonly (readonly MemberIndex[])[]
  readonly #delayUs: readonly (readonly number[])[]
  readonly #toldBytes: readonly number[]
  readonly #relays: Members
  /** When each member passed a message on, or will; so many members for each message, in turn. */
  readonly #passedUs: Float64Array
  #messages = 0
  #repeatedMessages = 0
  #repeatedBytes = 0
  #told = 0

  constructor({ seed, latency, mesh, meshDegree, relays }: OverlayOptions) {
    this.#peers = mesh.map((members) => listMembers(members))
    this.#relays = relays
    this.#passedUs = new Float64Array(MESSAGES * mesh.length)
    this.#delayUs = usualDelays(latency, { seed, size: mesh.length })
    this.#toldBytes = this.#peers.map(({ length }) => {
      const others = mesh.length - 1 - length
      return ID_BYTES * Math.min(others, meshDegree)
    })
  }

  /** A member sends its own message. */
  published(from: MemberIndex, envelope: Envelope): void {
    this.#passedUs[this.#placeOf(envelope) + from] = AUTHOR_US
    this.#told += this.#toldBytes[from] ?? 0
  }

  /**
   * A member that got a message passes it on.
   *
   * @param atUs its moment
   * @param lacking peers that it really sends to, which the network counts
   */
  passedOn(
    from: MemberIndex,
    envelope: Envelope,
    { atUs, lacking }: { readonly atUs: number; readonly lacking: Members },
  ): void {
    const place = this.#placeOf(envelope)
    const own = this.#delayUs[from] ?? []
    /** Repeats that it sends, and those that peers sent to it before. */
    let [sent, received] = [0, 0]
    for (const peer of this.#peers[from] ?? []) {
      const otherUs = this.#passedUs[place + peer] as number
      if (otherUs === NOT_YET_US) {
        // Counted by the network, or here when the peer passes it on in its turn. A member under
        // control passes nothing on, so its repeat is counted at once.
        const isCountedElsewhere = hasMember(lacking, peer) || hasMember(this.#relays, peer)
        if (!isCountedElsewhere) sent += 1
        continue
      }
      if (otherUs === AUTHOR_US) continue
      const hasItFromPeerUs = otherUs + (this.#delayUs[peer]?.[from] ?? 0)
      if (hasItFromPeerUs > atUs) sent += 1
      const peerHasItUs = atUs + (own[peer] ?? 0)
      if (peerHasItUs > otherUs) received += 1
    }
    // Of the copies that it received, the network counts the one that was really sent.
    if (received > 0 && hasMember(envelope.relayed, from)) received -= 1
    this.#passedUs[place + from] = atUs
    this.#repeatedMessages += sent + received
    this.#repeatedBytes += (sent + received) * envelope.message.bytes.length
    this.#told += this.#toldBytes[from] ?? 0
  }

  /** Where the moments of a message begin. */
  #placeOf(envelope: Envelope): number {
    if (envelope.place !== null) return envelope.place
    const size = this.#peers.length
    const place = (this.#messages % MESSAGES) * size
    this.#messages += 1
    this.#passedUs.fill(NOT_YET_US, place, place + size)
    envelope.place = place
    return place
  }

  /** What was sent so far, with what the network carried. */
  wire({ messages, bytes }: Sent): Wire {
    return {
      messages: messages + this.#repeatedMessages,
      bytes: bytes + this.#repeatedBytes + this.#told,
      repeatedMessages: this.#repeatedMessages,
      repeatedBytes: this.#repeatedBytes,
      toldBytes: this.#told,
    }
  }
}

/** What protocols send that talk over one stream between each two members: nothing twice. */
export function plainWire({ messages, bytes }: Sent): Wire {
  return { messages, bytes, repeatedMessages: 0, repeatedBytes: 0, toldBytes: 0 }
}

/** From chance of its own, so that counting changes no run. */
function usualDelays(
  latency: LatencyModel,
  { seed, size }: { readonly seed: number; readonly size: number },
): readonly (readonly number[])[] {
  const [draw, prng] = [delaysOf(latency), prngOf(seed, 'overlay')]
  const members = Array.from({ length: size }, (_, member) => member)
  return members.map((from) =>
    members.map((to) => {
      const draws = Array.from({ length: DRAWS }, () => draw({ from, to }, prng))
      return draws.sort((a, b) => a - b)[DRAWS >> 1] ?? 0
    }),
  )
}
