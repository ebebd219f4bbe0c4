import { publicKeyFromRaw } from '@libp2p/crypto/keys'
import type { PeerId } from '@libp2p/interface'
import { peerIdFromPublicKey } from '@libp2p/peer-id'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import type { MemberIndex } from '../../aggregator/values/ids.ts'
import { OracleError } from '../errors.ts'

/** A committee member as the configuration names it. */
export interface RosterEntry {
  /** Compressed secp256k1 public key, 33 bytes; the peer id is made from it (protocol §2.1). */
  readonly identityKey: Uint8Array
  /** Multiaddrs such as `/ip4/192.0.2.7/tcp/7000`; at most 4; may be empty for oneself. */
  readonly addresses: readonly string[]
}

export interface RosterMember {
  readonly index: MemberIndex
  readonly peerId: PeerId
  readonly addresses: readonly Multiaddr[]
}

/** Who may connect: the committee, by peer id. */
export interface Roster {
  readonly members: readonly RosterMember[]
  readonly indexOf: (peerId: PeerId) => MemberIndex | null
}

const ADDRESSES_MAX = 4

/**
 * Turns the members of a committee into peers, by index.
 *
 * @throws {OracleError} `GOSSIP_MEMBER_KEY_INVALID`, `GOSSIP_ADDRESS_INVALID`
 */
export function rosterOf(entries: readonly RosterEntry[]): Roster {
  const members = entries.map((entry, index) => ({
    index,
    peerId: peerIdOf(entry.identityKey, index),
    addresses: entry.addresses.slice(0, ADDRESSES_MAX).map((text) => addressOf(text, index)),
  }))
  const indices = new Map(members.map((member) => [member.peerId.toString(), member.index]))
  return { members, indexOf: (peerId) => indices.get(peerId.toString()) ?? null }
}

/** Peer id of an identity public key; what operators compare and put into addresses. */
export function peerIdOf(identityKey: Uint8Array, index: MemberIndex): PeerId {
  try {
    if (identityKey.length !== 33) throw new RangeError('expected 33 bytes')
    return peerIdFromPublicKey(publicKeyFromRaw(identityKey))
  } catch (cause) {
    throw new OracleError(
      'GOSSIP_MEMBER_KEY_INVALID',
      `the identity key of member ${index} is no secp256k1 key; correct the committee file`,
      { context: { member: index }, cause },
    )
  }
}

function addressOf(text: string, index: MemberIndex): Multiaddr {
  try {
    const address = multiaddr(text)
    const names = address.getComponents().map(({ name }) => name)
    if (!names.includes('tcp')) throw new RangeError('an address needs a host and a TCP port')
    return address
  } catch (cause) {
    throw new OracleError(
      'GOSSIP_ADDRESS_INVALID',
      `"${text}" is no multiaddr; write it like /ip4/192.0.2.7/tcp/7000 or /dns4/host/tcp/7000`,
      { context: { member: index, address: text }, cause },
    )
  }
}
