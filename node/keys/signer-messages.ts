import type { NonceCommitment } from '../../aggregator/messages/messages.ts'
import type {
  CombineOutcome,
  GroupKey,
  SigningSession,
} from '../../aggregator/signing/threshold.ts'
import type { MemberIndex, Round } from '../../aggregator/values/ids.ts'
import type { HandoverOutcome, HandoverRequest } from './handover-vault.ts'
import type { Ecdsa } from './native.ts'
import type { ShareOutcome, ShareRequest } from './share-vault.ts'

/** Given to the worker thread when it starts. The share follows in a message that moves it. */
export interface WorkerSetup {
  readonly groupKey: GroupKey
  readonly index: MemberIndex
  /** Of the curve: what the main thread loaded, loads here too. */
  readonly implementation: Ecdsa['implementation']
  /** Nonce pairs kept ready. */
  readonly spareNonces: number
}

/** What the worker is told. */
export type ToWorker =
  /** Forget the share and end; what was asked before is answered first. */
  | { readonly type: 'stop' }
  | { readonly type: 'load'; readonly share: Uint8Array<ArrayBuffer> }
  | { readonly type: 'assign'; readonly round: Round; readonly ids: readonly number[] }
  | { readonly type: 'erase'; readonly upTo: Round }
  | { readonly type: 'sign'; readonly call: number; readonly request: ShareRequest }
  | { readonly type: 'commitHandover'; readonly call: number; readonly attempt: number }
  | { readonly type: 'signHandover'; readonly call: number; readonly request: HandoverRequest }
  | {
      readonly type: 'combine'
      readonly call: number
      readonly session: SigningSession
      readonly shares: readonly Uint8Array[]
    }

/** What the worker says. */
export type FromWorker =
  /** `isRight`: the share belongs to the member's verifying share. */
  | { readonly type: 'loaded'; readonly isRight: boolean }
  | { readonly type: 'nonce'; readonly id: number; readonly commitment: NonceCommitment }
  | { readonly type: 'signed'; readonly call: number; readonly outcome: ShareOutcome }
  | {
      readonly type: 'handoverCommitted'
      readonly call: number
      readonly commitment: NonceCommitment
    }
  | {
      readonly type: 'handoverSigned'
      readonly call: number
      readonly outcome: HandoverOutcome
    }
  | { readonly type: 'combined'; readonly call: number; readonly outcome: CombineOutcome }
