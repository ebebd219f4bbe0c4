import type { Members, Round } from '../values/ids.ts'
import type { UnixMs } from '../values/time.ts'

/** What a committee signed of a round, and its signature (protocol §5.5). */
export interface SignedReport {
  readonly round: Round
  readonly timestampMs: UnixMs
  readonly observers: Members
  /** One word of 32 bytes for each feed in the committee's order (protocol §7). */
  readonly words: readonly Uint8Array[]
  readonly slot: number
  readonly signingSet: Members
  readonly expectedNext: Members
  /** RFC 9591: R compressed (33 bytes) followed by z (32 bytes). */
  readonly signature: Uint8Array
}
