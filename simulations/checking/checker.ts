import type { Committee } from '../../aggregator/committee/committee.ts'
import type { Context } from '../../aggregator/context.ts'
import type { createMachine } from '../../aggregator/machine.ts'
import type { Certificate } from '../../aggregator/messages/messages.ts'
import type { State } from '../../aggregator/state/state.ts'
import type { MemberIndex, Members, Round } from '../../aggregator/values/ids.ts'
import type { CertificateDigests } from '../world/certificate-digests.ts'
import type { Fact } from '../world/facts.ts'
import type { Journals } from './journal.ts'

/** Invariants of protocol §12. */
export type Rule =
  | 'S1'
  | 'S2'
  | 'S3'
  | 'S4'
  | 'S5'
  | 'S6'
  | 'S7'
  | 'S8'
  | 'L1'
  | 'L2'
  | 'L3'
  | 'L4'
  | 'L5'
  | 'L6'

/** A broken invariant, with what a person needs to look into it. */
export interface Violation {
  readonly rule: Rule
  readonly nowUs: number
  readonly round: Round
  readonly message: string
}

/** From when to when, in world time, something is not as the protocol assumes (§1.2). */
export interface Disturbance {
  readonly fromUs: number
  readonly toUs: number
}

/** When a due feed must be on chain (protocol §12, L6). */
export interface DeliveryPromise {
  /** So long after it became due, or after the chain was last disturbed. */
  readonly boundUs: number
  /** No member offers more, in wei per gas. */
  readonly feePerGasMaxWei: bigint
  /** When which members cannot deliver, or would not, by the scenario; crashes apart. */
  readonly unable: readonly (Disturbance & { readonly member: MemberIndex })[]
}

/** What a checker may know besides the facts: never more than an observer of the whole world. */
export interface Subject {
  /** As the committee agreed on it; a planted bug does not change it. */
  readonly committee: Committee
  readonly context: Context
  readonly digests: CertificateDigests
  /** Members that no adversary controls. */
  readonly honest: Members
  /**
   * Stretches in which the scenario disturbs members or links, adversaries apart; by their start.
   */
  readonly disturbances: readonly Disturbance[]
  /** Messages are lost or too slow all the time, or clocks are off by more than is allowed. */
  readonly isAlwaysDisturbed: boolean
  /** What L6 promises of the chain; null without one. */
  readonly delivery: DeliveryPromise | null
  /** State of a member's machine; null while its process is down. */
  readonly stateOf: (member: MemberIndex) => State | null
  /** What processes were told and did, for S8 alone. */
  readonly journals: Journals
  /** Makes a machine like those of the run. */
  readonly createMachine: typeof createMachine
}

/** What facts of some types show: the violation, if any. */
export type Handlers = {
  readonly [T in Fact['type']]?: (fact: Extract<Fact, { readonly type: T }>) => Violation | null
}

/** Watches one invariant. */
export interface Checker {
  readonly rule: Rule
  /** Called with every fact of the types named, in order. */
  readonly on?: Handlers
  /** Called with every certificate when it first shows, however many members come to hold it. */
  readonly onCertificate?: (certificate: Certificate, nowUs: number) => Violation | null
  /** Called once when the run ended, for promises about the whole of it. */
  readonly finish?: (nowUs: number) => Violation | null
}

export type CreateChecker = (subject: Subject) => Checker
