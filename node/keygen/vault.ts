import { secp256k1_FROST as frost } from '@noble/curves/secp256k1.js'
import { invariant } from '../../aggregator/assert.ts'
import type { KeygenContext } from '../../aggregator/keygen/context.ts'
import { contradicts, fits } from '../../aggregator/keygen/evidence.ts'
import type { SignedPackage } from '../../aggregator/keygen/machine.ts'
import { isShareOf } from '../../aggregator/keygen/polynomial.ts'
import {
  openStatement,
  type ShareStatement,
  type Signed,
} from '../../aggregator/keygen/statements.ts'
import { identifierOf } from '../../aggregator/signing/frost.ts'
import type { GroupKey } from '../../aggregator/signing/threshold.ts'
import { equalBytes } from '../../aggregator/values/bytes.ts'
import type { MemberIndex } from '../../aggregator/values/ids.ts'
import { Secret } from '../keys/secret.ts'
import { openShare, sealShare } from './seal.ts'

export type SignedShare = Signed & { readonly statement: ShareStatement }

/** What a sealed share turned out to be. */
export type ShareVerdict =
  | { readonly type: 'good' }
  /** Signed by its sender and wrong: the sender is guilty, and this is the proof. */
  | { readonly type: 'bad'; readonly signed: SignedShare }
  /** Not to be opened, or not what it should be: as good as nothing, and no proof. */
  | { readonly type: 'unreadable' }

export interface VaultOptions {
  readonly context: KeygenContext
  readonly self: MemberIndex
}

export interface VaultDependencies {
  /** Secret identity key; lent for the exchange of keys. */
  readonly identity: Secret
  /** Signs one share for each recipient. */
  readonly sign: (statement: ShareStatement) => Signed
  /** The asked number of unpredictable bytes. */
  readonly random: (length: number) => Uint8Array
}

type Round1 = ReturnType<typeof frost.DKG.round1>

/**
 * The secrets of one member in one key generation: its polynomial and the shares it was given, in
 * memory only. A member that loses them cannot go on in this attempt, and must not.
 */
export class KeygenVault {
  readonly #options: VaultOptions
  readonly #dependencies: VaultDependencies
  readonly #received = new Map<MemberIndex, Secret>()
  readonly #sealed = new Map<MemberIndex, Uint8Array>()
  #round1: Round1 | null = null
  #packages: readonly SignedPackage[] | null = null
  #shares: Readonly<Record<string, { readonly signingShare: Uint8Array }>> = {}

  constructor(options: VaultOptions, dependencies: VaultDependencies) {
    this.#options = options
    this.#dependencies = dependencies
  }

  /** Draws the polynomial; once. */
  makePackage(): { readonly commitment: readonly Uint8Array[]; readonly proof: Uint8Array } {
    invariant(this.#round1 === null, 'a member has one polynomial in an attempt')
    const { context, self } = this.#options
    const signers = { min: context.threshold, max: context.size }
    const random = (length = 32) => this.#dependencies.random(length)
    this.#round1 = frost.DKG.round1(identifierOf(self), signers, undefined, random)
    const { commitment, proofOfKnowledge } = this.#round1.public
    return { commitment, proof: proofOfKnowledge }
  }

  /** All members hold these packages: from now on shares are sealed and opened. */
  agree(packages: readonly SignedPackage[]): void {
    invariant(this.#round1 !== null, 'the own package is among those agreed on')
    this.#packages = packages
    this.#shares = frost.DKG.round2(this.#round1.secret, this.#others(packages))
  }

  get isAgreed(): boolean {
    return this.#packages !== null
  }

  /** The envelope with a member's share; asked again, the same one. */
  sealFor(recipient: MemberIndex): Uint8Array {
    const known = this.#sealed.get(recipient)
    if (known !== undefined) return known
    const { context, self } = this.#options
    const { identity, sign, random } = this.#dependencies
    const share = this.#shares[identifierOf(recipient)]?.signingShare
    const own = this.#packages?.[self]
    invariant(share !== undefined && own !== undefined, 'shares are made when all agree')
    const signed = sign({ type: 'share', sender: self, recipient, package: own.digest, share })
    const sealed = identity.use((privateKey) =>
      sealShare({ context, sender: self, recipient, privateKey, random }, signed.bytes),
    )
    this.#sealed.set(recipient, sealed)
    return sealed
  }

  /** Opens what a member sent, and keeps the share when it fits the member's package. */
  open(from: MemberIndex, sealed: Uint8Array): ShareVerdict {
    const { context, self } = this.#options
    const held = this.#packages?.[from]
    invariant(held !== undefined, 'shares are opened when all agree')
    const bytes = this.#dependencies.identity.use((privateKey) =>
      openShare({ context, sender: from, recipient: self, privateKey }, sealed),
    )
    const opened = bytes === null ? null : openStatement(context, bytes)
    if (opened?.type !== 'opened') return { type: 'unreadable' }
    const { signed } = opened
    if (!isShareFor(signed, { from, self })) return { type: 'unreadable' }
    const isBad = contradicts(context, held, signed) || !fits(held.statement, signed.statement)
    if (isBad) return { type: 'bad', signed }
    this.#received.set(from, Secret.of(signed.statement.share))
    return { type: 'good' }
  }

  /**
   * Sums up the signing share and lets go of everything else. The library verifies every share once
   * more, and what it computes must be the group key that all members compute from the packages.
   */
  makeSigningShare(groupKey: GroupKey): Secret {
    const { self } = this.#options
    invariant(this.#round1 !== null && this.#packages !== null, 'all shares are here')
    const round2 = [...this.#received].map(([index, share]) => ({
      identifier: identifierOf(index),
      signingShare: share.use((bytes) => Uint8Array.from(bytes)),
    }))
    const made = frost.DKG.round3(this.#round1.secret, this.#others(this.#packages), round2)
    for (const { signingShare } of round2) signingShare.fill(0)
    const { signingShare } = made.secret
    const [publicKey = new Uint8Array(0)] = made.public.commitments
    const verifyingShare = groupKey.verifyingShares[self] ?? new Uint8Array(0)
    invariant(equalBytes(publicKey, groupKey.publicKey), 'two ways lead to one group key')
    invariant(isShareOf(verifyingShare, signingShare), 'the share belongs to the group key')
    const share = Secret.of(signingShare)
    signingShare.fill(0)
    return share
  }

  /** Overwrites what can be overwritten; big integers of the library cannot be. */
  erase(): void {
    for (const share of this.#received.values()) share.erase()
    this.#received.clear()
    for (const { signingShare } of Object.values(this.#shares)) signingShare.fill(0)
    this.#shares = {}
    if (this.#round1 !== null) frost.DKG.clean(this.#round1.secret)
    this.#round1 = null
    this.#packages = null
  }

  #others(packages: readonly SignedPackage[]) {
    return packages
      .filter(({ statement }) => statement.sender !== this.#options.self)
      .map(({ statement }) => ({
        identifier: identifierOf(statement.sender),
        commitment: [...statement.commitment],
        proofOfKnowledge: statement.proof,
      }))
  }
}

function isShareFor(
  signed: Signed,
  route: { readonly from: MemberIndex; readonly self: MemberIndex },
): signed is SignedShare {
  const { statement } = signed
  if (statement.type !== 'share' || statement.sender !== route.from) return false
  return statement.recipient === route.self
}
