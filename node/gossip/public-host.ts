import { gossipsub } from '@chainsafe/libp2p-gossipsub'
import { noise } from '@chainsafe/libp2p-noise'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { identify } from '@libp2p/identify'
import type { ConnectionGater } from '@libp2p/interface'
import { tcp } from '@libp2p/tcp'
import type { Multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { clientNetwork } from '../client-network.ts'
import { nodeInfoOf } from './agent.ts'
import { keepFramesFitting } from './fitting-frames.ts'
import { frameLimitsFor, gossipOptions } from './gossip-options.ts'
import { Handshakes } from './handshakes.ts'
import type { Host } from './host.ts'
import { quietYamux } from './quiet-yamux.ts'
import { wholeWrites } from './whole-writes.ts'

export interface PublicHostOptions {
  /** As of `HostOptions`. */
  readonly version?: string | undefined
  /** Multiaddrs to listen on; none for a host that only dials. */
  readonly listen: readonly string[]
  /** Wire name of the one topic that strangers may speak of. */
  readonly topic: string
  readonly messageBytesMax: number
  /** Strangers connected at once, now; further ones are refused, those who are here stay. */
  readonly peersMax: () => number
}

export interface PublicHostDependencies {
  readonly isBanned: (remoteHost: string) => boolean
  /** Monotonic milliseconds. */
  readonly nowMs: () => number
}

/** Most strangers that any configuration lets in. */
const PEERS_MAX = 1_024
/** Connections of one remote host; several followers may stand behind one address. */
export const PER_HOST_MAX = 16
/** Sockets the listener holds, most of them not yet through the handshake. */
const SOCKETS_MAX = 2_048
/** Nobody here is exempt, so a host may begin few: 60 hosts cannot take all pending places. */
const HANDSHAKES = { burst: 16, perSecond: 2 }
const PENDING_MAX = 1_024
/** Streams of one connection: gossip, identify and ping need four. */
const STREAMS_MAX = 8

/**
 * Makes a libp2p host that strangers may talk to, apart from the members' host (protocol §5.6):
 * another port, another key, one topic. Its key is made here and forgotten with the process,
 * because a certificate speaks for itself, whoever brings it.
 */
export async function createPublicHost(
  options: PublicHostOptions,
  dependencies: PublicHostDependencies,
): Promise<Host> {
  let host: Host | null = null
  const connections = () => host?.getConnections() ?? []
  host = await createLibp2p({
    start: false,
    privateKey: await generateKeyPair('secp256k1'),
    nodeInfo: nodeInfoOf(options.version),
    addresses: { listen: [...options.listen] },
    transports: [tcp({ maxConnections: SOCKETS_MAX })],
    connectionEncrypters: [wholeWrites(noise())],
    streamMuxers: [
      quietYamux({
        maxInboundStreams: STREAMS_MAX,
        maxOutboundStreams: STREAMS_MAX,
        streamOptions: { maxReadBufferLength: 262_144, maxWriteBufferLength: 524_288 },
      }),
    ],
    connectionManager: {
      // Above what the gater lets in: libp2p would make room by closing honest connections.
      maxConnections: 2 * PEERS_MAX + 64,
      maxIncomingPendingConnections: PENDING_MAX,
      inboundConnectionThreshold: 64,
      inboundUpgradeTimeout: 2_000,
      dialTimeout: 5_000,
      reconnectRetries: 0,
    },
    connectionMonitor: { pingInterval: 5_000, pingTimeout: { minTimeout: 5_000 } },
    connectionGater: gaterOf(options, { ...dependencies, connections }),
    services: {
      identify: identify({ maxMessageSize: 8_192, timeout: 5_000, maxObservedAddresses: 1 }),
      pubsub: gossipsub({
        ...gossipOptions({ topics: [options.topic], messageBytesMax: options.messageBytesMax }),
        D: 6,
        Dlo: 4,
        Dhi: 12,
        Dout: 2,
        Dscore: 4,
        Dlazy: 6,
      }),
    },
  })
  keepFramesFitting(host, frameLimitsFor(options.messageBytesMax))
  return host
}

/** The first part of an address, which names the remote host, as one stranger among others. */
export function remoteHostOf(address: Multiaddr): string {
  return clientNetwork(address.getComponents()[0]?.value ?? '')
}

function gaterOf(
  options: PublicHostOptions,
  dependencies: PublicHostDependencies & {
    readonly connections: () => readonly { readonly remoteAddr: Multiaddr }[]
  },
): ConnectionGater {
  const handshakes = new Handshakes(dependencies, HANDSHAKES)
  const isFull = (remoteHost: string) => {
    const open = dependencies.connections()
    const ofHost = open.filter(({ remoteAddr }) => remoteHostOf(remoteAddr) === remoteHost)
    return open.length >= options.peersMax() || ofHost.length >= PER_HOST_MAX
  }
  return {
    // Asked before the handshake: who is banned or too many costs no cryptography.
    denyInboundConnection: ({ remoteAddr }) => {
      const remoteHost = remoteHostOf(remoteAddr)
      if (dependencies.isBanned(remoteHost) || isFull(remoteHost)) return true
      return !handshakes.admit(remoteHost)
    },
    denyDialPeer: () => false,
    denyDialMultiaddr: () => false,
    denyInboundEncryptedConnection: () => false,
    denyOutboundEncryptedConnection: () => false,
    // Asked again after it: many handshakes may have been under way at once.
    denyInboundUpgradedConnection: (_, { remoteAddr }) => isFull(remoteHostOf(remoteAddr)),
    denyInboundRelayReservation: () => true,
    denyInboundRelayedConnection: () => true,
    denyOutboundRelayedConnection: () => true,
    // Addresses come from the configuration alone; what peers say of themselves is not kept.
    filterMultiaddrForPeer: () => false,
  }
}
