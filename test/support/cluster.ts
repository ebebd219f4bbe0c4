import type { PastFeedValue } from '../../aggregator/aggregation/derived-feeds.ts'
import { openingOf } from '../../aggregator/committee/committee.ts'
import { type Context, contextOf } from '../../aggregator/context.ts'
import type { Effect } from '../../aggregator/effects.ts'
import type { Event } from '../../aggregator/events.ts'
import { createMachine, type Machine } from '../../aggregator/machine.ts'
import type {
  Certificate,
  Evidence,
  GossipMessage,
  Verified,
} from '../../aggregator/messages/messages.ts'
import { sealOwn, validate } from '../../aggregator/messages/validate.ts'
import type { Promised } from '../../aggregator/promises/promise.ts'
import { FEED_STATUS } from '../../aggregator/report/feed-report.ts'
import { decodeWord } from '../../aggregator/report/words.ts'
import type { Crypto } from '../../aggregator/signing/crypto.ts'
import type { NonceSecret } from '../../aggregator/signing/threshold.ts'
import { referenceCrypto, signDigest, type TestCommittee } from './committee.ts'
import { nonceOf } from './forge.ts'

type Sampled = Extract<Event, { type: 'sampled' }>

export interface ClusterOptions {
  readonly test: TestCommittee
  /** Cryptography of all members; by default the reference. */
  readonly crypto?: Crypto
  /** Milliseconds that a message takes from one member to another; null loses it. */
  readonly delayMs?: (from: number, to: number, message: GossipMessage) => number | null
  /** Value of the only feed at a member in a round; null when it has none. */
  readonly observes?: (member: number, round: number) => bigint | null
  /** Members that never start. */
  readonly silent?: readonly number[]
  /** Milliseconds that a direct message takes between members; by default one. */
  readonly directMs?: (from: number, to: number) => number | null
  /** Members whose signer refuses, by slot. */
  readonly refuses?: (member: number, slot: number) => boolean
  /** Nonce commitments that a member puts into its observation instead of its own. */
  readonly commits?: (member: number, round: number) => Sampled['commitments'] | null
  /** Sees everything that enters and leaves the machine of a member. */
  readonly watch?: (member: number, seen: Seen) => void
  /** A share that a member reports instead of the one its signer made. */
  readonly signs?: (member: number, share: Uint8Array) => Uint8Array
  /** Makes the machines; by default those of the core as it is. */
  readonly createMachine?: typeof createMachine
}

/** What a host takes in, is told to do, makes durable, and lets others see, in its order. */
export type Seen =
  | { readonly type: 'event'; readonly event: Event }
  | { readonly type: 'effect'; readonly effect: Effect }
  | { readonly type: 'durable'; readonly promise: Promised }
  | { readonly type: 'visible'; readonly message: Verified<GossipMessage> }

/** What a process finds of the one before it. */
interface Disk {
  watermark: number
  certificate: Verified<Certificate> | null
  readonly evidence: Verified<Evidence>[]
  readonly past: PastFeedValue[]
}

const emptyDisk = (): Disk => ({
  watermark: 0,
  certificate: null,
  evidence: [],
  past: [],
})

type Direct = Extract<Effect, { type: 'send' }>

interface Pending {
  readonly atMs: number
  readonly order: number
  readonly run: () => void
}

/**
 * All members of a committee on one virtual clock with real signatures: small, for unit tests of
 * the
 * protocol. The simulator is the instrument; this is the bench that the core is built on.
 */
export class Cluster {
  readonly context: Context
  readonly machines: Machine[] = []
  readonly effects: { readonly member: number; readonly atMs: number; readonly effect: Effect }[] =
    []
  readonly sent: Verified<GossipMessage>[] = []
  nowMs = 0
  readonly #options: ClusterOptions
  readonly #queue: Pending[] = []
  readonly #alarms: number[] = []
  readonly #nonces: Map<string, NonceSecret>[] = []
  readonly #disks: Disk[] = []
  readonly #halted = new Set<number>()
  /** The member that the machine at each place is of. */
  readonly #selves: number[] = []
  /** How far the clock at each place is ahead of all others. */
  readonly #aheadMs: number[] = []
  /** What came for a process that stands still. */
  readonly #waiting = new Map<number, Event[]>()
  #order = 0

  constructor(options: ClusterOptions) {
    this.#options = options
    this.context = contextOf(options.crypto ?? referenceCrypto, options.test.committee)
    for (let member = 0; member < options.test.committee.size; member++) {
      this.#place(member, emptyDisk())
    }
  }

  #place(self: number, disk: Disk): number {
    const place = this.machines.length
    this.#selves.push(self)
    this.#nonces.push(new Map())
    this.#disks.push(disk)
    this.#alarms.push(0)
    this.#aheadMs.push(0)
    const perform = (effect: Effect) => this.#perform(place, effect)
    this.machines.push(this.#created(self, perform))
    return place
  }

  #created(self: number, perform: (effect: Effect) => void): Machine {
    const create = this.#options.createMachine ?? createMachine
    return create({ context: this.context, self, perform })
  }

  /** Starts all members that are not silent at the given time, with empty disks. */
  start(atMs: number): void {
    this.nowMs = atMs
    this.machines.forEach((_machine, member) => {
      if (!this.#isSilent(member)) this.#started(member)
    })
  }

  /** Moves the clock of a member; what it waits for comes by its new time. */
  shift(member: number, byMs: number): void {
    this.#aheadMs[member] = (this.#aheadMs[member] ?? 0) + byMs
    this.report(member, { type: 'alarmFired', nowMs: this.nowMs })
  }

  /** Ends the process of a member and starts another one now: its nonces are gone. */
  restart(member: number, disk: 'empty' | 'kept' = 'empty'): void {
    const perform = (effect: Effect) => this.#perform(member, effect)
    this.machines[member] = this.#created(member, perform)
    this.#nonces[member] = new Map()
    if (disk === 'empty') this.#disks[member] = emptyDisk()
    this.#started(member)
  }

  /**
   * Starts a second process under the key of a member, which hears and is heard like the first.
   *
   * @returns the place of its machine, by which effects name it
   */
  double(member: number, disk: 'empty' | 'copied'): number {
    const { [member]: own = emptyDisk() } = this.#disks
    const copied = { ...own, evidence: [...own.evidence], past: [...own.past] }
    const place = this.#place(member, disk === 'copied' ? copied : emptyDisk())
    this.#started(place)
    return place
  }

  /** Lets the process at a place stand still; its clock goes on. */
  pause(place: number): void {
    this.#waiting.set(place, [])
  }

  /** Wakes it: by its alarm, then by what came meanwhile, unless its connections were lost. */
  wake(place: number, connections: 'kept' | 'lost'): void {
    const waiting = this.#waiting.get(place) ?? []
    this.#waiting.delete(place)
    this.report(place, { type: 'alarmFired', nowMs: this.nowMs })
    if (connections === 'lost') return
    for (const event of waiting) this.report(place, { ...event, nowMs: this.nowMs })
  }

  #selfOf(place: number): number {
    return this.#selves[place] as number
  }

  #started(member: number): void {
    const { watermark, certificate, evidence, past } = this.#disks[member] ?? emptyDisk()
    const { nowMs } = this
    const known = { watermark, certificate, evidence: [...evidence], past: [...past] }
    this.report(member, { type: 'started', nowMs, ...known })
  }

  #isSilent(member: number): boolean {
    return this.#options.silent?.includes(member) === true
  }

  report(member: number, event: Event): void {
    if (this.#halted.has(member)) return
    const waiting = this.#waiting.get(member)
    if (waiting !== undefined) {
      if (event.type !== 'alarmFired') waiting.push(event)
      return
    }
    const own = { ...event, nowMs: event.nowMs + (this.#aheadMs[member] ?? 0) }
    this.#options.watch?.(member, { type: 'event', event: own })
    this.machines[member]?.report(own)
  }

  /** Runs everything that happens up to a time. */
  runTo(untilMs: number): void {
    for (;;) {
      this.#queue.sort((a, b) => a.atMs - b.atMs || a.order - b.order)
      const next = this.#queue[0]
      if (next === undefined || next.atMs > untilMs) break
      this.#queue.shift()
      this.nowMs = next.atMs
      next.run()
    }
    this.nowMs = untilMs
  }

  effectsOf<T extends Effect['type']>(
    type: T,
  ): { member: number; effect: Extract<Effect, { type: T }> }[] {
    return this.effects
      .filter((each) => each.effect.type === type)
      .map(({ member, effect }) => ({ member, effect: effect as Extract<Effect, { type: T }> }))
  }

  /** Delivers a message to a member after a delay, as the network would. */
  deliver(to: number, message: Verified<GossipMessage>, afterMs: number): void {
    this.#later(afterMs, () => {
      if (this.#isSilent(to)) return
      const { nowMs } = this
      const behind = this.#behind(to, message.message)
      if (behind !== null) this.report(to, { type: 'memberBehind', nowMs, ...behind })
      else this.report(to, { type: 'received', nowMs, message, origin: 'peer' })
    })
  }

  /** Who said what a member that doubts its clock takes for too old (§4.6); else null. */
  #behind(to: number, message: GossipMessage) {
    const state = this.machines[to]?.state
    if (state?.clock !== 'doubted' || !('sender' in message)) return null
    const { roundsKept } = this.context.committee.params.limits
    if (message.round >= state.current - roundsKept) return null
    return { member: message.sender, round: message.round }
  }

  #later(afterMs: number, run: () => void): void {
    this.#queue.push({ atMs: this.nowMs + afterMs, order: this.#order++, run })
  }

  #keep(
    member: number,
    effect: Extract<Effect, { type: 'persist' | 'keepCertificate' | 'keepEvidence' }>,
  ): void {
    const disk = this.#disks[member]
    if (disk === undefined) return
    if (effect.type === 'keepCertificate') disk.certificate = effect.certificate
    if (effect.type === 'keepEvidence') disk.evidence.push(effect.evidence)
    if (effect.type !== 'persist') return
    disk.watermark = Math.max(disk.watermark, effect.promise.round)
    this.#options.watch?.(member, { type: 'durable', promise: effect.promise })
  }

  /** What a journal gives back of the past: every certified value of the first feed. */
  #journal(member: number, { round, words }: Certificate): void {
    const report = decodeWord(words[0] as Uint8Array)
    if (report === null || report.status !== FEED_STATUS.ok) return
    const openedMs = openingOf(this.context.committee, round)
    this.#disks[member]?.past.push({ feed: 0, openedMs, value: report.value })
  }

  #spread(from: number, message: Verified<GossipMessage>): void {
    this.sent.push(message)
    this.#options.watch?.(from, { type: 'visible', message })
    this.machines.forEach((_machine, to) => {
      if (to === from) return
      const delayMs = this.#options.delayMs?.(from, to, message.message) ?? null
      if (this.#options.delayMs !== undefined && delayMs === null) return
      this.deliver(to, message, delayMs ?? 1)
    })
  }

  #perform(member: number, effect: Effect): void {
    this.effects.push({ member, atMs: this.nowMs, effect })
    const { test, watch } = this.#options
    watch?.(member, { type: 'effect', effect })
    const nowMs = this.nowMs
    switch (effect.type) {
      case 'setAlarm': {
        this.#alarms[member] = effect.atMs
        const aheadMs = this.#aheadMs[member] ?? 0
        this.#later(Math.max(0, effect.atMs - aheadMs - nowMs), () => {
          if (this.#alarms[member] !== effect.atMs) return
          this.report(member, { type: 'alarmFired', nowMs: this.nowMs })
        })
        return
      }
      case 'sample':
        this.report(member, this.#sampled(member, effect.round))
        return
      case 'persist':
      case 'keepCertificate':
      case 'keepEvidence':
        this.#keep(member, effect)
        return
      case 'certified':
        this.#journal(member, effect.certificate.message)
        return
      case 'halt':
        this.#halted.add(member)
        return
      case 'broadcast': {
        const key = test.identityKeys[this.#selfOf(member)] as Uint8Array
        const message = sealOwn(effect.message, signDigest(key, effect.message.digest))
        this.#spread(member, message)
        this.report(member, { type: 'received', nowMs, message, origin: 'self' })
        return
      }
      case 'publish':
        this.#spread(member, effect.message)
        return
      case 'send':
        this.#sendDirect(member, effect)
        return
      case 'signShare': {
        const { round, slot } = effect
        const share = this.#sign(member, effect)
        this.report(member, { type: 'shareSigned', nowMs, round, slot, share })
        return
      }
      case 'combine': {
        const { round, attempt, session, shares } = effect
        const { threshold } = this.context.crypto
        const outcome = threshold.combine(test.committee.groupKey, session, shares)
        const signature = outcome.type === 'combined' ? outcome.signature : null
        const culprits = outcome.type === 'refused' ? outcome.culprits : 0
        this.report(member, { type: 'combined', nowMs, round, attempt, signature, culprits })
        return
      }
      default:
    }
  }

  /** Null when the signer refuses, as one does that erased the nonce or meets a bad commitment. */
  #sign(member: number, effect: Extract<Effect, { type: 'signShare' }>): Uint8Array | null {
    const { test, refuses, signs } = this.#options
    const key = `${effect.round}/${effect.slot}`
    const share = test.shares[this.#selfOf(member)]
    const nonce = this.#nonces[member]?.get(key)
    if (share === undefined || nonce === undefined) return null
    if (refuses?.(member, effect.slot) === true) return null
    const { threshold } = this.context.crypto
    if (!effect.session.commitments.every(threshold.isCommitment)) return null
    this.#nonces[member]?.delete(key)
    const signed = threshold.sign(test.committee.groupKey, share, nonce, effect.session)
    return signs === undefined ? signed : signs(member, signed)
  }

  #sendDirect(from: number, { to, message }: Direct): void {
    const afterMs = this.#options.directMs === undefined ? 1 : this.#options.directMs(from, to)
    if (afterMs === null || this.#isSilent(to)) return
    const self = this.#selfOf(from)
    this.#later(afterMs, () => {
      const { nowMs } = this
      for (const [place, member] of this.#selves.entries()) {
        if (member !== to) continue
        if (message.type === 'syncRequest') {
          this.report(place, { type: 'syncRequested', nowMs, from: self, request: message })
        } else {
          this.report(place, { type: 'answered', nowMs, from: self })
          for (const bytes of message.messages) this.#receiveWire(place, bytes)
        }
      }
    })
  }

  #receiveWire(to: number, bytes: Uint8Array): void {
    const currentRound = this.machines[to]?.state.current ?? 0
    const topic = bytes[0] === 5 ? 'reports' : 'protocol'
    const verdict = validate(this.context, bytes, { topic, currentRound })
    if (verdict.verdict !== 'accept') return
    const { message } = verdict
    this.report(to, { type: 'received', nowMs: this.nowMs, message, origin: 'sync' })
  }

  #sampled(member: number, round: number): Sampled {
    const pairs = [0, 1, 2].map((slot) => {
      const pair = nonceOf(this.#options.test, this.context, {
        member: this.#selfOf(member),
        place: member,
        round,
        slot,
      })
      this.#nonces[member]?.set(`${round}/${slot}`, pair.secret)
      return pair.commitment
    })
    const own = [pairs[0], pairs[1], pairs[2]] as Sampled['commitments']
    const value = this.#options.observes?.(member, round)
    return {
      type: 'sampled',
      nowMs: this.nowMs,
      round,
      values: [value === undefined ? 6_000_000_000_000n + BigInt(member) : value],
      sourceCommitment: new Uint8Array(32),
      commitments: this.#options.commits?.(member, round) ?? own,
    }
  }
}
