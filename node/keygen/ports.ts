import type { PromisedResult } from '../../aggregator/keygen/machine.ts'
import type { MemberIndex } from '../../aggregator/values/ids.ts'
import type { Judgement } from '../gossip/gossip.ts'

/** What a key generation needs of the committee's network. */
export interface KeygenNetwork {
  /** To every member that listens; what is lost is asked for later. */
  readonly publish: (bytes: Uint8Array) => Promise<void>
  readonly request: (to: MemberIndex, request: Uint8Array) => Promise<Uint8Array>
  readonly answer: (to: MemberIndex, answer: Uint8Array) => void
  /** Takes what a member handed over off its allowance; false when it is used up. */
  readonly admit: (from: MemberIndex) => boolean
  /** Counts what that was worth, as if it had come by gossip. */
  readonly judged: (from: MemberIndex, judgement: Judgement) => void
  /** Members that can be asked. */
  readonly connected: () => readonly MemberIndex[]
}

/** What a key generation needs of this member's disk. */
export interface KeygenDisk {
  readonly promisePackage: (digest: Uint8Array) => Promise<void>
  /** Makes the signing share, and keeps it with the promised result, durably. */
  readonly keepShare: (promised: PromisedResult, result: Uint8Array) => Promise<void>
}
