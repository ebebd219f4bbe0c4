import type { PastFeedValue } from '../aggregator/aggregation/derived-feeds.ts'
import type { Context } from '../aggregator/context.ts'
import type { Effect } from '../aggregator/effects.ts'
import type { Event } from '../aggregator/events.ts'
import { createMachine, type Machine } from '../aggregator/machine.ts'
import type { Certificate, Evidence, Verified } from '../aggregator/messages/messages.ts'
import { sealOwn } from '../aggregator/messages/validate.ts'
import { type MemberIndex, NO_MEMBERS, type Round } from '../aggregator/values/ids.ts'
import type { Clock } from './clock.ts'
import { OracleError } from './errors.ts'
import type { TermKnown } from './handover/term.ts'
import type {
  EffectOf,
  NetworkPort,
  Observer,
  SignerPort,
  SourcesPort,
  StorePort,
  TargetPort,
} from './ports.ts'

export interface DriverOptions {
  readonly context: Context
  readonly self: MemberIndex
  /** Reads what the disk still knows (§10.3); asked once, at the start. */
  readonly memory: () => Memory
  /** What is known about the committee's term at the start; left out for one without an end. */
  readonly term?: () => TermKnown | null
}

/** What a process finds of the ones before it. */
export interface Memory {
  readonly watermark: Round
  readonly certificate: Verified<Certificate> | null
  readonly evidence: readonly Verified<Evidence>[]
  readonly past: readonly PastFeedValue[]
}

export interface DriverDependencies {
  readonly clock: Clock
  readonly signer: SignerPort
  readonly sources: SourcesPort
  readonly network: NetworkPort
  readonly targets: readonly TargetPort[]
  readonly store: StorePort
  readonly observers: readonly Observer[]
  /** Going on would be unsafe: the process must stop. */
  readonly onFatal: (error: unknown) => void
}

/**
 * Runs one machine: performs its effects in order and reports what happens. Decides nothing about
 * rounds, quorums or prices.
 */
export class Driver {
  readonly name = 'driver'
  readonly #options: DriverOptions
  readonly #dependencies: DriverDependencies
  readonly #machine: Machine
  readonly #targets: ReadonlyMap<string, TargetPort>
  /** The last promise on its way to disk: what follows it waits until nobody can contradict it. */
  #durable: Promise<void> | null = null
  #isRunning = false

  constructor(options: DriverOptions, dependencies: DriverDependencies) {
    this.#options = options
    this.#dependencies = dependencies
    this.#targets = new Map(dependencies.targets.map((target) => [target.name, target]))
    this.#machine = createMachine({
      context: options.context,
      self: options.self,
      perform: (effect) => this.#perform(effect),
    })
  }

  /** State of the machine, for reading. */
  get state() {
    return this.#machine.state
  }

  start(): Promise<void> {
    if (this.#isRunning) return Promise.resolve()
    this.#isRunning = true
    this.report({ type: 'started', nowMs: this.#nowMs(), ...this.#options.memory() })
    const term = this.#options.term?.() ?? null
    if (term !== null) this.report({ type: 'termSet', nowMs: this.#nowMs(), ...term })
    for (const target of this.#targets.values()) this.#readChain(target)
    return Promise.resolve()
  }

  async stop(): Promise<void> {
    this.#isRunning = false
    this.#dependencies.clock.clearAlarm()
    await this.#durable?.catch(() => undefined)
  }

  /** Reports an event to the machine; nothing enters before the start or after the stop. */
  report(event: Event): void {
    if (!this.#isRunning) return
    try {
      for (const observer of this.#dependencies.observers) observer.onEvent?.(event)
      this.#machine.report(event)
    } catch (error) {
      this.#fail(error)
    }
  }

  #nowMs(): number {
    return this.#dependencies.clock.nowMs()
  }

  #fail(error: unknown): void {
    if (!this.#isRunning) return
    this.#isRunning = false
    this.#dependencies.clock.clearAlarm()
    this.#dependencies.onFatal(error)
  }

  #perform(effect: Effect): void {
    for (const observer of this.#dependencies.observers) observer.onEffect?.(effect)
    const { clock, network, store, signer } = this.#dependencies
    switch (effect.type) {
      case 'persist':
        this.#persist(effect)
        return
      case 'broadcast':
        this.#whenDurable(() => this.#broadcast(effect))
        return
      case 'publish':
        network.publish(effect.message)
        return
      case 'send':
        network.send(effect.to, effect.message)
        return
      case 'setAlarm':
        clock.setAlarm(effect.atMs, () => {
          this.report({ type: 'alarmFired', nowMs: this.#nowMs() })
        })
        return
      case 'sample':
        this.#follow(this.#sample(effect))
        return
      case 'signShare':
        this.#whenDurable(() => this.#follow(this.#signShare(effect)))
        return
      case 'combine':
        this.#combine(effect)
        return
      case 'eraseNonces':
        signer.eraseNonces(effect.upTo)
        return
      case 'keepCertificate':
        store.keepCertificate(effect.certificate)
        return
      case 'keepEvidence':
        store.keepEvidence(effect.evidence)
        return
      case 'readChain':
        this.#withTarget(effect.target, (target) => this.#readChain(target))
        return
      case 'transmit':
        this.#withTarget(effect.target, (target) => this.#follow(this.#transmit(target, effect)))
        return
      case 'halt':
        this.#fail(haltError(effect.code))
        return
      case 'certified':
      case 'skipped':
      case 'note':
        // For observers alone.
        return
    }
  }

  #persist({ promise }: EffectOf<'persist'>): void {
    const earlier = this.#durable ?? Promise.resolve()
    const durable = earlier.then(() => this.#dependencies.signer.persist(promise))
    this.#durable = durable
    durable.then(
      () => {
        if (this.#durable === durable) this.#durable = null
      },
      (error: unknown) => this.#fail(error),
    )
  }

  /** Runs at once when nothing is on its way to disk, else when all of it has arrived there. */
  #whenDurable(run: () => void): void {
    if (this.#durable === null) {
      run()
      return
    }
    this.#durable.then(
      () => {
        if (this.#isRunning) run()
      },
      // A promise that did not reach the disk ends the process; nothing after it is revealed.
      () => undefined,
    )
  }

  #broadcast({ message }: EffectOf<'broadcast'>): void {
    const signature = this.#dependencies.signer.signMessage(message)
    if (!(signature instanceof Promise)) this.#reveal(message, signature)
    else this.#follow(signature.then((late) => this.#reveal(message, late)))
  }

  #reveal(message: EffectOf<'broadcast'>['message'], signature: Uint8Array | null): void {
    if (signature === null || !this.#isRunning) return
    const sealed = sealOwn(message, signature)
    this.#dependencies.network.publish(sealed)
    this.report({ type: 'received', nowMs: this.#nowMs(), message: sealed, origin: 'self' })
  }

  async #sample({ round }: EffectOf<'sample'>): Promise<void> {
    const commitments = await this.#dependencies.signer.commitments(round)
    if (commitments === null) return
    const sampled = this.#dependencies.sources.sampleFeeds()
    this.report({ type: 'sampled', nowMs: this.#nowMs(), round, commitments, ...sampled })
  }

  async #signShare(effect: EffectOf<'signShare'>): Promise<void> {
    const share = await this.#dependencies.signer.signShare(effect)
    const { round, slot } = effect
    this.report({ type: 'shareSigned', nowMs: this.#nowMs(), round, slot, share })
  }

  #combine({ round, attempt, session, shares }: EffectOf<'combine'>): void {
    const { committee, crypto } = this.#options.context
    const outcome = crypto.threshold.combine(committee.groupKey, session, shares)
    const ended =
      outcome.type === 'combined'
        ? { signature: outcome.signature, culprits: NO_MEMBERS }
        : { signature: null, culprits: outcome.culprits }
    this.report({ type: 'combined', nowMs: this.#nowMs(), round, attempt, ...ended })
  }

  #withTarget(name: string, run: (target: TargetPort) => void): void {
    const target = this.#targets.get(name)
    if (target !== undefined) run(target)
  }

  #readChain(target: TargetPort): void {
    target.readFeeds().then(
      (feeds) => {
        this.report({ type: 'chainRead', nowMs: this.#nowMs(), target: target.name, feeds })
      },
      // Named and counted by the adapter; for the machine it is a delivery that did not happen.
      () => this.#transmitted(target, { round: 0, outcome: 'failed' }),
    )
  }

  async #transmit(target: TargetPort, effect: EffectOf<'transmit'>): Promise<void> {
    const outcome = await target.transmit(effect).catch(() => 'failed' as const)
    this.#transmitted(target, { round: effect.certificate.message.round, outcome })
  }

  #transmitted(
    target: TargetPort,
    ended: Pick<Extract<Event, { type: 'transmitted' }>, 'round' | 'outcome'>,
  ): void {
    this.report({ type: 'transmitted', nowMs: this.#nowMs(), target: target.name, ...ended })
  }

  /** Work of the signer that fails is a broken signer: nothing may go on without it. */
  #follow(work: Promise<void>): void {
    work.catch((error: unknown) => this.#fail(error))
  }
}

function haltError(code: EffectOf<'halt'>['code']): OracleError {
  return new OracleError(
    code,
    'another process signs with this identity key; stop one of the two, and start this one again',
  )
}
