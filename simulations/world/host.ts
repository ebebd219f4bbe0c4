import type { Effect } from '../../aggregator/effects.ts'
import type { Event } from '../../aggregator/events.ts'
import type { Machine } from '../../aggregator/machine.ts'
import type { DirectMessage, MemberMessage } from '../../aggregator/messages/messages.ts'
import { sealOwn } from '../../aggregator/messages/validate.ts'
import type { State } from '../../aggregator/state/state.ts'
import type { MemberIndex } from '../../aggregator/values/ids.ts'
import { appended } from '../../aggregator/values/lists.ts'
import type { DeliveryPort } from './chain/wallet.ts'
import { type Disk, writePromise } from './disk.ts'
import type { Envelope } from './envelope.ts'
import { type Fact, factOf, shareFactOf } from './facts.ts'
import type { HostDependencies, HostOptions } from './host-options.ts'
import { Inbound } from './inbound.ts'
import type { Signer } from './signer.ts'
import { Stops } from './stops.ts'

type EffectOf<T extends Effect['type']> = Extract<Effect, { readonly type: T }>

/** One member's process: performs what its machine asks for, and may end at any effect. */
export class Host {
  /** Copies that its processes did not take: known, too old, too new, or not what they claim. */
  refused = 0
  disk: Disk
  readonly stops = new Stops()
  readonly #options: HostOptions
  readonly #dependencies: HostDependencies
  #machine: Machine | null = null
  #signer: Signer | null = null
  #inbound: Inbound | null = null
  #delivery: DeliveryPort | null = null
  /** Counts processes, so that what an earlier one asked for never reaches a later one. */
  #process = 0
  #alarmToken = 0
  #alarmMs = 0

  constructor(options: HostOptions, dependencies: HostDependencies & { readonly disk: Disk }) {
    this.#options = options
    this.#dependencies = dependencies
    this.disk = dependencies.disk
  }

  get isRunning(): boolean {
    return this.#machine !== null
  }

  /** The signer of the running process. */
  get signer(): Signer | null {
    return this.#signer
  }

  /** State of the running machine, for reading; null while the process is down. */
  get state(): State | null {
    return this.#machine?.state ?? null
  }

  /** Starts a process from what the disk knows. */
  start(): void {
    if (this.#machine !== null) return
    const { context, keys, member } = this.#options
    const { chance } = this.#dependencies
    this.#process += 1
    const process = this.#process
    this.#inbound = new Inbound(context)
    this.#signer = this.#dependencies.createSigner({ keys, member, disk: this.disk, chance })
    this.#machine = this.#dependencies.createMachine({
      context,
      self: member,
      perform: (effect) => {
        // A process that ended within a step performs nothing more of it.
        if (process === this.#process) this.#perform(effect)
      },
    })
    this.#watch(this.#about('started'))
    const { certificate, evidence } = this.disk
    const watermark = Math.max(this.disk.watermark, this.disk.reserved)
    this.report({
      type: 'started',
      nowMs: this.nowMs(),
      watermark,
      certificate,
      evidence: [...evidence.values()],
      // A process that starts here has forgotten; derived feeds are absent until it caught up.
      past: [],
    })
    this.#connect(process)
  }

  #connect(process: number): void {
    const { wallet } = this.#dependencies
    if (wallet === null || process !== this.#process) return
    this.#delivery = wallet.connect({
      isRunning: () => process === this.#process,
      nowMs: () => this.nowMs(),
      report: (event) => this.report(event),
    })
  }

  /** Ends the process at once; the disk stays as it is. */
  crash(): void {
    if (this.#machine === null) return
    this.#process += 1
    this.#machine = null
    this.#signer = null
    this.#inbound = null
    this.#delivery = null
    this.#watch(this.#about('crashed'))
  }

  report(event: Event, envelope: Envelope | null = null): void {
    if (this.#machine === null) return
    this.#dependencies.traceEvent(event, envelope)
    this.#machine.report(event)
  }

  /** Takes a gossip message; true when this member passes it on. */
  receive(envelope: Envelope, origin: 'peer' | 'sync' = 'peer'): boolean {
    if (this.#inbound === null) return false
    const { message } = envelope
    const nowMs = this.nowMs()
    const bestRound = this.#machine?.state.best?.message.round ?? 0
    const isClockDoubted = this.state?.clock === 'doubted'
    const judgement = this.#inbound.judge(message, { nowMs, bestRound, isClockDoubted })
    if (judgement === 'surplus' || judgement === 'past') return false
    if (judgement === 'ahead' || judgement === 'behind') {
      const { sender: member, round } = message.message as MemberMessage
      const type = judgement === 'ahead' ? 'memberAhead' : 'memberBehind'
      this.report({ type, nowMs, member, round }, envelope)
      return false
    }
    this.report({ type: 'received', nowMs, message, origin }, envelope)
    return judgement === 'first'
  }

  /** A member answered a request of this one. */
  onSyncAnswer(from: MemberIndex): void {
    this.report({ type: 'answered', nowMs: this.nowMs(), from })
  }

  onAlarm(token: number): void {
    if (token !== this.#alarmToken || this.#machine === null) return
    this.report({ type: 'alarmFired', nowMs: this.nowMs() })
  }

  onSyncRequest(from: MemberIndex, request: Extract<DirectMessage, { type: 'syncRequest' }>): void {
    this.report({ type: 'syncRequested', nowMs: this.nowMs(), from, request })
  }

  /** The clock was moved: an alarm that is set comes at another world time now. */
  replanAlarm(): void {
    if (this.#machine !== null && this.#alarmToken > 0) this.#setAlarm(this.#alarmMs)
  }

  #about(type: 'started' | 'crashed' | 'halted'): Fact {
    return { type, ...this.#who() }
  }

  #who() {
    return { nowUs: this.#dependencies.nowUs(), member: this.#options.member }
  }

  #watch(fact: Fact): void {
    this.#dependencies.watch(fact)
  }

  /** What this member's own clock shows. */
  nowMs(): number {
    return this.#dependencies.clock.readMs(this.#dependencies.nowUs())
  }

  #perform(effect: Effect): void {
    switch (effect.type) {
      case 'persist':
        this.#persist(effect)
        return
      case 'broadcast':
        this.#broadcast(effect)
        return
      case 'publish':
        this.#dependencies.publish(effect.message)
        return
      case 'send':
        this.#dependencies.send(effect.to, effect.message)
        return
      case 'setAlarm':
        this.#setAlarm(effect.atMs)
        return
      case 'sample':
        this.#sample(effect)
        return
      case 'signShare':
        this.#sign(effect)
        return
      case 'combine':
        this.#combine(effect)
        return
      case 'eraseNonces':
        this.#signer?.erase(effect.upTo)
        return
      case 'keepCertificate':
        this.disk.certificate = effect.certificate
        this.#delivery?.keep(effect.certificate.message)
        return
      case 'keepEvidence':
        this.disk.evidence.set(effect.evidence.message.accused, effect.evidence)
        return
      case 'certified':
      case 'skipped':
      case 'note':
        this.#watch(factOf(effect, this.#who()))
        return
      case 'halt':
        this.#halt()
        return
      case 'readChain':
        this.#delivery?.read()
        return
      case 'transmit':
        this.#delivery?.transmit(effect)
        return
    }
  }

  #persist({ promise }: EffectOf<'persist'>): void {
    const stop = this.stops.next()
    if (stop?.when !== 'before') {
      writePromise(this.disk, promise)
      const { nowUs, member } = this.#who()
      this.#watch({ type: 'promised', nowUs, member, promise })
    }
    if (stop === null) return
    this.crash()
    stop.onEnd()
  }

  #broadcast({ message }: EffectOf<'broadcast'>): void {
    const { keys, member } = this.#options
    const sealed = sealOwn(message, keys.signMessage(member, message.digest))
    const own = this.#dependencies.publish(sealed)
    // A machine halts when it reads under its key what it did not send (protocol §9.3).
    const round = own === sealed ? undefined : this.state?.rounds.get(message.message.round)
    if (round !== undefined) round.ownDigests = appended(round.ownDigests, own.digest)
    this.report({ type: 'received', nowMs: this.nowMs(), message: own, origin: 'self' })
  }

  #setAlarm(atMs: number): void {
    const { clock, nowUs, planAlarm } = this.#dependencies
    this.#alarmToken += 1
    this.#alarmMs = atMs
    const atUs = clock.worldUsOf(atMs, nowUs())
    if (atUs !== null) planAlarm(atUs, this.#alarmToken)
  }

  #sample({ round }: EffectOf<'sample'>): void {
    const signer = this.#signer
    if (signer === null) return
    const { values, sourceCommitment } = this.#dependencies.sample(round)
    const commitments = signer.commitments(round)
    const nowMs = this.nowMs()
    this.report({ type: 'sampled', nowMs, round, values, sourceCommitment, commitments })
  }

  #sign(request: EffectOf<'signShare'>): void {
    const { round, slot } = request
    const share = this.#signer?.sign(request) ?? null
    if (share !== null) this.#watch(shareFactOf(request, this.#who()))
    this.#after(this.#options.work.signUs, () => {
      this.report({ type: 'shareSigned', nowMs: this.nowMs(), round, slot, share })
    })
  }

  #combine({ round, attempt, session, shares }: EffectOf<'combine'>): void {
    const { keys, work } = this.#options
    const outcome = keys.crypto.threshold.combine(keys.committee.groupKey, session, shares)
    const signature = outcome.type === 'combined' ? outcome.signature : null
    const culprits = outcome.type === 'refused' ? outcome.culprits : 0
    this.#after(work.combineUs, () => {
      const nowMs = this.nowMs()
      this.report({ type: 'combined', nowMs, round, attempt, signature, culprits })
    })
  }

  /** Runs something of this process after some work; at once when it takes no time. */
  #after(us: number, run: () => void): void {
    if (us === 0) {
      run()
      return
    }
    const process = this.#process
    this.#dependencies.later(us, () => {
      if (process === this.#process) run()
    })
  }

  #halt(): void {
    this.#watch(this.#about('halted'))
    this.crash()
  }
}
