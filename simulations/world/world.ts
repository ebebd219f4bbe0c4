import { openingOf, roundAt } from '../../aggregator/committee/committee.ts'
import { heldForMs } from '../../aggregator/committee/passing-on.ts'
import { type Context, contextOf } from '../../aggregator/context.ts'
import type { Event } from '../../aggregator/events.ts'
import { createMachine } from '../../aggregator/machine.ts'
import type {
  Certificate,
  DirectMessage,
  GossipMessage,
  Verified,
} from '../../aggregator/messages/messages.ts'
import { equalBytes } from '../../aggregator/values/bytes.ts'
import type { MemberIndex } from '../../aggregator/values/ids.ts'
import { difference, hasMember, withMember } from '../../aggregator/values/ids.ts'
import type { Copy } from '../attacking/adversary.ts'
import { prngOf } from '../determinism/prng.ts'
import { Schedule } from '../determinism/schedule.ts'
import { Trace } from '../determinism/trace.ts'
import { CertificateDigests } from './certificate-digests.ts'
import { createWorldChain, type WorldChain } from './chain/world-chain.ts'
import type { Clock } from './clock.ts'
import { directBytes, judgedBytes } from './direct.ts'
import { emptyDisk } from './disk.ts'
import { type Envelope, envelopeOf, envelopeOn, putEnvelopeOn } from './envelope.ts'
import { Gossip } from './gossip.ts'
import { Host } from './host.ts'
import { createLooseSigner } from './loose-signer.ts'
import { createNetwork, type Network } from './network.ts'
import type { Wire } from './overlay.ts'
import { createSigner } from './signer.ts'
import { markEvent } from './trace-event.ts'
import type { WorldDependencies, WorldOptions } from './world-options.ts'

/** What happens next. */
type Occurrence =
  /** A copy arrives at the member that its detail in the schedule says. */
  | Envelope
  | {
      readonly type: 'direct'
      readonly from: MemberIndex
      readonly to: MemberIndex
      readonly message: DirectMessage
    }
  /** Of a member; its detail is the token that tells stale ones apart. */
  | { readonly type: 'alarm'; readonly member: MemberIndex }
  | { readonly type: 'task'; readonly run: () => void }

/** A committee of production machines on one virtual clock. Time 0 is the committee's genesis. */
export class World {
  readonly context: Context
  readonly hosts: readonly Host[]
  readonly trace = new Trace()
  readonly digests: CertificateDigests
  readonly network: Network
  /** Null in a world without one. */
  readonly chain: WorldChain | null
  readonly #options: WorldOptions
  readonly #dependencies: WorldDependencies
  readonly #schedule = new Schedule<Occurrence>()
  readonly #gossip: Gossip
  /** Certificates of the last rounds, so that two makers of one content share its envelope. */
  #certificates: Envelope[] = []
  #nowUs = 0
  #events = 0

  constructor(options: WorldOptions, dependencies: WorldDependencies) {
    this.#options = options
    this.#dependencies = dependencies
    const { keys, seed } = options
    this.context = options.context ?? contextOf(keys.crypto, keys.committee)
    this.digests = new CertificateDigests(keys.crypto.keccak256)
    this.network = createNetwork(options.network, prngOf(seed, 'network'))
    this.#gossip = new Gossip(
      {
        seed,
        size: keys.committee.size,
        latency: options.network.latency,
        meshDegree: options.meshDegree,
        relays: difference(keys.committee.all, options.controlled),
      },
      {
        network: this.network,
        nowUs: () => this.#nowUs,
        heldForMs: (member) => heldForMs(keys.committee, member, this.nowMs),
        arrive: (atUs, to, envelope) => this.#schedule.add(atUs, envelope, to),
        prng: prngOf(seed, 'mesh'),
      },
    )
    this.chain = createWorldChain(options, {
      nowUs: () => this.#nowUs,
      at: (timeUs, run) => this.at(timeUs, run),
      watch: dependencies.watch,
      bugs: dependencies.contract ?? {},
    })
    this.hosts = options.clocks.map((clock, member) => this.#createHost(member, clock))
    this.#planOpening()
  }

  /** World time in microseconds. */
  get nowUs(): number {
    return this.#nowUs
  }

  /** What members handed to links so far, with all that gossip repeats. */
  wire(): Wire {
    return this.#gossip.wire()
  }

  /** Things that happened so far. */
  get events(): number {
    return this.#events
  }

  /** True time as the core counts it. */
  get nowMs(): number {
    return this.context.committee.params.genesisMs + Math.floor(this.#nowUs / 1_000)
  }

  /** Plans something at a world time, not before now. */
  at(timeUs: number, run: () => void): void {
    this.#schedule.add(Math.max(timeUs, this.#nowUs), { type: 'task', run })
  }

  /** Lets things happen until a time, or until so many have; true when the time was reached. */
  advance(untilUs: number, eventsMax: number): boolean {
    const isOver = this.#schedule.run({ untilUs, itemsMax: eventsMax }, this.#step)
    if (isOver) this.#nowUs = untilUs
    return isOver
  }

  /** A member's message starts its way to the others; returns what the member itself takes. */
  publish(from: MemberIndex, message: Verified<GossipMessage>): Verified<GossipMessage> {
    const envelope = this.envelopeFor(message)
    // What came by gossip is not published again: its content is known there.
    if (hasMember(envelope.seen, from)) return message
    if (hasMember(this.#options.controlled, from)) {
      return this.#dependencies.control.send(from, message)
    }
    this.#tellSent(from, message)
    this.#gossip.publish(from, envelope)
    this.#dependencies.control.see(message)
    return message
  }

  /** One copy from a member under control. */
  dispatch(copy: Copy): void {
    const envelope = this.envelopeFor(copy.message)
    if (!hasMember(envelope.seen, copy.from)) this.#tellSent(copy.from, copy.message)
    this.#gossip.dispatch({ ...copy, envelope })
  }

  /** Bytes from a member under control that may be anything; they are judged where they arrive. */
  replay(from: MemberIndex, to: MemberIndex, bytes: Uint8Array): void {
    const message: DirectMessage = { type: 'syncAnswer', messages: [bytes.slice()] }
    this.#gossip.sendDirect({ from, to, bytes: bytes.length }, (atUs) => {
      this.#schedule.add(atUs, { type: 'direct', from, to, message })
    })
  }

  /** The one envelope of a message's bytes. */
  envelopeFor(message: Verified<GossipMessage>): Envelope {
    const known = envelopeOn(message.bytes)
    if (known !== undefined) return known
    const same = message.message.type === 'certificate' ? this.#sameCertificate(message) : undefined
    const envelope = same ?? envelopeOf(this.digests, message)
    putEnvelopeOn(message.bytes, envelope)
    return envelope
  }

  /** A certificate came into being, also one that nobody has sent yet. */
  tellCertificate(certificate: Certificate): void {
    this.#dependencies.watch({ type: 'certificateMade', nowUs: this.#nowUs, certificate })
  }

  #sameCertificate(message: Verified<GossipMessage>): Envelope | undefined {
    const { digest } = message
    const same = this.#certificates.find((each) => equalBytes(each.message.digest, digest))
    if (same !== undefined) return same
    const envelope = envelopeOf(this.digests, message)
    this.#certificates = [...this.#certificates.slice(-15), envelope]
    return envelope
  }

  #tellSent(member: MemberIndex, message: Verified<GossipMessage>): void {
    const { watch } = this.#dependencies
    if (message.message.type === 'certificate') this.tellCertificate(message.message)
    watch({ type: 'sent', nowUs: this.#nowUs, member, message })
  }

  #createHost(member: MemberIndex, clock: Clock): Host {
    const { keys, work, seed, controlled } = this.#options
    const { sources, watch, control } = this.#dependencies
    const isControlled = hasMember(controlled, member)
    const alarm = { type: 'alarm', member } as const
    return new Host(
      { context: this.context, keys, member, work },
      {
        clock,
        disk: emptyDisk(),
        nowUs: () => this.#nowUs,
        later: (afterUs, run) => this.at(this.#nowUs + afterUs, run),
        planAlarm: (atUs, token) => this.#schedule.add(atUs, alarm, token),
        sample: (round) => {
          const nowUs = this.#nowUs
          const sampled = sources.sample(member, nowUs)
          const { absences } = sampled
          if (absences.length > 0) watch({ type: 'valuesAbsent', nowUs, member, round, absences })
          return isControlled ? control.observe(member, round, sampled) : sampled
        },
        publish: (message) => this.publish(member, message),
        send: (to, message) => this.#send(member, to, message),
        wallet: this.chain?.wallets[member] ?? null,
        chance: prngOf(seed, `nonces ${member}`),
        watch,
        traceEvent: (event, envelope) => this.#mark(member, event, envelope),
        createMachine: this.#dependencies.createMachine ?? createMachine,
        createSigner: isControlled
          ? createLooseSigner
          : (this.#dependencies.createSigner ?? createSigner),
      },
    )
  }

  readonly #step = (next: Occurrence, timeUs: number, detail: number): void => {
    this.#nowUs = timeUs
    this.#events += 1
    switch (next.type) {
      case 'envelope':
        this.#arrive(detail, next)
        return
      case 'direct':
        this.#takeDirect(next)
        return
      case 'alarm':
        this.hosts[next.member]?.onAlarm(detail)
        return
      case 'task':
        next.run()
    }
  }

  #arrive(to: MemberIndex, envelope: Envelope): void {
    const host = this.hosts[to]
    if (host === undefined || !host.isRunning || hasMember(envelope.seen, to)) return
    envelope.seen = withMember(envelope.seen, to)
    if (host.receive(envelope)) this.#gossip.relay(to, envelope)
    else host.refused += 1
  }

  #send(from: MemberIndex, to: MemberIndex, message: DirectMessage): void {
    if (hasMember(this.#options.controlled, from)) {
      if (!this.#dependencies.control.sendDirect(from, message)) return
    }
    this.#gossip.sendDirect({ from, to, bytes: directBytes(message) }, (atUs) => {
      this.#schedule.add(atUs, { type: 'direct', from, to, message })
    })
  }

  #takeDirect({ from, to, message }: Extract<Occurrence, { type: 'direct' }>): void {
    const host = this.hosts[to]
    if (host === undefined || !host.isRunning) return
    if (message.type === 'syncRequest') {
      host.onSyncRequest(from, message)
      return
    }
    host.onSyncAnswer(from)
    const currentRound = roundAt(this.context.committee, host.nowMs())
    for (const bytes of message.messages) {
      // Ours are known by the object; others are judged like bytes from anywhere.
      const known = envelopeOn(bytes)
      const message = known?.message ?? judgedBytes(this.context, bytes, currentRound)
      const envelope = message === null ? null : (known ?? this.envelopeFor(message))
      if (envelope === null || !host.receive(envelope, 'sync')) host.refused += 1
    }
  }

  #mark(member: MemberIndex, event: Event, envelope: Envelope | null): void {
    markEvent(this.trace, { nowUs: this.#nowUs, member, event, marks: envelope?.marks ?? null })
  }

  /** Tells watchers when rounds open by the true clock. */
  #planOpening(): void {
    const { committee } = this.context
    const round = roundAt(committee, this.nowMs) + 1
    const opensUs = (openingOf(committee, round) - committee.params.genesisMs) * 1_000
    this.at(opensUs, () => {
      this.#dependencies.watch({ type: 'roundOpened', nowUs: this.#nowUs, round })
      this.#planOpening()
    })
  }
}
