import { createHash } from 'node:crypto'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { ascii } from '../../aggregator/values/bytes.ts'
import type { Delivery, Judgement } from '../../node/gossip/gossip.ts'
import { Network } from '../../node/gossip/network.ts'
import type { PeerChange } from '../../node/gossip/peer-change.ts'
import { Watch } from './gossip-watch.ts'

export const DIGEST = new Uint8Array(32).fill(7)

/** A secret key that is the same in every run. */
export function keyOf(name: string): Uint8Array {
  return createHash('sha256').update(`gossip test ${name}`).digest()
}

export function publicKeyOf(privateKey: Uint8Array): Uint8Array {
  return secp256k1.getPublicKey(privateKey, true)
}

/** Judges like a committee would: what begins with `valid` is good unless it ends as forged. */
export function judgeByWord({ bytes }: Delivery): Judgement {
  const text = Buffer.from(bytes).toString('latin1')
  if (text.startsWith('valid') && !text.endsWith('forged'))
    return { verdict: 'accept', code: 'ACCEPTED' }
  if (text.startsWith('late')) return { verdict: 'ignore', code: 'ROUND_PAST' }
  return { verdict: 'reject', code: 'SIGNATURE_INVALID' }
}

/** One committee member on loopback that remembers what reached it. */
export interface Member {
  readonly index: number
  readonly network: Network
  readonly watch: Watch
  readonly accepted: string[]
  readonly judged: string[]
  readonly changes: PeerChange[]
  readonly faults: unknown[]
}

interface MemberSettings {
  readonly index: number
  readonly size: number
  /** Multiaddr of each member that is already up. */
  readonly addresses: ReadonlyMap<number, string>
  readonly onSyncRequest?: (member: Member, from: number, request: Uint8Array) => void
  readonly nowMs?: () => number
  readonly later?: (work: () => void) => void
  readonly privateKey?: Uint8Array
  /** What it says that it runs. */
  readonly version?: string
}

export async function startMember(settings: MemberSettings): Promise<Member> {
  const { index, size, addresses } = settings
  const watch = new Watch()
  const seen = { accepted: [], judged: [], changes: [], faults: [] } as Omit<
    Member,
    'index' | 'network' | 'watch'
  >
  const network = await Network.create(
    {
      ...(settings.version !== undefined && { version: settings.version }),
      identity: settings.privateKey ?? keyOf(String(index)),
      own: index,
      members: Array.from({ length: size }, (_, each) => ({
        identityKey: publicKeyOf(keyOf(String(each))),
        addresses: [addresses.get(each)].filter((address) => address !== undefined),
      })),
      committeeDigest: DIGEST,
      roundMs: 500,
      listen: ['/ip4/127.0.0.1/tcp/0'],
    },
    {
      onMessage: (delivery) => {
        const judgement = judgeByWord(delivery)
        const text = Buffer.from(delivery.bytes).toString('latin1')
        seen.judged.push(text)
        if (judgement.verdict === 'accept') seen.accepted.push(text)
        watch.notify()
        return judgement
      },
      onSyncRequest: (from, request) => settings.onSyncRequest?.(member, from, request),
      onPeer: (change) => {
        seen.changes.push(change)
        watch.notify()
      },
      onFault: (error) => seen.faults.push(error),
      ...(settings.later === undefined ? {} : { later: settings.later }),
      nowMs: settings.nowMs ?? (() => performance.now()),
      chance: () => 0,
    },
  )
  const member: Member = { index, network, watch, ...seen }
  await network.start()
  return member
}

/** Starts a whole committee, the largest index first, and waits until all hear all. */
export async function startCommittee(
  size: number,
  extra: Pick<MemberSettings, 'onSyncRequest'> = {},
): Promise<Member[]> {
  const addresses = new Map<number, string>()
  const members: Member[] = []
  for (let index = size - 1; index >= 0; index--) {
    const member = await startMember({ index, size, addresses, ...extra })
    addresses.set(index, addressOf(member))
    members.unshift(member)
  }
  await Promise.all(members.map((member) => untilListening(member, size - 1)))
  return members
}

export function addressOf(member: Member): string {
  const address = member.network.listenAddresses()[0]
  if (address === undefined) throw new Error('the member does not listen')
  return address
}

export function untilListening(member: Member, others: number): Promise<void> {
  return member.watch.until(
    () => member.network.peers().filter((peer) => peer.isListening).length >= others,
  )
}

export async function stopAll(members: readonly Member[]): Promise<void> {
  await Promise.all(members.map(({ network }) => network.stop()))
}

export const text = (words: string) => ascii(words)
