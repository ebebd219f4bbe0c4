import { secp256k1 } from '@noble/curves/secp256k1.js'
import { keccak_256 } from '@noble/hashes/sha3.js'
import { Network } from '../../node/gossip/network.ts'
import { Later } from '../../node/later.ts'

/**
 * One process of the floor: the bare exchange that a round cannot go below on this stack. Every
 * member publishes a message of an observation's size on the tick; whoever holds all of them and is
 * a signer publishes one of a share's size; the first that holds all shares publishes one of a
 * certificate's size. No signature, no disk, no rule.
 */
interface Setup {
  readonly own: number
  readonly signers: number
  readonly ports: readonly number[]
  readonly genesisMs: number
  readonly roundMs: number
  /** How long after an opening what others said is held before it is passed on, as by a member. */
  readonly heldMs: number
  readonly rounds: number
  readonly bytes: {
    readonly observation: number
    readonly share: number
    readonly certificate: number
  }
}

const setup = JSON.parse(process.argv[2] ?? '') as Setup
const privateKeyOf = (index: number) => keccak_256(new TextEncoder().encode(`floor/${index}`))
const nowMs = () => performance.timeOrigin + performance.now()

interface Seen {
  readonly observations: Set<number>
  readonly shares: Set<number>
  sharesMs: number | null
  certificateMs: number | null
}

const seen = new Map<number, Seen>()

function seenOf(round: number): Seen {
  const known = seen.get(round)
  if (known !== undefined) return known
  const made: Seen = {
    observations: new Set(),
    shares: new Set(),
    sharesMs: null,
    certificateMs: null,
  }
  seen.set(round, made)
  return made
}

/** kind u8 ‖ sender u8 ‖ round u32, padded to the size of the real message. */
function messageOf(kind: number, round: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  const view = new DataView(bytes.buffer)
  bytes[0] = kind
  bytes[1] = setup.own
  view.setUint32(2, round)
  return bytes
}

const n = setup.ports.length
const later = new Later({
  heldForMs: () => setup.heldMs - ((nowMs() - setup.genesisMs) % setup.roundMs),
})
const network = await Network.create(
  {
    identity: privateKeyOf(setup.own),
    own: setup.own,
    members: setup.ports.map((port, index) => ({
      identityKey: secp256k1.getPublicKey(privateKeyOf(index), true),
      addresses: [`/ip4/127.0.0.1/tcp/${port}`],
    })),
    committeeDigest: keccak_256(new TextEncoder().encode('floor')),
    roundMs: setup.roundMs,
    listen: [`/ip4/127.0.0.1/tcp/${setup.ports[setup.own]}`],
  },
  {
    onMessage: ({ bytes }) => {
      take(bytes)
      return { verdict: 'accept', code: 'ACCEPTED' }
    },
    onSyncRequest: () => undefined,
    later: later.do,
    onFault: (error) => {
      throw error
    },
    nowMs: () => performance.now(),
    chance: () => (setup.own + 1) / (n + 1),
  },
)

function take(bytes: Uint8Array): void {
  const sender = bytes[1] ?? 0
  const round = new DataView(bytes.buffer, bytes.byteOffset).getUint32(2)
  const state = seenOf(round)
  if (bytes[0] === 1) {
    state.observations.add(sender)
    if (state.observations.size === n && setup.own < setup.signers) say(2, round)
  } else if (bytes[0] === 2) {
    state.shares.add(sender)
    if (state.shares.size < setup.signers || state.sharesMs !== null) return
    state.sharesMs = nowMs()
    // Two combine at once, as in the protocol; the rest hear of it.
    if (setup.own < 2) say(3, round)
  } else {
    state.certificateMs ??= nowMs()
  }
}

function say(kind: 1 | 2 | 3, round: number): void {
  const { observation, share, certificate } = setup.bytes
  const bytes = messageOf(kind, round, [0, observation, share, certificate][kind] ?? 0)
  // The certificate of the two combiners is the same message: nobody's name is in it.
  if (kind === 3) bytes[1] = 0
  void network.publish(kind === 3 ? 'reports' : 'protocol', bytes)
  take(bytes)
}

await network.start()
const ticks = Array.from({ length: setup.rounds }, (_, index) => index)
for (const round of ticks) {
  const atMs = setup.genesisMs + round * setup.roundMs
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, atMs - nowMs())))
  say(1, round)
}
await new Promise((resolve) => setTimeout(resolve, setup.roundMs))
const rows = ticks.map((round) => {
  const { sharesMs, certificateMs } = seenOf(round)
  const openedMs = setup.genesisMs + round * setup.roundMs
  return {
    round,
    firstMs: sharesMs === null ? null : sharesMs - openedMs,
    allMs: certificateMs === null ? null : certificateMs - openedMs,
  }
})
process.stdout.write(`${JSON.stringify(rows)}\n`)
await network.stop()
