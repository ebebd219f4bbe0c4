import type { GossipSub } from '@chainsafe/libp2p-gossipsub'
import type { Connection, PeerId } from '@libp2p/interface'
import type { MemberIndex } from '../../aggregator/values/ids.ts'
import { GRAYLIST_SCORE } from './gossip-options.ts'
import type { Host } from './host.ts'
import type { Limiter } from './limiter.ts'
import type { Roster } from './roster.ts'

export interface UpkeepOptions {
  readonly own: MemberIndex
  readonly roster: Roster
}

export interface UpkeepDependencies {
  readonly host: Pick<Host, 'getConnections' | 'services'>
  readonly limiter: Pick<Limiter, 'ban'>
  /** Members that told us they listen. */
  readonly listeners: () => readonly MemberIndex[]
  /** Makes gossip streams that are missing. */
  readonly mendStreams: () => void
  /** Ends every connection of a member that was banned. */
  readonly cut: (member: MemberIndex) => void
  /** Unix time in milliseconds, as connections are stamped with. */
  readonly wallMs: () => number
}

const EVERY_MS = 1_000
/**
 * A connection this old has its two streams of gossip, and who listens has said so: both ends have
 * made what was missing, also where the machine is busy.
 */
const SETTLED_MS = 6_000
const GOSSIP = '/meshsub/'

/** Looks every second at what no event tells of. */
export class Upkeep {
  readonly #options: UpkeepOptions
  readonly #dependencies: UpkeepDependencies
  #timer: NodeJS.Timeout | undefined

  constructor(options: UpkeepOptions, dependencies: UpkeepDependencies) {
    this.#options = options
    this.#dependencies = dependencies
  }

  start(): void {
    this.#timer = setInterval(() => this.look(), EVERY_MS)
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  look(): void {
    this.#dependencies.mendStreams()
    this.#judgeScores()
    this.#renewMute()
  }

  #scoreOf(peerId: PeerId): number {
    const pubsub: GossipSub & { getScore?: (peerId: string) => number } =
      this.#dependencies.host.services.pubsub
    return pubsub.getScore?.(peerId.toString()) ?? 0
  }

  /** Second line: gossipsub also scores what never reaches a validator, such as signed messages. */
  #judgeScores(): void {
    const { host, limiter, cut } = this.#dependencies
    for (const { index, peerId } of this.#options.roster.members) {
      if (index === this.#options.own || this.#scoreOf(peerId) >= GRAYLIST_SCORE) continue
      if (host.getConnections(peerId).length === 0) continue
      limiter.ban(index)
      cut(index)
    }
  }

  /**
   * Ends connections on which gossip does not flow both ways although streams that are missing are
   * made, so that they are made anew; until then what is published reaches the member through
   * others only (docs/adr/0091).
   */
  #renewMute(): void {
    const { host, listeners, wallMs } = this.#dependencies
    const listening = new Set(listeners())
    for (const connection of host.getConnections()) {
      if (wallMs() - connection.timeline.open < SETTLED_MS) continue
      const member = this.#options.roster.indexOf(connection.remotePeer)
      if (member === null || (listening.has(member) && isFlowing(connection))) continue
      connection.abort(new Error('gossip does not flow'))
    }
  }
}

function isFlowing({ streams }: Connection): boolean {
  const isOpen = (direction: 'inbound' | 'outbound') =>
    streams.some(
      (stream) =>
        stream.protocol.startsWith(GOSSIP) &&
        stream.direction === direction &&
        stream.status === 'open',
    )
  return isOpen('inbound') && isOpen('outbound')
}
