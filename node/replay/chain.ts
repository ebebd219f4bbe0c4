import { crc32 } from 'node:zlib'

/** Before the first entry of a process. */
export const CHAIN_START = 0

/**
 * Continues the checksum of a process by one entry. A flipped bit or a changed order shows in it
 * even where the core would not have cared; against a forger it proves nothing, replaying does.
 */
export function chained(
  previous: number,
  entry: { readonly kind: string; readonly type: string; readonly body: Uint8Array },
): number {
  return crc32(entry.body, crc32(`${entry.kind} ${entry.type} `, previous))
}
