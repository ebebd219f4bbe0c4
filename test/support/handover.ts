import { type Context, contextOf } from '../../aggregator/context.ts'
import { judgeStatement, type StatementsTaken } from '../../aggregator/handover/admission.ts'
import {
  encodeSignedHandover,
  type Handover,
  openSignedHandover,
  type SignedHandover,
} from '../../aggregator/handover/handover.ts'
import {
  type HandoverEffect,
  type HandoverEvent,
  type HandoverState,
  initialHandover,
} from '../../aggregator/handover/machine.ts'
import {
  digestOfStatement,
  type Signed,
  type Statement,
  sealStatement,
} from '../../aggregator/handover/statements.ts'
import { stepHandover } from '../../aggregator/handover/step.ts'
import type { NonceSecret, ThresholdScheme } from '../../aggregator/signing/threshold.ts'
import { equalBytes, toHex } from '../../aggregator/values/bytes.ts'
import { seededBytes } from '../../contracts/testing/committee-box.ts'
import { cryptoOf, loadEcdsa } from '../../node/keys/native.ts'
import type { TestCommittee } from './committee.ts'

// Native: a world verifies thousands of signatures.
const ecdsa = loadEcdsa({ fallback: 'allow' })

/** What a Byzantine member sends to one other instead of an honest statement; null for nothing. */
export type Lie = (
  honest: Statement,
  to: number,
  random: () => Uint8Array,
) => Statement | readonly Statement[] | null

/** Where a process ends: before an effect of this type is performed, or right after. */
export interface Crash {
  readonly member: number
  readonly effect: HandoverEffect['type']
  readonly when: 'before' | 'after'
}

export interface WorldOptions {
  readonly test: TestCommittee
  readonly scheme: ThresholdScheme
  readonly seed: string
  readonly lies?: Readonly<Record<number, Lie>>
  readonly crashes?: readonly Crash[]
  readonly delayMsMax?: number
  /** Members whose signer is away when it is asked for its first lock. */
  readonly away?: readonly number[]
  /** The rules of members; by default those of the core as it is. */
  readonly core?: { readonly stepHandover: typeof stepHandover }
}

interface Disk {
  readonly locks: Map<number, Uint8Array>
  approved: Handover | null
  signed: SignedHandover | null
}

export interface WorldMember {
  readonly index: number
  readonly disk: Disk
  state: HandoverState
  taken: StatementsTaken
  isRunning: boolean
  nonce: { readonly attempt: number; secret: NonceSecret | null } | null
  crash: Crash | null
  isAway: boolean
  readonly refused: number[]
  /** Epochs of approvals that lapsed. */
  readonly lapsed: number[]
}

const TICK_MS = 100
const DOWN_MS = 700
const START_MS = 1_000_000_000

/** Members of one committee under virtual time: chance, delays and lies come from a seed. */
export class HandoverWorld {
  readonly context: Context
  readonly members: readonly WorldMember[]
  nowMs = START_MS
  /** Every share that an honest member made: its member, epoch, message and nonce. */
  readonly shares: { readonly member: number; readonly message: string }[] = []
  readonly #options: WorldOptions
  readonly #random: (length: number) => Uint8Array
  #queue: { readonly atMs: number; readonly run: () => void }[] = []

  constructor(options: WorldOptions) {
    const { test, scheme, seed, crashes = [] } = options
    this.#options = options
    this.#random = seededBytes(seed)
    this.context = contextOf({ ...cryptoOf(ecdsa), threshold: scheme }, test.committee)
    this.members = test.identityKeys.map((_, index) => ({
      index,
      disk: { locks: new Map(), approved: null, signed: null },
      state: initialHandover(index, test.committee.size),
      taken: new Map(),
      isRunning: false,
      nonce: null,
      crash: crashes.find(({ member }) => member === index) ?? null,
      isAway: options.away?.includes(index) === true,
      refused: [],
      lapsed: [],
    }))
    for (const member of this.members) this.#start(member)
  }

  /** The operator of a member approves; what it approves stands on its disk. */
  approve(index: number, handover: Handover | null): void {
    const member = this.members[index] as WorldMember
    member.disk.approved = handover
    this.#report(member, { type: 'approved', nowMs: this.nowMs, handover })
  }

  run(forMs: number): void {
    const endMs = this.nowMs + forMs
    for (;;) {
      this.#queue.sort((a, b) => a.atMs - b.atMs)
      const next = this.#queue[0]
      if (next === undefined || next.atMs > endMs) break
      this.#queue.shift()
      this.nowMs = next.atMs
      next.run()
    }
    this.nowMs = endMs
  }

  isHonest(index: number): boolean {
    return this.#options.lies?.[index] === undefined
  }

  #later(delayMs: number, run: () => void): void {
    this.#queue.push({ atMs: this.nowMs + delayMs, run })
  }

  #start(member: WorldMember): void {
    member.state = initialHandover(member.index, this.context.committee.size)
    member.taken = new Map()
    member.nonce = null
    member.isRunning = true
    const { locks, signed, approved } = member.disk
    const held = [...locks].map(([epoch, message]) => ({ epoch, message }))
    this.#report(member, { type: 'started', nowMs: this.nowMs, locks: held, signed })
    if (approved !== null) {
      this.#report(member, { type: 'approved', nowMs: this.nowMs, handover: approved })
    }
    const { state } = member
    const tick = () => {
      if (!member.isRunning || member.state !== state) return
      this.#report(member, { type: 'ticked', nowMs: this.nowMs })
      this.#pull(member)
      this.#later(TICK_MS, tick)
    }
    this.#later(this.#upTo(TICK_MS), tick)
  }

  /** Members ask each other for what was signed while they were away. */
  #pull(member: WorldMember): void {
    const other = this.members[this.#upTo(this.members.length) - 1] as WorldMember
    const { signed } = other.disk
    if (member.state.signed !== null || !other.isRunning || signed === null) return
    this.#report(member, { type: 'signedReceived', nowMs: this.nowMs, signed })
  }

  #upTo(max: number): number {
    const [high = 0, low = 0] = this.#random(2)
    return 1 + ((high * 256 + low) % max)
  }

  #report(member: WorldMember, event: HandoverEvent): void {
    if (!member.isRunning) return
    const step = this.#options.core?.stepHandover ?? stepHandover
    for (const effect of step(this.context, member.state, event)) {
      const { crash } = member
      const dies = crash?.effect === effect.type
      if (!dies || crash.when === 'after') this.#perform(member, effect)
      if (dies && member.isRunning) this.#die(member)
      if (!member.isRunning) return
    }
  }

  #die(member: WorldMember): void {
    member.crash = null
    member.isRunning = false
    this.#later(DOWN_MS, () => this.#start(member))
  }

  #perform(member: WorldMember, effect: HandoverEffect): void {
    const { nowMs } = this
    const { disk } = member
    switch (effect.type) {
      case 'commit': {
        const { attempt } = effect
        const { secret, commitment } = this.#commit(member)
        member.nonce = { attempt, secret }
        this.#report(member, { type: 'committed', nowMs, attempt, commitment })
        return
      }
      case 'broadcast':
        this.#broadcast(member, effect.statement)
        return
      case 'lock':
        if (disk.locks.has(effect.lock.epoch)) throw new Error('a lock is written once')
        if (member.isAway) {
          member.isAway = false
          this.#report(member, { type: 'unlocked', nowMs, epoch: effect.lock.epoch })
          return
        }
        disk.locks.set(effect.lock.epoch, effect.lock.message)
        return
      case 'signShare':
        this.#signShare(member, effect)
        return
      case 'combine': {
        const { groupKey } = this.context.committee
        const { threshold } = this.context.crypto
        const outcome = threshold.combine(groupKey, effect.session, effect.shares)
        const { attempt } = effect
        const answer =
          outcome.type === 'combined'
            ? { signature: outcome.signature, culprits: 0 }
            : { signature: null, culprits: outcome.culprits }
        this.#report(member, { type: 'combined', nowMs, attempt, ...answer })
        return
      }
      case 'keepSigned':
        disk.signed = effect.signed
        return
      case 'publishSigned':
        this.#publishSigned(member, effect.signed)
        return
      case 'refuse':
        member.refused.push(effect.epoch)
        return
      case 'lapse':
        member.lapsed.push(effect.handover.epoch)
    }
  }

  #commit(member: WorldMember) {
    const share = this.#options.test.shares[member.index]
    if (share === undefined) throw new Error('not a member')
    return this.#options.scheme.commit(share, this.#random(64))
  }

  #signShare(member: WorldMember, effect: Extract<HandoverEffect, { type: 'signShare' }>): void {
    const { attempt, session, handover } = effect
    const held = member.nonce
    const locked = member.disk.locks.get(handover.epoch)
    if (locked === undefined && this.#options.away?.includes(member.index)) {
      this.#report(member, { type: 'shareMade', nowMs: this.nowMs, attempt, share: null })
      return
    }
    if (locked === undefined || !equalBytes(locked, session.message)) {
      throw new Error('what is signed is locked on disk')
    }
    if (held?.attempt !== attempt || held.secret === null) throw new Error('a nonce is used once')
    const { secret } = held
    held.secret = null
    this.shares.push({ member: member.index, message: toHex(session.message) })
    const own = this.#options.test.shares[member.index]
    if (own === undefined) throw new Error('not a member')
    const { groupKey } = this.context.committee
    const share = this.#shareOf(() => this.#options.scheme.sign(groupKey, own, secret, session))
    this.#report(member, { type: 'shareMade', nowMs: this.nowMs, attempt, share })
  }

  /** As a signer does: what the scheme refuses is no share, and the nonce is spent all the same. */
  #shareOf(sign: () => Uint8Array): Uint8Array | null {
    try {
      return sign()
    } catch {
      return null
    }
  }

  #broadcast(member: WorldMember, statement: Statement): void {
    const lie = this.#options.lies?.[member.index]
    const own = this.#sign(member.index, statement)
    this.#report(member, { type: 'received', nowMs: this.nowMs, signed: own })
    for (const { index } of this.members) {
      if (index === member.index) continue
      const said = lie === undefined ? statement : lie(statement, index, () => this.#random(32))
      for (const each of said === null ? [] : [said].flat()) {
        this.#deliver(index, this.#sign(member.index, each).bytes)
      }
    }
  }

  #sign(index: number, statement: Statement): Signed {
    const key = this.#options.test.identityKeys[index]
    if (key === undefined) throw new Error('not a member')
    const signature = ecdsa.sign(digestOfStatement(this.context, statement), key)
    return sealStatement(this.context, statement, signature)
  }

  /** What one honest member accepted, gossip carries to the others. */
  #deliver(to: number, bytes: Uint8Array): void {
    const seen = new Set<number>()
    const hand = (index: number) => {
      const member = this.members[index] as WorldMember
      if (seen.has(index) || !member.isRunning) return
      const { nowMs } = this
      const verdict = judgeStatement(this.context, member.taken, { bytes, nowMs })
      seen.add(index)
      const isNews = 'signed' in verdict
      if (isNews) this.#report(member, { type: 'received', nowMs, signed: verdict.signed })
      if (verdict.verdict !== 'accept') return
      for (const other of this.members) send(other.index)
    }
    const send = (index: number) =>
      this.#later(this.#upTo(this.#options.delayMsMax ?? 100), () => hand(index))
    send(to)
  }

  #publishSigned(from: WorldMember, signed: SignedHandover): void {
    const bytes = encodeSignedHandover(this.context.committee, signed)
    for (const member of this.members) {
      if (member === from) continue
      this.#later(this.#upTo(100), () => {
        const opened = openSignedHandover(this.context.crypto, this.context.committee, bytes)
        if (opened === null) throw new Error('what is published was checked')
        this.#report(member, { type: 'signedReceived', nowMs: this.nowMs, signed: opened })
      })
    }
  }
}

/** A hand-over to a made-up committee; each value that a test writes matters in it. */
export function someHandover(changed: Partial<Handover> = {}): Handover {
  return {
    epoch: 2,
    committeeDigest: new Uint8Array(32).fill(7),
    publicKey: Uint8Array.of(2, ...new Uint8Array(32).fill(9)),
    activeFromMs: START_MS + 600_000,
    genesisMs: 0,
    roundMs: 500,
    includeMs: 60,
    clockSkewMsMax: 5,
    ...changed,
  }
}

/** A member that keeps back what it combines, and of its session shows each other one a part. */
export function dividedSession(
  liar: number,
  liars: readonly number[],
  world: () => HandoverWorld,
): Lie {
  return (said, to) => {
    const { attempt } = (world().members[liar] as HandoverWorld['members'][number]).state
    // It has its own share, and keeps what comes of it to itself.
    attempt.combining = 'busy'
    if (said.type === 'offer') return said
    if (said.type === 'share') {
      // One is silent at a time, so that the others keep their rank for another attempt.
      const named = attempt.session?.statement.offers.map(({ statement }) => statement.sender) ?? []
      return liars.find((each) => named.includes(each)) === liar ? null : said
    }
    // Each is told of a session without itself, so that it waits for all that it names in vain.
    const willing = attempt.offers.filter((each) => each !== undefined)
    const others = willing.filter(({ statement }) => statement.sender !== to)
    return { ...said, offers: others.slice(0, said.offers.length) }
  }
}
