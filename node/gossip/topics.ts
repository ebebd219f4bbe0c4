import { invariant } from '../../aggregator/assert.ts'
import { PROTOCOL_VERSION } from '../../aggregator/committee/params.ts'
import { toHex } from '../../aggregator/values/bytes.ts'

/** The two gossip topics of a committee (protocol §5.6). */
export const TOPIC_NAMES = ['protocol', 'reports'] as const
export type TopicName = (typeof TOPIC_NAMES)[number]

/** Where one committee talks: its topics and its direct stream protocol. */
export interface Channels {
  /** Wire name of each topic. */
  readonly topics: Readonly<Record<TopicName, string>>
  /** libp2p protocol id of the direct sync stream. */
  readonly sync: string
}

/**
 * Names of everything a committee says on the wire. The digest keeps committees apart: a message
 * of another committee never reaches a validator.
 *
 * @param committeeDigest 32 bytes; its first 8, as 16 hexadecimal digits, enter the names
 */
export function channelsOf(committeeDigest: Uint8Array): Channels {
  invariant(committeeDigest.length === 32, 'a committee digest has 32 bytes')
  const prefix = `/parallax/${PROTOCOL_VERSION}/${toHex(committeeDigest.subarray(0, 8))}`
  return {
    topics: { protocol: `${prefix}/protocol`, reports: `${prefix}/reports` },
    sync: `${prefix}/sync`,
  }
}
