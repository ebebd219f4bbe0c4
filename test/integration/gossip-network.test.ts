import { multiaddr } from '@multiformats/multiaddr'
import { afterEach, describe, expect, it } from 'vitest'
import { PROTOCOL_VERSION } from '../../aggregator/committee/params.ts'
import { createHost } from '../../node/gossip/host.ts'
import { Network } from '../../node/gossip/network.ts'
import { rosterOf } from '../../node/gossip/roster.ts'
import { channelsOf } from '../../node/gossip/topics.ts'
import {
  addressOf,
  DIGEST,
  judgeByWord,
  keyOf,
  type Member,
  publicKeyOf,
  startCommittee,
  startMember,
  stopAll,
  text,
  untilListening,
} from './gossip-support.ts'

let members: Member[] = []
afterEach(async () => {
  await stopAll(members)
  members = []
})

function at(index: number): Member {
  const member = members[index]
  if (member === undefined) throw new Error(`no member ${index}`)
  return member
}

function entryOf(index: number) {
  return { identityKey: publicKeyOf(keyOf(String(index))), addresses: [] }
}

describe('a committee of four on loopback', () => {
  it('delivers every message of every member exactly once to every other', async () => {
    members = await startCommittee(4)
    const said = (index: number) => [0, 1, 2, 3, 4].map((count) => `valid ${index} ${count}`)
    const recipients = await Promise.all(
      members.flatMap(({ index, network }) =>
        said(index).map((words) => network.publish('protocol', text(words))),
      ),
    )
    expect(recipients).toEqual(Array.from({ length: 20 }, () => 3))

    await Promise.all(members.map((each) => each.watch.until(() => each.accepted.length >= 15)))
    for (const { index, accepted } of members) {
      const expected = [0, 1, 2, 3].filter((other) => other !== index).flatMap(said)
      expect(accepted.toSorted()).toEqual(expected.toSorted())
    }
  })

  it('carries certificates on the reports topic and knows the topic of each message', async () => {
    members = await startCommittee(2)
    await at(1).watch.until(() => at(1).network.peers()[0]?.isListening === true)
    await at(0).network.publish('reports', text('valid certificate'))
    await at(1).watch.until(() => at(1).accepted.length === 1)
    expect(at(1).accepted).toEqual(['valid certificate'])
  })

  it('passes on what two members cannot tell each other, after it was held', async () => {
    const held: (() => void)[] = []
    const far = await startMember({ index: 2, size: 3, addresses: new Map() })
    const between = await startMember({
      index: 1,
      size: 3,
      addresses: new Map([[2, addressOf(far)]]),
      later: (work) => held.push(work),
    })
    const near = await startMember({
      index: 0,
      size: 3,
      addresses: new Map([[1, addressOf(between)]]),
    })
    members = [near, between, far]
    await untilListening(between, 2)
    await Promise.all([untilListening(near, 1), untilListening(far, 1)])
    expect(await far.network.publish('protocol', text('valid far'))).toBe(1)
    await between.watch.until(() => between.accepted.length === 1)
    await between.network.publish('protocol', text('valid between'))
    await near.watch.until(() => near.accepted.length === 1)
    for (const passOn of held) passOn()
    await near.watch.until(() => near.accepted.length === 2)
    expect(near.accepted).toEqual(['valid between', 'valid far'])
  })

  it('makes a connection anew on which a member does not listen, and keeps the others', async () => {
    const last = await startMember({ index: 2, size: 3, addresses: new Map() })
    const first = await startMember({
      index: 0,
      size: 3,
      addresses: new Map([[2, addressOf(last)]]),
    })
    members = [first, last]
    const roster = rosterOf([0, 1, 2].map((index) => entryOf(index)))
    // Member 1 is connected and speaks libp2p, but has not subscribed.
    const mute = await createHost(
      {
        identity: keyOf('1'),
        listen: [],
        roster,
        channels: channelsOf(DIGEST),
        messageBytesMax: 65_536,
      },
      { isBanned: () => false, onSecond: () => undefined, nowMs: () => performance.now() },
    )
    await mute.start()
    await mute.dial(multiaddr(addressOf(first)))
    const lost = () => first.changes.filter(({ change }) => change === 'disconnected')
    await first.watch.until(() => lost().length === 1)
    await mute.stop()
    expect(lost()).toEqual([{ member: 1, change: 'disconnected' }])
    await last.network.publish('protocol', text('valid still'))
    await first.watch.until(() => first.accepted.length === 1)
  })

  it('shows what a connected member says that it runs, and nothing of what it makes up', async () => {
    const versions = ['1.22.333-rc.1', '1.0.0 <script>alert(1)</script>']
    members = [await startMember({ index: 0, size: 3, addresses: new Map() })]
    const addresses = new Map([[0, addressOf(at(0))]])
    for (const [place, version] of versions.entries()) {
      members.push(await startMember({ index: place + 1, size: 3, addresses, version }))
    }
    const agents = () =>
      at(0)
        .network.peers()
        .map(({ agent }) => agent)
    await at(0).watch.until(() =>
      at(0)
        .network.peers()
        .every(({ isListening }) => isListening),
    )
    expect(agents()).toEqual([
      { version: '1.22.333-rc.1', protocol: PROTOCOL_VERSION },
      { version: null, protocol: null },
    ])
    await at(1).network.stop()
    await at(0).watch.until(() => agents()[0]?.version === null)
  })

  it('publishes to nobody without failing, and refuses what is too large', async () => {
    members = [await startMember({ index: 0, size: 4, addresses: new Map() })]
    expect(await at(0).network.publish('protocol', text('valid alone'))).toBe(0)
    await expect(at(0).network.publish('protocol', new Uint8Array(65_537))).rejects.toMatchObject({
      code: 'GOSSIP_MESSAGE_TOO_LARGE',
    })
  })

  it('connects again to a member that stopped and came back elsewhere', async () => {
    members = await startCommittee(3)
    const leaving = at(2)
    await leaving.network.stop()
    await at(0).watch.until(() => at(0).network.peers()[1]?.isConnected === false)

    const addresses = new Map([0, 1].map((index) => [index, addressOf(at(index))]))
    members[2] = await startMember({ index: 2, size: 3, addresses })
    await untilListening(at(2), 2)
    await untilListening(at(0), 2)
    await at(2).network.publish('protocol', text('valid return'))
    await at(0).watch.until(() => at(0).accepted.length === 1)
    await at(0).network.publish('protocol', text('valid greeting'))
    await at(2).watch.until(() => at(2).accepted.length === 1)
  })

  it('lists every other member in the peer table', async () => {
    members = await startCommittee(4)
    expect(
      at(1)
        .network.peers()
        .map(({ member }) => member),
    ).toEqual([0, 2, 3])
    expect(at(1).network.peers()[0]).toMatchObject({
      peerId: at(0).network.peerId,
      isConnected: true,
      isListening: true,
      rejects: 0,
      bans: 0,
    })
  })

  it('starts and stops twice without effect', async () => {
    members = await startCommittee(2)
    await at(0).network.start()
    await at(0).network.stop()
    await at(0).network.stop()
  })

  it('names a busy port', async () => {
    members = await startCommittee(1)
    const second = await Network.create(
      {
        identity: keyOf('0'),
        own: 0,
        members: [{ identityKey: publicKeyOf(keyOf('0')), addresses: [] }],
        committeeDigest: DIGEST,
        roundMs: 500,
        listen: [addressOf(at(0)).replace(/\/p2p\/.*/, '')],
      },
      {
        onMessage: judgeByWord,
        onSyncRequest: () => undefined,
        onFault: () => undefined,
        nowMs: () => 0,
        chance: () => 0,
      },
    )
    await expect(second.start()).rejects.toMatchObject({
      code: 'GOSSIP_LISTEN_FAILED',
      context: { reason: 'EADDRINUSE' },
    })
  })
})

describe('the direct sync stream', () => {
  it('answers a request, and sends the next one when the first has its answer', async () => {
    members = await startCommittee(2, {
      onSyncRequest: (member, from, request) => {
        member.judged.push(`asked by ${from}: ${Buffer.from(request).toString()}`)
        member.watch.notify()
      },
    })
    const asking = [7, 8, 9, 10].map((round) => at(0).network.request(1, text(`round ${round}`)))
    await expect(at(0).network.request(1, text('round 11'))).rejects.toMatchObject({
      code: 'SYNC_BUSY',
    })
    for (let count = 1; count <= 4; count++) {
      await at(1).watch.until(() => at(1).judged.length === count)
      // One is in flight: the others are still here, and nobody else waits for an answer there.
      expect(at(1).judged).toHaveLength(count)
      expect(at(1).network.answer(0, new Uint8Array(60_000 * (count - 1)).fill(count))).toBe(true)
      expect(at(1).network.answer(0, text('nobody asked'))).toBe(false)
    }
    const lengths = (await Promise.all(asking)).map((answer) => answer.length)
    expect(lengths).toEqual([0, 60_000, 120_000, 180_000])
    expect(at(1).judged[3]).toBe('asked by 0: round 10')
  })

  it('serves many requests one after another, both ways', async () => {
    members = await startCommittee(2, {
      onSyncRequest: (member, from, request) => member.network.answer(from, request),
    })
    for (let count = 0; count < 10; count++) {
      expect(await at(0).network.request(1, text(`a${count}`))).toEqual(text(`a${count}`))
      expect(await at(1).network.request(0, text(`b${count}`))).toEqual(text(`b${count}`))
    }
  })

  it('resets a request that is too large and one that is never answered', async () => {
    members = await startCommittee(2)
    await expect(at(0).network.request(1, new Uint8Array(300_000))).rejects.toMatchObject({
      code: 'SYNC_FAILED',
    })
    await expect(at(0).network.request(1, text('silence'))).rejects.toMatchObject({
      code: 'SYNC_FAILED',
    })
  })

  it('says so when the member is not connected', async () => {
    members = [await startMember({ index: 0, size: 2, addresses: new Map() })]
    await expect(at(0).network.request(1, text('hello'))).rejects.toMatchObject({
      code: 'SYNC_UNREACHABLE',
    })
  })
})
