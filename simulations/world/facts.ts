import type { Effect, NoteCode, RoundPath } from '../../aggregator/effects.ts'
import type { Certificate, GossipMessage, Verified } from '../../aggregator/messages/messages.ts'
import type { Promised } from '../../aggregator/promises/promise.ts'
import type { MemberIndex, Members, Round } from '../../aggregator/values/ids.ts'
import { positionIn } from '../../aggregator/values/ids.ts'
import type { Block, Undone } from './chain/chain.ts'
import type { Outcome } from './chain/transmitter.ts'
import type { Absence } from './host-options.ts'

interface Timed {
  /** World time in microseconds. */
  readonly nowUs: number
}

interface ByMember extends Timed {
  readonly member: MemberIndex
}

/** Something that happened in the world and that a checker or a statistic may care about. */
export type Fact =
  /** A member's message left it for the first time, whoever it was sent to. */
  | (ByMember & { readonly type: 'sent'; readonly message: Verified<GossipMessage> })
  /** A member made a promise durable. */
  | (ByMember & { readonly type: 'promised'; readonly promise: Promised })
  /** A member's signer gave a share away. */
  | (ByMember & {
      readonly type: 'shareMade'
      readonly round: Round
      readonly slot: number
      readonly reportDigest: Uint8Array
      /** The message that the share signs; it binds slot and sets (§7). */
      readonly signed: Uint8Array
      /** Names the nonce pair: its public hiding commitment. */
      readonly nonce: Uint8Array
    })
  /** A sound certificate came into being anywhere, also one that is kept secret. */
  | (Timed & { readonly type: 'certificateMade'; readonly certificate: Certificate })
  /** A member holds its first certificate of a round. */
  | (ByMember & {
      readonly type: 'certified'
      readonly certificate: Certificate
      readonly path: RoundPath
    })
  | (ByMember & { readonly type: 'skipped'; readonly round: Round })
  | (ByMember & {
      readonly type: 'noted'
      readonly code: NoteCode
      readonly round: Round
      readonly members: Members
    })
  /** A member's sources gave no value of some feeds for a round. */
  | (ByMember & {
      readonly type: 'valuesAbsent'
      readonly round: Round
      readonly absences: readonly Absence[]
    })
  | (ByMember & { readonly type: 'halted' })
  | (ByMember & { readonly type: 'started' })
  | (ByMember & { readonly type: 'crashed' })
  /** A block of the chain; those of a reorganisation come after it. */
  | (Timed & {
      readonly type: 'chainBlock'
      readonly block: Block
      /** Others asked for more than it holds. */
      readonly isFull: boolean
    })
  /** Blocks from a number on are no longer part of the chain, and these transactions wait again. */
  | (Timed & {
      readonly type: 'chainReorganised'
      readonly fromNumber: number
      readonly undone: readonly Undone[]
    })
  /** The sequencer stopped making blocks, or goes on. */
  | (Timed & { readonly type: 'chainStood'; readonly isStanding: boolean })
  | (ByMember & { readonly type: 'transmissionEnded'; readonly outcome: Outcome })
  /** Nominal T_r by the world's true clock. */
  | (Timed & { readonly type: 'roundOpened'; readonly round: Round })

export type FactOf<T extends Fact['type']> = Extract<Fact, { readonly type: T }>

export type Watcher = (fact: Fact) => void

type EffectOf<T extends Effect['type']> = Extract<Effect, { readonly type: T }>

interface Who {
  readonly nowUs: number
  readonly member: MemberIndex
}

const NO_NONCE = new Uint8Array(0)

/** The fact that an effect for observers alone stands for. */
export function factOf(effect: EffectOf<'certified' | 'skipped' | 'note'>, who: Who): Fact {
  const { nowUs, member } = who
  if (effect.type === 'note') {
    const { code, round, members } = effect
    return { type: 'noted', nowUs, member, code, round, members }
  }
  if (effect.type === 'skipped') return { type: 'skipped', nowUs, member, round: effect.round }
  const { certificate, path } = effect
  return { type: 'certified', nowUs, member, certificate: certificate.message, path }
}

/** A share that a signer gave away on a request. */
export function shareFactOf(request: EffectOf<'signShare'>, who: Who): Fact {
  const { nowUs, member } = who
  const { round, slot, reportDigest, session } = request
  const nonce = session.commitments[positionIn(session.signingSet, member)]?.hiding ?? NO_NONCE
  const { message: signed } = session
  return { type: 'shareMade', nowUs, member, round, slot, reportDigest, signed, nonce }
}
