import type { GroupKey } from '../signing/threshold.ts'
import { ascii, concat } from '../values/bytes.ts'
import type { KeygenContext } from './context.ts'
import { digestOfStatement } from './statements.ts'

const TRANSCRIPT_DOMAIN = ascii('parallax.keygen.transcript.1')
const RESULT_DOMAIN = ascii('parallax.keygen.result.1')

/** Digest of all packages by member index: what members compare before any share leaves. */
export function transcriptOf(context: KeygenContext, packages: readonly Uint8Array[]): Uint8Array {
  return context.crypto.keccak256(concat(TRANSCRIPT_DOMAIN, context.digest, ...packages))
}

/** Digest of what a member signs last: the group key and the transcript it came from. */
export function resultOf(
  context: KeygenContext,
  outcome: { readonly transcript: Uint8Array; readonly groupKey: GroupKey },
): Uint8Array {
  const { transcript, groupKey } = outcome
  return context.crypto.keccak256(
    concat(
      RESULT_DOMAIN,
      context.digest,
      transcript,
      Uint8Array.of(groupKey.threshold),
      groupKey.publicKey,
      ...groupKey.verifyingShares,
    ),
  )
}

/** A committee's key as all n members signed it. */
export interface GeneratedKey {
  readonly groupKey: GroupKey
  readonly transcript: Uint8Array
  /** One of 64 bytes for each member, by index. */
  readonly signatures: readonly Uint8Array[]
}

/**
 * Members whose signature does not stand under this result; empty when the committee exists
 * (protocol §11.1).
 */
export function unsignedBy(context: KeygenContext, key: GeneratedKey): readonly number[] {
  const { groupKey, transcript } = key
  const result = resultOf(context, { transcript, groupKey })
  return context.identityKeys.flatMap((identityKey, sender) => {
    const digest = digestOfStatement(context, { type: 'result', sender, transcript, result })
    const signature = key.signatures[sender] ?? new Uint8Array(0)
    return context.crypto.verifyMessage(signature, digest, identityKey) ? [] : [sender]
  })
}
