import { connect, type Socket } from 'node:net'
import { gossipsub } from '@chainsafe/libp2p-gossipsub'
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { privateKeyFromRaw } from '@libp2p/crypto/keys'
import { identify } from '@libp2p/identify'
import { tcp } from '@libp2p/tcp'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { afterEach, describe, expect, it } from 'vitest'
import { limiterOptionsFor } from '../../node/gossip/limiter.ts'
import { channelsOf } from '../../node/gossip/topics.ts'
import { Attacker } from '../attack/attacker.ts'
import {
  addressOf,
  DIGEST,
  keyOf,
  type Member,
  startCommittee,
  startMember,
  stopAll,
  text,
  untilListening,
} from './gossip-support.ts'
import { Watch } from './gossip-watch.ts'

const TOPIC = channelsOf(DIGEST).topics.protocol

/** A libp2p node without any of our limits: what an attacker runs. */
async function startRaw(privateKey: Uint8Array, policy: 'StrictNoSign' | 'StrictSign') {
  return await createLibp2p({
    privateKey: privateKeyFromRaw(privateKey),
    addresses: { listen: [] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    services: {
      identify: identify(),
      pubsub: gossipsub({
        globalSignaturePolicy: policy,
        allowPublishToZeroTopicPeers: true,
        ignoreDuplicatePublishError: true,
        floodPublish: true,
        // An attacker does not punish those it attacks.
        scoreThresholds: { gossipThreshold: -1e9, publishThreshold: -1e9, graylistThreshold: -1e9 },
      }),
    },
  })
}

type Raw = Awaited<ReturnType<typeof startRaw>>

let members: Member[] = []
let raws: Raw[] = []
let sockets: Socket[] = []
afterEach(async () => {
  for (const socket of sockets) socket.destroy()
  await Promise.all(raws.map((raw) => raw.stop()))
  await stopAll(members)
  members = []
  raws = []
  sockets = []
})

function at(index: number): Member {
  const member = members[index]
  if (member === undefined) throw new Error(`no member ${index}`)
  return member
}

/** Members 1 to 3 honest, and member 0's own key in the hands of an attacker. */
async function startWithInsider(
  policy: 'StrictNoSign' | 'StrictSign' = 'StrictNoSign',
  clock: { readonly nowMs?: () => number } = {},
) {
  const addresses = new Map<number, string>()
  for (let index = 3; index >= 1; index--) {
    const member = await startMember({ index, size: 4, addresses, ...clock })
    addresses.set(index, addressOf(member))
    members.unshift(member)
  }
  await Promise.all(members.map((member) => untilListening(member, 2)))
  const insider = await startRaw(keyOf('0'), policy)
  raws.push(insider)
  insider.services.pubsub.subscribe(TOPIC)
  const hears = untilSubscribers(insider, 3)
  for (const address of addresses.values()) await insider.dial(multiaddr(address))
  await hears
  return insider
}

function untilSubscribers(raw: Raw, count: number): Promise<void> {
  return new Promise((resolve) => {
    const check = () => {
      if (raw.services.pubsub.getSubscribers(TOPIC).length >= count) resolve()
    }
    raw.services.pubsub.addEventListener('subscription-change', check)
  })
}

/** Dials a member and waits until it hangs up; the dialler may first think it is connected. */
async function untilRefused(raw: Raw, member: Member): Promise<void> {
  const connection = await raw.dial(multiaddr(addressOf(member))).catch(() => null)
  if (connection === null || connection.status !== 'open') return
  await new Promise((resolve) => connection.addEventListener('close', resolve, { once: true }))
}

const isBannedAt = (member: Member) =>
  member.changes.some(({ member: index, change }) => index === 0 && change === 'banned')

describe('a peer that is not listed', () => {
  it('is refused before the muxer, dialling and dialled', async () => {
    members = await startCommittee(2)
    const stranger = await startRaw(keyOf('stranger'), 'StrictNoSign')
    raws.push(stranger)
    await untilRefused(stranger, at(0))
    expect(
      at(0)
        .network.peers()
        .map(({ isConnected }) => isConnected),
    ).toEqual([true])
    expect(at(0).changes.filter(({ change }) => change === 'connected')).toHaveLength(1)
  })
})

describe('a listed member that turned hostile', () => {
  /** Announces a frame of a million bytes, sends some of them, and waits until it is hung up on. */
  async function announce(insider: Raw, victim: Member): Promise<void> {
    const connection = await insider.dial(multiaddr(addressOf(victim)))
    const closed = new Promise((resolve) => connection.addEventListener('close', resolve))
    const stream = await connection.newStream('/meshsub/1.2.0')
    stream.send(Uint8Array.from([0xc0, 0x84, 0x3d, ...new Uint8Array(1_000)]))
    await closed
  }

  it('loses its connection for each frame above the limit, and is banned for twenty', async () => {
    const insider = await startWithInsider('StrictNoSign', { nowMs: () => 1_000 })
    const victim = at(0)
    let frames = 0
    while (!isBannedAt(victim)) {
      await announce(insider, victim)
      frames += 1
    }
    expect(frames).toBe(20)
    expect(victim.network.counters().judged.get('reject:FRAME_TOO_LARGE')).toBe(20)
  })

  it('is not banned for one such frame a second: an honest answer may be as large', async () => {
    let nowMs = 1_000
    const insider = await startWithInsider('StrictNoSign', { nowMs: () => nowMs })
    for (let frames = 0; frames < 25; frames++) {
      await announce(insider, at(0))
      nowMs += 1_000
    }
    expect(isBannedAt(at(0))).toBe(false)
  })

  it('is cut at the twentieth invalid message and banned, and the others go on', async () => {
    const insider = await startWithInsider()
    for (let count = 0; count < 40; count++) {
      await insider.services.pubsub.publish(TOPIC, text(`invalid ${count}`))
    }
    await Promise.all(members.map((each) => each.watch.until(() => isBannedAt(each))))
    for (const member of members) {
      const judged = member.judged.filter((words) => words.startsWith('invalid'))
      expect(judged).toHaveLength(20)
      expect(member.network.peers()[0]).toMatchObject({ member: 0, rejects: 20, bans: 1 })
    }
    await untilRefused(insider, at(0))

    await at(0).network.publish('protocol', text('valid after the attack'))
    await Promise.all(
      members.slice(1).map((each) => each.watch.until(() => each.accepted.length === 1)),
    )
  })

  it('cannot censor by poisoned copies: each byte enters the message id', async () => {
    const insider = await startWithInsider()
    const honest = Array.from({ length: 15 }, (_, count) => `valid message ${count} is signed`)
    for (const words of honest) {
      // The same but for its end: an id that leaves the signature out takes both for one.
      await insider.services.pubsub.publish(TOPIC, text(words.replace('signed', 'forged')))
      await at(0).network.publish('protocol', text(words))
    }
    await Promise.all(
      members.slice(1).map((each) => each.watch.until(() => each.accepted.length === 15)),
    )
    // Each once; one may come through the third member before its sender gets to it.
    expect(at(1).accepted.toSorted()).toEqual(honest.toSorted())
    expect(at(2).accepted.toSorted()).toEqual(honest.toSorted())
  })

  it('is dropped unread beyond its allowance, and cut when it goes on', async () => {
    // Time stands still for the limiter, so that a slow machine refills no bucket.
    const insider = await startWithInsider('StrictNoSign', { nowMs: () => 0 })
    const { burst, surplusMax } = limiterOptionsFor({ members: 4, roundMs: 500 })
    // Twice as many as it takes: gossip may lose some of them.
    for (let count = 0; count < 2 * (burst + surplusMax) && !isBannedAt(at(0)); count++) {
      await insider.services.pubsub.publish(TOPIC, text(`late ${count}`))
    }
    await at(0).watch.until(() => isBannedAt(at(0)))
    expect(at(0).judged).toHaveLength(burst)
    expect(at(0).network.counters().dropped).toBeGreaterThanOrEqual(surplusMax)
    expect(at(0).faults).toEqual([])
  })

  it('reaches no validator with a frame beyond the limit, and the rest goes on', async () => {
    const insider = await startWithInsider()
    await insider.services.pubsub.publish(TOPIC, new Uint8Array(400_000).fill(1))
    await at(1).network.publish('protocol', text('valid meanwhile'))
    await at(0).watch.until(() => at(0).accepted.length === 1)
    expect(at(0).judged).toEqual(['valid meanwhile'])
  })

  it('has a message between the two limits rejected without its being judged', async () => {
    const insider = await startWithInsider()
    await insider.services.pubsub.publish(TOPIC, new Uint8Array(70_000).fill(1))
    await insider.services.pubsub.publish(TOPIC, text('valid end'))
    await at(0).watch.until(() => at(0).accepted.length === 1)
    expect(at(0).judged).toEqual(['valid end'])
    expect(at(0).network.counters().judged.get('reject:SIZE_INVALID')).toBe(1)
  })

  it('is scored down and cut when it signs with libp2p, which reaches no validator', async () => {
    const insider = await startWithInsider('StrictSign')
    for (let count = 0; count < 60; count++) {
      await insider.services.pubsub.publish(TOPIC, text(`valid but signed ${count}`))
    }
    await at(0).watch.until(() => isBannedAt(at(0)))
    expect(at(0).judged).toEqual([])
  })
})

describe('idle sockets', () => {
  /** Opens sockets that never say a word to member 1; counts those that it hangs up on. */
  async function openIdle(count: number, localAddress: string) {
    const refused = { count: 0, watch: new Watch() }
    const tcpPort = multiaddr(addressOf(at(0)))
      .getComponents()
      .find(({ name }) => name === 'tcp')
    for (let opened = 0; opened < count; opened++) {
      const socket = connect({ port: Number(tcpPort?.value), host: '127.0.0.1', localAddress })
      sockets.push(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => {
        refused.count += 1
        refused.watch.notify()
      })
      await new Promise((resolve) => socket.once('connect', resolve).once('close', resolve))
    }
    return refused
  }

  async function joinHonest(): Promise<void> {
    const addresses = new Map([[1, addressOf(at(0))]])
    members.push(await startMember({ index: 0, size: 2, addresses }))
    await untilListening(at(1), 1)
  }

  it("forty from a member's own address do not lock the member out", async () => {
    members = [await startMember({ index: 1, size: 2, addresses: new Map() })]
    await openIdle(40, '127.0.0.1')
    await joinHonest()
  })

  it('hundreds from elsewhere are refused beyond an allowance, and lock nobody out', async () => {
    members = [await startMember({ index: 1, size: 2, addresses: new Map() })]
    const refused = await openIdle(300, '127.0.0.2')
    await joinHonest()
    await refused.watch.until(() => refused.count > 200)
  })

  it('broken handshakes from fifty addresses cost no more than those from one', async () => {
    // Time stands still for the allowance: what is let in does not depend on the machine.
    const key = { index: 1, size: 2, addresses: new Map([[0, '/ip4/127.0.0.1/tcp/1']]) }
    members = [await startMember({ ...key, nowMs: () => 0 })]
    const tcpPort = Number(/tcp\/(\d+)/.exec(addressOf(at(0)))?.[1])
    const attacker = new Attacker(tcpPort, 50)
    for (let count = 0; count < 300; count++) attacker.handshake()
    await joinHonest()
    await attacker.closed(300 - 32)
    expect(attacker.answered).toBeLessThanOrEqual(32)
    attacker.closeAll()
  })
})
