import { secp256k1 } from '@noble/curves/secp256k1.js'
import { keccak_256 } from '@noble/hashes/sha3.js'
import type { Params } from '../../aggregator/committee/params.ts'
import { faultyMax } from '../../aggregator/committee/quorum.ts'
import { type KeygenContext, keygenContextOf } from '../../aggregator/keygen/context.ts'
import { encodeEvidence, openEvidence } from '../../aggregator/keygen/evidence.ts'
import type {
  KeygenEffect,
  KeygenEvent,
  KeygenOutcome,
  KeygenState,
  PromisedResult,
} from '../../aggregator/keygen/machine.ts'
import { initialKeygen } from '../../aggregator/keygen/machine.ts'
import {
  digestOfStatement,
  encodeStatement,
  openStatement,
  type Signed,
  type Statement,
} from '../../aggregator/keygen/statements.ts'
import { stepKeygen } from '../../aggregator/keygen/step.ts'
import { concat, equalBytes } from '../../aggregator/values/bytes.ts'
import { allMembers, withoutMember } from '../../aggregator/values/ids.ts'
import { seededBytes } from '../../contracts/testing/committee-box.ts'
import { KeygenSigner } from '../../node/keygen/signer.ts'
import { KeygenVault } from '../../node/keygen/vault.ts'
import { javascriptEcdsa } from '../../node/keys/ecdsa.ts'
import { loadEcdsa } from '../../node/keys/native.ts'
import { Secret } from '../../node/keys/secret.ts'
import { BTC, REGION_TIMING } from './committee.ts'

const ecdsa = loadEcdsa({ fallback: 'allow' })

/** Parameters of a committee-to-be, and the identity keys of its members. */
export function committeeToBe(options: {
  readonly size: number
  readonly attempt?: number
  readonly seed?: string
}): { readonly params: Params; readonly identityKeys: readonly Uint8Array[] } {
  const { size, attempt = 0, seed = 'keygen' } = options
  const random = seededBytes(seed)
  const identityKeys = Array.from({ length: size }, () => random(32))
  const params: Params = {
    protocolVersion: 1,
    network: 'test',
    members: identityKeys.map((key) => ({ identityKey: secp256k1.getPublicKey(key, true) })),
    f: faultyMax(size),
    keygenAttempt: attempt,
    feeds: [BTC],
    genesisMs: 0,
    timing: REGION_TIMING,
    probeEvery: 32,
    limits: { roundsKept: 16, syncBatchMax: 64 },
  }
  return { params, identityKeys }
}

export const keygenCrypto = {
  keccak256: (bytes: Uint8Array) => keccak_256(bytes),
  verifyMessage: ecdsa.verify,
}

/** A statement signed by whoever holds the key: what an attacker can do with its own. */
export function signStatement(
  context: KeygenContext,
  statement: Statement,
  identityKey: Uint8Array,
): Signed {
  const signature = javascriptEcdsa.sign(digestOfStatement(context, statement), identityKey)
  const opened = openStatement(context, concat(encodeStatement(context, statement), signature))
  if (opened.type === 'refused') throw new Error(`the test signed nonsense: ${opened.code}`)
  return opened.signed
}

/** One member whose disk is an object and whose network is the cluster. */
export class ClusterMember {
  readonly index: number
  readonly state: KeygenState
  readonly vault: KeygenVault
  readonly identityKey: Uint8Array
  /** What its disk holds; survives its process. */
  readonly disk: { package: Uint8Array | null; kept: (PromisedResult & { share: Secret }) | null }
  isRunning = true
  readonly sealedEarly = new Map<number, Uint8Array>()
  readonly signer: KeygenSigner

  constructor(
    context: KeygenContext,
    options: {
      readonly index: number
      readonly identityKey: Uint8Array
      readonly random: (length: number) => Uint8Array
      readonly disk?: ClusterMember['disk']
    },
  ) {
    const { index, identityKey, random, disk = { package: null, kept: null } } = options
    this.index = index
    this.identityKey = identityKey
    this.disk = disk
    const timing = { meetMs: 60_000, phaseMs: 10_000 }
    this.state = initialKeygen({ self: index, size: context.size, timing })
    const identity = Secret.of(identityKey)
    const promises = {
      assertPromised: (kind: 'package' | 'result', digest: Uint8Array) => {
        const isPromised =
          kind === 'package'
            ? disk.package !== null && equalBytes(disk.package, digest)
            : disk.kept !== null
        if (!isPromised) throw new Error(`${kind} was signed before it was on disk`)
      },
    }
    this.signer = new KeygenSigner(context, { identity, ecdsa, promises })
    const sign = (statement: Statement) => this.signer.sign(statement)
    this.vault = new KeygenVault({ context, self: index }, { identity, sign, random })
  }
}

/** Where a member stops: before it performs an effect of this type, or right after. */
export interface Crash {
  readonly member: number
  readonly effect: KeygenEffect['type']
  readonly when: 'before' | 'after'
}

export interface ClusterHooks {
  /** What a member receives of a statement; null when it is lost. */
  readonly onStatement?: (signed: Signed, from: number, to: number) => Signed | null
  /** What a member receives of a sealed share; null when it is withheld. */
  readonly onSealed?: (sealed: Uint8Array, from: number, to: number) => Uint8Array | null
  readonly onEvidence?: (to: number) => 'deliver' | 'lose'
  readonly crash?: Crash
}

/** A whole committee in one place: messages travel at once, in an order that is always the same. */
export class KeygenCluster {
  readonly context: KeygenContext
  readonly members: ClusterMember[]
  readonly #hooks: ClusterHooks
  readonly #queue: (() => void)[] = []
  nowMs = 0

  constructor(
    options: { readonly size: number; readonly attempt?: number; readonly seed?: string },
    hooks: ClusterHooks = {},
  ) {
    const { params, identityKeys } = committeeToBe(options)
    this.context = keygenContextOf(keygenCrypto, params)
    this.#hooks = hooks
    this.members = identityKeys.map(
      (identityKey, index) =>
        new ClusterMember(this.context, {
          index,
          identityKey,
          random: seededBytes(`${options.seed ?? 'keygen'} ${options.attempt ?? 0} ${index}`),
        }),
    )
  }

  at(index: number): ClusterMember {
    const member = this.members[index]
    if (member === undefined) throw new Error(`no member ${index}`)
    return member
  }

  /** Lets everything happen that does not need time; `absent` never come. */
  run(options: { readonly absent?: readonly number[] } = {}): this {
    const { absent = [] } = options
    for (const index of absent) this.at(index).isRunning = false
    for (const member of this.members) this.start(member)
    for (const member of this.members) this.meet(member, absent)
    return this.settle()
  }

  start(member: ClusterMember): void {
    this.report(member, { type: 'started', nowMs: this.nowMs, promised: member.disk.kept })
  }

  meet(member: ClusterMember, absent: readonly number[] = []): void {
    const all = allMembers(this.members.length)
    const present = absent.reduce((set, index) => withoutMember(set, index), all)
    this.report(member, { type: 'met', nowMs: this.nowMs, present })
  }

  /** Lets time pass, and whatever follows from it. */
  pass(ms: number): this {
    this.nowMs += ms
    for (const member of this.members) this.report(member, { type: 'ticked', nowMs: this.nowMs })
    return this.settle()
  }

  outcomes(): readonly (KeygenOutcome | null)[] {
    return this.members.map(({ state }) => state.outcome)
  }

  /** How each member ended, in a word. */
  endings(): readonly (string | null)[] {
    return this.outcomes().map((outcome) => outcome?.type ?? null)
  }

  report(member: ClusterMember, event: KeygenEvent): void {
    if (!member.isRunning) return
    for (const effect of stepKeygen(this.context, member.state, event)) {
      this.#queue.push(() => this.#perform(member, effect))
    }
  }

  settle(): this {
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) next()
    return this
  }

  /** A member's process ended and begins again with its disk; its memory is gone. */
  restart(index: number): ClusterMember {
    const { disk, identityKey } = this.at(index)
    const random = seededBytes(`restarted ${index}`)
    const again = new ClusterMember(this.context, { index, identityKey, random, disk })
    this.members[index] = again
    return again
  }

  deliver(from: number, signed: Signed): void {
    for (const member of this.members) {
      if (member.index === from) continue
      const { onStatement = (same: Signed) => same } = this.#hooks
      const arrived = onStatement(signed, from, member.index)
      if (arrived !== null) this.receive(member, arrived)
    }
  }

  receive(member: ClusterMember, signed: Signed): void {
    this.#queue.push(() => this.report(member, { type: 'received', nowMs: this.nowMs, signed }))
  }

  #perform(member: ClusterMember, effect: KeygenEffect): void {
    const { crash } = this.#hooks
    const isCrashing = crash?.member === member.index && crash.effect === effect.type
    if (isCrashing && crash.when === 'before') member.isRunning = false
    if (!member.isRunning) return
    this.#do(member, effect)
    if (isCrashing) member.isRunning = false
  }

  #do(member: ClusterMember, effect: KeygenEffect): void {
    const { nowMs } = this
    switch (effect.type) {
      case 'makePackage':
        this.report(member, { type: 'packageMade', nowMs, ...member.vault.makePackage() })
        break
      case 'promisePackage':
        if (member.disk.package !== null) throw new Error('a second package was promised')
        member.disk.package = effect.digest
        break
      case 'broadcast': {
        const signed = member.signer.sign(effect.statement)
        this.report(member, { type: 'received', nowMs, signed })
        this.deliver(member.index, signed)
        break
      }
      case 'exchangeShares':
        member.vault.agree(effect.packages)
        this.#sendShares(member)
        for (const [from, sealed] of member.sealedEarly) this.#open(member, from, sealed)
        break
      case 'keepShare': {
        const share = member.vault.makeSigningShare(effect.promised.groupKey)
        if (member.disk.kept !== null) throw new Error('a second result was promised')
        member.disk.kept = { ...effect.promised, share }
        this.report(member, { type: 'shareKept', nowMs })
        break
      }
      case 'publishEvidence':
        this.#publish(member, encodeEvidence(this.context, effect.evidence))
        break
      case 'end':
        break
    }
  }

  #sendShares(member: ClusterMember): void {
    for (const other of this.members) {
      if (other.index === member.index) continue
      const { onSealed = (same: Uint8Array) => same } = this.#hooks
      const sealed = onSealed(member.vault.sealFor(other.index), member.index, other.index)
      if (sealed === null) continue
      this.#queue.push(() => {
        if (other.vault.isAgreed) this.#open(other, member.index, sealed)
        else other.sealedEarly.set(member.index, sealed)
      })
    }
  }

  #open(member: ClusterMember, from: number, sealed: Uint8Array): void {
    if (!member.isRunning) return
    const { nowMs } = this
    const verdict = member.vault.open(from, sealed)
    if (verdict.type === 'good') {
      this.report(member, { type: 'shareOpened', nowMs, from })
      this.#queue.push(() =>
        this.report(this.at(from), { type: 'shareTaken', nowMs, by: member.index }),
      )
    }
    if (verdict.type === 'bad') {
      this.report(member, { type: 'shareRefused', nowMs, signed: verdict.signed })
    }
  }

  #publish(member: ClusterMember, bytes: Uint8Array): void {
    const { onEvidence = () => 'deliver' as const } = this.#hooks
    for (const other of this.members) {
      if (other.index === member.index || onEvidence(other.index) === 'lose') continue
      this.#queue.push(() => {
        const evidence = openEvidence(this.context, bytes)
        if (evidence === null) throw new Error('evidence travels whole or not at all')
        this.report(other, { type: 'evidenceReceived', nowMs: this.nowMs, evidence })
      })
    }
  }
}
