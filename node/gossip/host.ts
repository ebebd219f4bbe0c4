import { type GossipSub, gossipsub } from '@chainsafe/libp2p-gossipsub'
import { noise } from '@chainsafe/libp2p-noise'
import { type Identify, identify } from '@libp2p/identify'
import type { ConnectionGater, PeerId } from '@libp2p/interface'
import { tcp } from '@libp2p/tcp'
import type { Multiaddr } from '@multiformats/multiaddr'
import { createLibp2p, type Libp2p } from 'libp2p'
import type { MemberIndex } from '../../aggregator/values/ids.ts'
import { codeOf, OracleError } from '../errors.ts'
import { nodeInfoOf } from './agent.ts'
import { keepFramesFitting } from './fitting-frames.ts'
import { frameLimitsFor, type GossipOptions, gossipOptions } from './gossip-options.ts'
import { type HandshakeLimits, Handshakes } from './handshakes.ts'
import { type NetworkIdentity, privateKeyOf } from './identity.ts'
import { quietYamux } from './quiet-yamux.ts'
import type { Roster } from './roster.ts'
import type { Channels } from './topics.ts'
import { wholeWrites } from './whole-writes.ts'

export type Services = { readonly identify: Identify; readonly pubsub: GossipSub }
export type Host = Libp2p<Services>

export interface HostOptions {
  /** Of this software, which the host tells its peers; left out, it tells none. */
  readonly version?: string | undefined
  readonly identity: NetworkIdentity
  /** Multiaddrs to listen on, such as `/ip4/127.0.0.1/tcp/0`. */
  readonly listen: readonly string[]
  readonly roster: Roster
  readonly channels: Channels
  /** Largest gossip message in bytes; a frame may carry four, and 128 KiB. */
  readonly messageBytesMax: number
}

export interface HostDependencies {
  readonly isBanned: (member: MemberIndex) => boolean
  /** A connection of a member that is connected already was refused. */
  readonly onSecond: (member: MemberIndex) => void
  /** Monotonic milliseconds. */
  readonly nowMs: () => number
}

/** Connections open at once; two for each of 31 members while one replaces the other. */
const CONNECTIONS_MAX = 64
/** Sockets the listener holds at all, most of them not yet through the handshake. */
const SOCKETS_MAX = 1_024
/**
 * Handshakes with hosts that no member's address names, all of them together: each costs us
 * milliseconds and the other end nothing, and fifty hosts have fifty allowances of their own. A
 * member that comes from such a host may have to wait; we dial it as well (docs/adr/0037).
 */
const STRANGER_LIMITS: HandshakeLimits = { burst: 32, perSecond: 8 }
/** Streams of one connection: gossip, sync, identify and ping need five. */
const STREAMS_MAX = 16

/**
 * Makes a libp2p host for one committee member: TCP, Noise, Yamux, identify, gossipsub, and nothing
 * else. The defaults of these libraries fall to twelve idle sockets, to one peer that sends invalid
 * messages and to poisoned copies (docs/adr/0031), so every limit is set here.
 *
 * @throws {OracleError} `GOSSIP_PRIVATE_KEY_INVALID`
 */
export async function createHost(
  options: HostOptions,
  dependencies: HostDependencies,
): Promise<Host> {
  let host: Host | null = null
  const isConnected = (peerId: PeerId) => (host?.getConnections(peerId).length ?? 0) > 0
  const gater = gaterOf(options, { ...dependencies, isConnected })
  host = await createLibp2p<Services>({
    start: false,
    privateKey: privateKeyOf(options.identity),
    nodeInfo: nodeInfoOf(options.version),
    addresses: { listen: [...options.listen] },
    transports: [tcp({ maxConnections: SOCKETS_MAX })],
    connectionEncrypters: [wholeWrites(noise())],
    streamMuxers: [
      quietYamux({
        maxInboundStreams: STREAMS_MAX,
        maxOutboundStreams: STREAMS_MAX,
        streamOptions: { maxReadBufferLength: 262_144, maxWriteBufferLength: 1_048_576 },
      }),
    ],
    connectionManager: {
      // Handshakes from members' own addresses are never counted against the limits below.
      allow: addressesAllowed(options.roster),
      maxConnections: CONNECTIONS_MAX,
      maxIncomingPendingConnections: 512,
      // A whole committee may stand behind one address, as in the local network.
      inboundConnectionThreshold: CONNECTIONS_MAX,
      inboundUpgradeTimeout: 2_000,
      dialTimeout: 2_000,
      maxDialQueueLength: CONNECTIONS_MAX,
      // The dialer redials; two mechanisms would make two connections.
      reconnectRetries: 0,
    },
    // Finds connections whose other end vanished without a word, and measures the round trip.
    connectionMonitor: { pingInterval: 5_000, pingTimeout: { minTimeout: 5_000 } },
    connectionGater: gater,
    services: {
      identify: identify({ maxMessageSize: 8_192, timeout: 5_000, maxObservedAddresses: 1 }),
      pubsub: gossipsub(memberGossip(options)),
    },
  })
  keepFramesFitting(host, frameLimitsFor(options.messageBytesMax))
  return host
}

/**
 * Starts a host.
 *
 * @throws {OracleError} `GOSSIP_LISTEN_FAILED` when no listening address could be bound
 */
export async function startHost(host: Host, listen: readonly string[]): Promise<void> {
  try {
    await host.start()
  } catch (cause) {
    await host.stop()
    const addresses = listen.join(', ')
    throw new OracleError(
      'GOSSIP_LISTEN_FAILED',
      `cannot listen on ${addresses}; end who holds the port, or change network.listen`,
      { context: { addresses, reason: reasonOf(cause) }, cause },
    )
  }
}

/** Hosts that members' addresses name; a name stands for itself and matches no connection. */
function membersHosts(roster: Roster): readonly string[] {
  return roster.members.flatMap(({ addresses }) => addresses.map(hostOf))
}

/** Only members get past the handshake, unbanned ones only, and one connection each. */
function gaterOf(
  options: HostOptions,
  dependencies: HostDependencies & { readonly isConnected: (peerId: PeerId) => boolean },
): ConnectionGater {
  const own = privateKeyOf(options.identity).publicKey
  const ownIndex = options.roster.members.find(({ peerId }) => peerId.publicKey?.equals(own))?.index
  const isRefused = (peerId: PeerId) => {
    const member = options.roster.indexOf(peerId)
    return member === null || dependencies.isBanned(member)
  }
  // Of two connections made at once, both ends keep the one that the smaller index dialled.
  const isSecond = (peerId: PeerId) => {
    const member = options.roster.indexOf(peerId)
    if (member === null || ownIndex === undefined) return true
    if (member < ownIndex || !dependencies.isConnected(peerId)) return false
    dependencies.onSecond(member)
    return true
  }
  const handshakes = new Handshakes(dependencies)
  const strangers = new Handshakes(dependencies, STRANGER_LIMITS)
  const listed = new Set(membersHosts(options.roster))
  return {
    denyInboundConnection: ({ remoteAddr }) => {
      const remoteHost = hostOf(remoteAddr)
      if (!listed.has(remoteHost) && !strangers.admit('all together')) return true
      return !handshakes.admit(remoteHost)
    },
    denyDialPeer: isRefused,
    denyDialMultiaddr: () => false,
    denyInboundEncryptedConnection: isRefused,
    denyOutboundEncryptedConnection: isRefused,
    denyInboundUpgradedConnection: isSecond,
    denyInboundRelayReservation: () => true,
    denyInboundRelayedConnection: () => true,
    denyOutboundRelayedConnection: () => true,
    // Addresses come from the configuration alone; what peers say of themselves is not kept.
    filterMultiaddrForPeer: () => false,
  }
}

function addressesAllowed(roster: Roster): string[] {
  const allowed = roster.members.flatMap(({ addresses }) => addresses.flatMap(ipOf))
  return [...new Set(allowed)]
}

/** The first part of an address, which names the remote host. */
function hostOf(address: Multiaddr): string {
  return address.getComponents()[0]?.value ?? ''
}

/** The host part of an address as libp2p's allow list wants it; names are not resolved. */
function ipOf(address: Multiaddr): string[] {
  const first = address.getComponents()[0]
  if (first?.value === undefined) return []
  if (first.name === 'ip4') return [`/ip4/${first.value}/ipcidr/32`]
  if (first.name === 'ip6') return [`/ip6/${first.value}/ipcidr/128`]
  return []
}

function memberGossip(options: HostOptions): GossipOptions {
  const others = Math.max(1, options.roster.members.length - 1)
  const degree = Math.min(others, 4)
  return {
    ...gossipOptions({
      topics: Object.values(options.channels.topics),
      messageBytesMax: options.messageBytesMax,
    }),
    // `passOnLater` says when a message is passed on.
    asyncValidation: true,
    D: degree,
    Dlo: Math.min(degree, 3),
    Dhi: Math.min(others, 8),
    Dout: Math.floor(Math.min(degree, 3) / 2),
    Dscore: Math.min(degree, 3),
    Dlazy: degree,
    // A round is over after a heartbeat, and the author and the mesh have sent the message already:
    // to tell more, or more often, was a third of the bytes of 31 members (docs/adr/0132).
    mcacheGossip: 1,
    gossipFactor: 0,
  }
}

/** Whether the port is taken or the address is not this machine's: libp2p says it in its text. */
function reasonOf(cause: unknown): string {
  const codes = String(cause).match(/\bE[A-Z]{4,}\b/g) ?? [codeOf(cause)]
  return [...new Set(codes)].join(', ')
}
