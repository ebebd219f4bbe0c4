import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Context, contextOf } from '../../aggregator/context.ts'
import type { Effect } from '../../aggregator/effects.ts'
import type { Event } from '../../aggregator/events.ts'
import type { DirectMessage, GossipMessage, Verified } from '../../aggregator/messages/messages.ts'
import { encodeDirect } from '../../aggregator/messages/sync.ts'
import { WallClock } from '../../node/clock.ts'
import { signerPort } from '../../node/compose/signer-port.ts'
import { openStore } from '../../node/compose/store.ts'
import { Driver } from '../../node/driver.ts'
import { Inbound } from '../../node/inbound.ts'
import { cryptoOf, loadEcdsa } from '../../node/keys/native.ts'
import { Promises } from '../../node/keys/promises.ts'
import { Secret } from '../../node/keys/secret.ts'
import { Signer } from '../../node/keys/signer.ts'
import { SILENT_LOG } from '../../node/logging.ts'
import type { SignerPort } from '../../node/ports.ts'
import type { Seen } from '../compliance/suite.ts'
import type { TestCommittee } from './committee.ts'

export interface NodeClusterOptions {
  readonly test: TestCommittee
  /** Members whose signer refuses every share. */
  readonly refuses?: readonly number[]
  readonly watch: (member: number, seen: Seen) => void
}

interface Member {
  readonly driver: Driver
  readonly inbound: Inbound
  readonly stop: () => Promise<void>
}

const ecdsa = loadEcdsa({ fallback: 'refuse' })

/**
 * Members as the node runs them: its driver, its clock, its signer and a promises file, its
 * journal. Only the wire is short: messages pass within the process, as bytes.
 */
export class NodeCluster {
  readonly context: Context
  readonly #options: NodeClusterOptions
  readonly #root = mkdtempSync(join(tmpdir(), 'parallax-compliance-'))
  readonly #members = new Map<number, Member>()
  /** How far the wall clock of each member is ahead. */
  readonly #aheadMs = new Map<number, number>()

  constructor(options: NodeClusterOptions) {
    this.#options = options
    this.context = contextOf(cryptoOf(ecdsa), options.test.committee)
  }

  /** Starts a member; again after a stop, it finds its disk as it left it. */
  async start(member: number): Promise<void> {
    const { test } = this.#options
    const directory = join(this.#root, String(member))
    mkdirSync(directory, { recursive: true })
    const promises = await Promises.open({ directory })
    const aheadMs = () => this.#aheadMs.get(member) ?? 0
    const clock = new WallClock(
      {},
      { wallMs: () => Date.now() + aheadMs(), monotonicMs: () => performance.now() },
    )
    const nowMs = () => clock.nowMs()
    const store = openStore(
      {
        dataDirectory: directory,
        startedMs: nowMs(),
        committee: test.committee,
        self: member,
      },
      { nowMs, log: SILENT_LOG },
    )
    const signer = this.#signer(member, promises)
    await store.journal.start()
    await signer.start()
    const inbound: Inbound = new Inbound(this.context, {
      clock,
      report: (event) => driver.report(event),
      bestRound: () => driver.state.best?.message.round ?? 0,
      isClockDoubted: () => driver.state.clock === 'doubted',
      acknowledge: () => undefined,
      admit: () => true,
      judged: () => undefined,
      later: setImmediate,
    })
    const driver: Driver = new Driver(
      {
        context: this.context,
        self: member,
        memory: () => ({ watermark: signer.watermark, ...store.remembered(this.context) }),
      },
      {
        clock,
        signer: this.#watched(member, signer),
        sources: {
          sampleFeeds: () => ({
            values: test.committee.params.feeds.map(() => 6_000_000_000_000n + BigInt(member)),
            sourceCommitment: new Uint8Array(32),
          }),
        },
        network: {
          publish: (message) => this.#spread(member, message),
          send: (to, message) => this.#send(member, to, message),
        },
        targets: [],
        store,
        observers: [
          {
            onEvent: (event: Event) => this.#options.watch(member, { type: 'event', event }),
            onEffect: (effect: Effect) => this.#options.watch(member, { type: 'effect', effect }),
          },
          store.observer,
        ],
        // A halt is one of the situations; the driver has stopped itself by then.
        onFatal: () => undefined,
      },
    )
    await driver.start()
    const stop = async () => {
      await driver.stop()
      await signer.stop()
      await store.journal.stop()
    }
    this.#members.set(member, { driver, inbound, stop })
  }

  async stop(member: number): Promise<void> {
    const running = this.#members.get(member)
    this.#members.delete(member)
    await running?.stop()
  }

  async stopAll(): Promise<void> {
    for (const member of [...this.#members.keys()]) await this.stop(member)
    rmSync(this.#root, { recursive: true, force: true })
  }

  /** Hands bytes to a member as the network would. */
  deliver(to: number, bytes: Uint8Array): void {
    const topic = bytes[0] === 5 ? 'reports' : 'protocol'
    this.#members.get(to)?.inbound.onMessage({ topic, bytes })
  }

  /** The wall clock of a member's machine is set anew. */
  shift(member: number, byMs: number): void {
    this.#aheadMs.set(member, (this.#aheadMs.get(member) ?? 0) + byMs)
  }

  #send(from: number, to: number, message: DirectMessage): void {
    const bytes = encodeDirect(this.context.committee, message)
    setImmediate(() => {
      const inbound = this.#members.get(to)?.inbound
      if (message.type === 'syncRequest') inbound?.onRequest(from, bytes)
      else inbound?.onAnswer(from, bytes)
    })
  }

  #spread(from: number, message: Verified<GossipMessage>): void {
    this.#options.watch(from, { type: 'visible', message })
    for (const to of this.#members.keys()) {
      if (to !== from) setImmediate(() => this.deliver(to, message.bytes))
    }
  }

  #signer(member: number, promises: Promises): Signer {
    const { committee, identityKeys, shares } = this.#options.test
    const identity = identityKeys[member]
    const share = shares[member]
    if (identity === undefined || share === undefined) throw new Error('not a member')
    return new Signer(
      { context: contextOf(cryptoOf(ecdsa), committee), index: member },
      {
        identity: Secret.of(identity),
        share: Secret.of(share.secret),
        promises,
        ecdsa,
      },
    )
  }

  #watched(member: number, signer: Signer): SignerPort {
    const { watch, refuses = [] } = this.#options
    const port = signerPort({ signer, log: SILENT_LOG, onRefused: () => undefined })
    return {
      ...port,
      persist: async (promise) => {
        await port.persist(promise)
        watch(member, { type: 'durable', promise })
      },
      signShare: (request) =>
        refuses.includes(member) ? Promise.resolve(null) : port.signShare(request),
    }
  }
}
