import { describe, expect, it } from 'vitest'
import { rosterOf } from '../../../../node/gossip/roster.ts'
import { Upkeep, type UpkeepDependencies } from '../../../../node/gossip/upkeep.ts'
import { testCommittee } from '../../../support/committee.ts'

type Direction = 'inbound' | 'outbound'

const { committee } = testCommittee({ size: 4 })
const roster = rosterOf(
  committee.params.members.map(({ identityKey }) => ({ identityKey, addresses: [] })),
)

/** Connections of member 0 by member, what is open on them, and who was heard to listen. */
class Peers {
  readonly ended: number[] = []
  readonly banned: number[] = []
  readonly cut: number[] = []
  readonly listening = new Set([1, 2, 3])
  readonly scores = new Map<string, number>()
  nowMs = 1_000
  mended = 0
  readonly #streams = new Map<
    number,
    { protocol: string; direction: Direction; status: string }[]
  >()
  readonly upkeep: Upkeep

  constructor() {
    for (const member of [1, 2, 3]) {
      this.open(member, 'inbound')
      this.open(member, 'outbound')
    }
    const connectionOf = (member: number) => ({
      remotePeer: roster.members[member]?.peerId,
      timeline: { open: 1_000 },
      streams: this.#streams.get(member) ?? [],
      abort: () => this.ended.push(member),
    })
    const host = {
      getConnections: () => [1, 2, 3].map(connectionOf),
      services: { pubsub: { getScore: (id: string) => this.scores.get(id) ?? 0 } },
    }
    this.upkeep = new Upkeep(
      { own: 0, roster },
      {
        host: host as unknown as UpkeepDependencies['host'],
        limiter: { ban: (member) => this.banned.push(member) },
        listeners: () => [...this.listening],
        mendStreams: () => {
          this.mended += 1
        },
        cut: (member) => this.cut.push(member),
        wallMs: () => this.nowMs,
      },
    )
  }

  open(member: number, direction: Direction, protocol = '/meshsub/1.2.0'): void {
    const streams = this.#streams.get(member) ?? []
    this.#streams.set(member, [...streams, { protocol, direction, status: 'open' }])
  }

  lose(member: number, direction: Direction): void {
    const streams = this.#streams.get(member) ?? []
    this.#streams.set(
      member,
      streams.filter((stream) => stream.direction !== direction),
    )
  }
}

describe('connections on which gossip does not flow (ADR 0091)', () => {
  it('stay while they are young, and are made anew when a stream is missing after that', () => {
    const peers = new Peers()
    peers.lose(1, 'inbound')
    peers.lose(2, 'outbound')
    // Another protocol's stream carries no gossip.
    peers.open(2, 'outbound', '/ipfs/ping/1.0.0')
    peers.nowMs = 6_999
    peers.upkeep.look()
    expect(peers.mended).toBe(1)
    expect(peers.ended).toEqual([])
    peers.nowMs = 7_000
    peers.upkeep.look()
    expect(peers.ended).toEqual([1, 2])
  })

  it('are made anew when a member has not said that it listens', () => {
    const peers = new Peers()
    peers.listening.delete(3)
    peers.nowMs = 60_000
    peers.upkeep.look()
    expect(peers.ended).toEqual([3])
  })
})

describe('scores', () => {
  it('below the graylist ban and cut a member', () => {
    const peers = new Peers()
    peers.scores.set(roster.members[2]?.peerId.toString() ?? '', -81)
    peers.upkeep.look()
    expect([peers.banned, peers.cut]).toEqual([[2], [2]])
  })
})
