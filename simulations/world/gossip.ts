import type { MemberIndex, Members } from '../../aggregator/values/ids.ts'
import { hasMember, listMembers, NO_MEMBERS, withMember } from '../../aggregator/values/ids.ts'
import type { Prng } from '../determinism/prng.ts'
import type { Envelope } from './envelope.ts'
import type { LatencyModel } from './latency.ts'
import type { Network, Parcel } from './network.ts'
import { Overlay, type Wire } from './overlay.ts'

/** One copy of a message that a member under an adversary's control lets go. */
export interface Dispatch {
  readonly envelope: Envelope
  readonly from: MemberIndex
  readonly to: MemberIndex
  /** Held back for this long before it enters the link; from 0. */
  readonly heldUs: number
  /** When it arrives whatever the link does. */
  readonly arriveUs?: number | undefined
}

export interface GossipOptions {
  readonly seed: number
  readonly size: number
  readonly latency: LatencyModel
  /** Peers that each member passes messages on to, at least; as in protocol §5.6. */
  readonly meshDegree: number
  /** Members that pass on what they receive. */
  readonly relays: Members
}

export interface GossipDependencies {
  readonly network: Network
  readonly nowUs: () => number
  /** How long this member holds what it would pass on now, in milliseconds. */
  readonly heldForMs: (member: MemberIndex) => number
  /** Plans the arrival of a copy. */
  readonly arrive: (atUs: number, to: MemberIndex, envelope: Envelope) => void
}

/**
 * How messages spread: the author sends to everyone, and what does not reach everyone that way is
 * passed on through a mesh (protocol §5.6). Copies that change nothing are counted, and not
 * simulated: a message that every link carries is not relayed.
 */
export class Gossip {
  readonly #options: GossipOptions
  readonly #dependencies: GossipDependencies
  readonly #mesh: readonly Members[]
  readonly #overlay: Overlay

  constructor(options: GossipOptions, dependencies: GossipDependencies & { readonly prng: Prng }) {
    this.#options = options
    this.#dependencies = dependencies
    this.#mesh = meshOf(options.size, options.meshDegree, dependencies.prng)
    this.#overlay = new Overlay({ ...options, mesh: this.#mesh })
  }

  /** What members handed to links so far, with all that gossip repeats. */
  wire(): Wire {
    return this.#overlay.wire(this.#dependencies.network.sent())
  }

  /** A member sends its own message to all others. */
  publish(from: MemberIndex, envelope: Envelope): void {
    envelope.seen = withMember(envelope.seen, from)
    this.#overlay.published(from, envelope)
    const parcel = this.#parcelOf(envelope, from, 0)
    let isWhole = true
    for (let to = 0; to < this.#options.size; to++) {
      if (to !== from && !this.#carry(envelope, parcel, to)) isWhole = false
    }
    envelope.isWhole = envelope.isWhole || isWhole
  }

  /** A copy for one member alone; others may get it by relaying. */
  dispatch({ envelope, from, to, heldUs, arriveUs }: Dispatch): void {
    if (!hasMember(envelope.seen, from)) this.#overlay.published(from, envelope)
    envelope.seen = withMember(envelope.seen, from)
    if (arriveUs !== undefined) {
      const { arrive, nowUs } = this.#dependencies
      arrive(Math.max(arriveUs, nowUs()), to, envelope)
      return
    }
    this.#carry(envelope, this.#parcelOf(envelope, from, heldUs), to)
  }

  /** A member took a message for the first time: it passes it on where it may be missing. */
  relay(from: MemberIndex, envelope: Envelope): void {
    if (!hasMember(this.#options.relays, from)) return
    const heldUs = this.#dependencies.heldForMs(from) * 1_000
    const missing = ((this.#mesh[from] ?? 0) & ~(envelope.seen | envelope.relayed)) >>> 0
    const lacking = envelope.isWhole ? NO_MEMBERS : missing
    const atUs = this.#dependencies.nowUs() + heldUs
    this.#overlay.passedOn(from, envelope, { atUs, lacking })
    if (lacking === NO_MEMBERS) return
    const parcel = this.#parcelOf(envelope, from, heldUs)
    for (const to of listMembers(lacking)) {
      if (this.#carry(envelope, parcel, to)) {
        envelope.relayed = withMember(envelope.relayed, to)
      }
    }
  }

  /** Sends something else than gossip; it may be lost as a whole, but never arrives twice. */
  sendDirect(link: Omit<Parcel, 'nowUs'>, arrive: (atUs: number) => void): void {
    const { network, nowUs } = this.#dependencies
    const parcel = { ...link, nowUs: nowUs() }
    const atUs = network.send(parcel)
    if (atUs === null) return
    arrive(atUs)
    // The link draws for a second copy as for any other message; a stream drops it.
    network.double(parcel)
  }

  #parcelOf({ message }: Envelope, from: MemberIndex, heldUs: number): Parcel {
    const nowUs = this.#dependencies.nowUs() + heldUs
    return { from, to: from, bytes: message.bytes.length, nowUs }
  }

  #carry(envelope: Envelope, parcel: Parcel, to: MemberIndex): boolean {
    const { network, arrive } = this.#dependencies
    parcel.to = to
    const atUs = network.send(parcel)
    if (atUs === null) return false
    arrive(atUs, to, envelope)
    const againUs = network.double(parcel)
    if (againUs !== null) arrive(againUs, to, envelope)
    return true
  }
}

/** A ring, so that it is connected, and random chords until every member has enough peers. */
function meshOf(size: number, degree: number, prng: Prng): readonly Members[] {
  const peers: number[] = Array.from({ length: size }, () => 0)
  const connect = (a: MemberIndex, b: MemberIndex): void => {
    peers[a] = withMember(peers[a] ?? 0, b)
    peers[b] = withMember(peers[b] ?? 0, a)
  }
  for (let index = 0; index < size; index++) connect(index, (index + 1) % size)
  const target = Math.min(degree, size - 1)
  for (let index = 0; index < size; index++) {
    while (listMembers(peers[index] ?? 0).length < target) {
      const other = prng.below(size)
      if (other !== index) connect(index, other)
    }
  }
  return peers
}
