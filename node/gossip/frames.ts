import type { Stream } from '@libp2p/interface'
import { OracleError } from '../errors.ts'

const PREFIX_BYTES = 4

/** Sends one frame: its length as 32 big-endian bits, then its bytes. */
export function sendFrame(stream: Stream, bytes: Uint8Array): void {
  const frame = new Uint8Array(PREFIX_BYTES + bytes.length)
  new DataView(frame.buffer).setUint32(0, bytes.length)
  frame.set(bytes, PREFIX_BYTES)
  stream.send(frame)
}

/**
 * Reads exactly one frame and stops listening. The stream's owner aborts it at a deadline; then
 * this rejects.
 *
 * @throws {OracleError} `SYNC_FRAME_TOO_LARGE` as soon as the length says so, `SYNC_FRAME_TORN`
 * when the stream ends early or says more than one frame
 */
export async function readFrame(stream: Stream, bytesMax: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let received = 0
  let wanted: number | null = null
  for await (const chunk of stream) {
    chunks.push(chunk.subarray())
    received += chunk.byteLength
    if (wanted === null && received >= PREFIX_BYTES) {
      wanted = PREFIX_BYTES + lengthOf(Buffer.concat(chunks), bytesMax)
    }
    if (wanted === null || received < wanted) continue
    if (received > wanted) break
    return Uint8Array.from(Buffer.concat(chunks).subarray(PREFIX_BYTES))
  }
  throw new OracleError('SYNC_FRAME_TORN', 'a peer sent no whole frame; nothing to do here', {
    context: { received, wanted: wanted ?? 0 },
  })
}

function lengthOf(start: Buffer, bytesMax: number): number {
  const length = start.readUInt32BE(0)
  if (length <= bytesMax) return length
  throw new OracleError('SYNC_FRAME_TOO_LARGE', 'a peer announced more than the limit allows', {
    context: { length, bytesMax },
  })
}
