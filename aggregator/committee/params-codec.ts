import { ascii } from '../values/bytes.ts'
import { Writer } from '../values/codec.ts'
import type { Params } from './params.ts'
import { FEED_KINDS } from './params.ts'

const DOMAIN = ascii('parallax.committee.1')
/** In the byte of a feed's kind. */
const LONG_TAIL = 0x80

function text(writer: Writer, value: string): void {
  writer.u8(value.length).bytes(ascii(value))
}

/**
 * Canonical bytes of checked parameters; their keccak256 is the committee digest (protocol §3).
 * Fixed-width big-endian fields in the order of the type, a length before anything variable.
 */
export function encodeParams(params: Params): Uint8Array {
  const writer = new Writer().bytes(DOMAIN).u8(params.protocolVersion)
  text(writer, params.network)
  writer.u8(params.members.length)
  for (const member of params.members) writer.bytes(member.identityKey)
  writer.u8(params.f).u32(params.keygenAttempt).u16(params.feeds.length)
  for (const feed of params.feeds) {
    text(writer, feed.name)
    writer
      .u8(feed.decimals)
      .u8(FEED_KINDS.indexOf(feed.kind) | (feed.tier === 'long-tail' ? LONG_TAIL : 0))
      .u16(feed.deviationBps)
      .u64(feed.heartbeatMs)
      .u8(feed.sourcesMin)
      .i128(feed.valueMin)
      .i128(feed.valueMax)
    // The kind says whether it is there.
    if (feed.derivation === undefined) continue
    text(writer, feed.derivation.of)
    writer.u64(feed.derivation.windowMs).u64(feed.derivation.stepMs ?? 0)
  }
  const { timing, limits } = params
  return writer
    .u64(params.genesisMs)
    .u32(timing.roundMs)
    .u32(timing.includeMs)
    .u32(timing.hopMs)
    .u32(timing.fastMs)
    .u32(timing.cutMs)
    .u32(timing.backupMs)
    .u32(timing.voteMs)
    .u32(timing.stageMs)
    .u32(timing.clockSkewMsMax)
    .u32(params.probeEvery)
    .u16(limits.roundsKept)
    .u16(limits.syncBatchMax)
    .done()
}
