import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { privateKeyFromRaw } from '@libp2p/crypto/keys'
import { identify } from '@libp2p/identify'
import { tcp } from '@libp2p/tcp'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { cpuMsOf } from '../support/process-usage.ts'
import { Attacker } from './attacker.ts'
import { TellingChild } from './child.ts'
import { startVictims, VICTIMS } from './victims.ts'

export interface ConnectOptions {
  readonly sockets: number
  /** Addresses of loopback that the attacker uses, from 127.0.1.1 on. */
  readonly hosts: number
  readonly handshakesPerSecond: number
  readonly dials: number
  readonly signal: AbortSignal
  readonly say: (text: string) => void
}

export interface ConnectResult {
  readonly victim: 'parallax' | 'libp2p with its defaults'
  /** Dials of a listed member that ended in a working connection, of `dials`. */
  readonly dials: number
  readonly idle: number
  readonly halfOpen: number
  readonly handshakes: number
  /** Of a core, while handshakes are flooded; and how many were begun a second. */
  readonly cpuPercent: number
  readonly handshakesPerSecond: number
}

const DIAL_EVERY_MS = 150

/** Half-open sockets and broken handshakes from many addresses, against ours and the defaults. */
export async function attackConnections(
  options: ConnectOptions,
): Promise<readonly ConnectResult[]> {
  const results: ConnectResult[] = []
  for (const attackOne of [attackOurs, attackBare]) {
    const result = await attackOne(options)
    options.say(JSON.stringify(result))
    results.push(result)
  }
  return results
}

async function attackOurs(options: ConnectOptions): Promise<ConnectResult> {
  const oracles = await startVictims(options.signal)
  try {
    const [victim] = oracles.running
    const identity = oracles.committee.members[VICTIMS]?.identity
    if (victim === undefined || identity === undefined) throw new Error('four members were made')
    const key = identity.use((secret) => Uint8Array.from(secret))
    const target = { port: victim.files.gossipPort, pid: victim.process.pid ?? Number.NaN }
    return { victim: 'parallax', ...(await attack(target, key, options)) }
  } finally {
    await oracles.stop('remove')
  }
}

async function attackBare(options: ConnectOptions): Promise<ConnectResult> {
  type Row = { readonly type: string; readonly address?: string }
  const bare = new TellingChild<Row>('test/attack/bare-process.ts', ['topic'])
  try {
    const { address = '' } = await bare.until(({ type }) => type === 'listening')
    const target = { port: Number(/tcp\/(\d+)/.exec(address)?.[1]), pid: bare.pid }
    const measured = await attack(target, randomBytes(32), options)
    return { victim: 'libp2p with its defaults', ...measured }
  } finally {
    await bare.stop()
  }
}

interface Target {
  readonly port: number
  readonly pid: number
}

async function attack(target: Target, key: Uint8Array, options: ConnectOptions) {
  const { sockets, hosts, dials, say, signal } = options
  say(`port ${target.port}: honest dials in peace`)
  const idle = await honestDials(target, key, options)
  say(`${sockets} sockets that say nothing, from ${hosts} addresses`)
  const attacker = new Attacker(target.port, hosts)
  for (let count = 0; count < sockets; count++) attacker.open()
  // Whoever is hung up on comes again, as often a second as there are sockets.
  const refill = setInterval(() => {
    const missing = Math.min(sockets - attacker.openSockets, Math.ceil(sockets / 10))
    for (let count = 0; count < missing; count++) attacker.open()
  }, 100)
  const halfOpen = await honestDials(target, key, options)
  clearInterval(refill)
  attacker.closeAll()
  await delay(2_500, undefined, { signal })
  say(`${options.handshakesPerSecond} handshakes a second that end before their proof`)
  const [cpuBefore, startedMs] = [cpuMsOf(target.pid), Date.now()]
  let begun = 0
  const pour = setInterval(() => {
    const due = ((Date.now() - startedMs) * options.handshakesPerSecond) / 1_000
    while (begun < due) {
      attacker.handshake()
      begun += 1
    }
  }, 10)
  const handshakes = await honestDials(target, key, options)
  clearInterval(pour)
  const elapsedMs = Date.now() - startedMs
  const cpuPercent = Math.round((100 * (cpuMsOf(target.pid) - cpuBefore)) / elapsedMs)
  attacker.closeAll()
  const handshakesPerSecond = Math.round((1_000 * begun) / elapsedMs)
  return { dials, idle, halfOpen, handshakes, cpuPercent, handshakesPerSecond }
}

/** How many of some dials with an honest key end in a connection that carries a stream. */
async function honestDials(
  { port }: Target,
  key: Uint8Array,
  { dials, signal }: ConnectOptions,
): Promise<number> {
  const host = await createLibp2p({
    privateKey: privateKeyFromRaw(Uint8Array.from(key)),
    addresses: { listen: [] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    services: { identify: identify() },
  })
  let succeeded = 0
  try {
    for (let count = 0; count < dials && !signal.aborted; count++) {
      const deadline = AbortSignal.timeout(5_000)
      try {
        const connection = await host.dial(multiaddr(`/ip4/127.0.0.1/tcp/${port}`), {
          signal: deadline,
        })
        const stream = await connection.newStream('/ipfs/id/1.0.0', { signal: deadline })
        stream.abort(new Error('enough'))
        succeeded += 1
        await connection.close({ signal: deadline })
      } catch {
        // Not a working connection: that is what is counted.
      }
      await delay(DIAL_EVERY_MS)
    }
  } finally {
    await host.stop()
  }
  return succeeded
}
