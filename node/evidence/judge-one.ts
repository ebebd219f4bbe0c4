import type { Context } from '../../aggregator/context.ts'
import type { MemberIndex, Round } from '../../aggregator/values/ids.ts'
import { type AcquittalCode, openClaim } from './judge.ts'

/** What one message proves by itself. */
export type LoneJudgement =
  | { readonly type: 'faulty'; readonly accused: MemberIndex; readonly round: Round }
  | {
      readonly type: 'acquits'
      readonly code: AcquittalCode | 'COMMITMENTS_SOUND' | 'TYPE_NEVER_ALONE'
      readonly reason: string
    }

/**
 * Whether a single observation shows its sender's fault: a nonce commitment that is no point of the
 * curve, which no signer makes (protocol §9.1). Nodes convict nobody of it, because no contract can
 * check it; they pass over the commitment. Never throws on input.
 */
export function judgeOne(context: Context, bytes: Uint8Array): LoneJudgement {
  const opened = openClaim(context, bytes, 'only')
  if (opened.type === 'refused') {
    return { type: 'acquits', code: opened.code, reason: opened.reason }
  }
  const { message } = opened.claim
  if (message.type !== 'observation') {
    const reason = `a ${message.type} proves nothing alone; give the message that contradicts it`
    return { type: 'acquits', code: 'TYPE_NEVER_ALONE', reason }
  }
  const { isCommitment } = context.crypto.threshold
  if (message.commitments.every(isCommitment)) {
    const reason = 'its nonce commitments are points of the curve'
    return { type: 'acquits', code: 'COMMITMENTS_SOUND', reason }
  }
  return { type: 'faulty', accused: message.sender, round: message.round }
}
