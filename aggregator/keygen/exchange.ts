import { equalBytes } from '../values/bytes.ts'
import { MalformedError, Reader, Writer } from '../values/codec.ts'
import type { Members } from '../values/ids.ts'
import type { KeygenContext } from './context.ts'
import { DIGEST_BYTES, KEYGEN_VERSION, readMembers } from './statements.ts'

/** What a member holds, told to another over a direct stream so that it hands over the rest. */
export interface Inventory {
  /** Digest of each member's package, null where it has none. */
  readonly packages: readonly (Uint8Array | null)[]
  readonly echoes: Members
  readonly results: Members
  /** Members whose share for it is here and good, itself among them. */
  readonly shares: Members
}

const INVENTORY_TAG = 71
const HANDOVER_TAG = 72
const NONE = new Uint8Array(DIGEST_BYTES)
/** Of each member a package, an echo, a result and an accusation; one share; evidence. */
const ITEMS_PER_MEMBER = 4
const ITEM_BYTES_MAX = 65_535

/** Bytes of an inventory, which are the same for every one of a committee. */
export function encodeInventory(context: KeygenContext, inventory: Inventory): Uint8Array {
  const writer = new Writer().u8(INVENTORY_TAG).u8(KEYGEN_VERSION).bytes(context.digest)
  for (const digest of inventory.packages) writer.bytes(digest ?? NONE)
  return writer.u32(inventory.echoes).u32(inventory.results).u32(inventory.shares).done()
}

/** Null when the bytes are no inventory of this attempt. Never throws on input. */
export function decodeInventory(context: KeygenContext, bytes: Uint8Array): Inventory | null {
  return read(context, { bytes, tag: INVENTORY_TAG }, (reader) => ({
    packages: Array.from({ length: context.size }, () => {
      const digest = reader.bytes(DIGEST_BYTES)
      return equalBytes(digest, NONE) ? null : digest
    }),
    echoes: readMembers(reader, context),
    results: readMembers(reader, context),
    shares: readMembers(reader, context),
  }))
}

/** Bytes of what is handed over: statements, evidence, a sealed share, each as it travels. */
export function encodeHandover(context: KeygenContext, items: readonly Uint8Array[]): Uint8Array {
  const writer = new Writer().u8(HANDOVER_TAG).u8(KEYGEN_VERSION).bytes(context.digest)
  writer.u16(items.length)
  for (const item of items) writer.u16(item.length).bytes(item)
  return writer.done()
}

/** Null when the bytes are no handover of this attempt. Never throws on input. */
export function decodeHandover(
  context: KeygenContext,
  bytes: Uint8Array,
): readonly Uint8Array[] | null {
  return read(context, { bytes, tag: HANDOVER_TAG }, (reader) => {
    const count = reader.u16()
    reader.check(count <= ITEMS_PER_MEMBER * context.size + 2, 'too many items')
    return Array.from({ length: count }, () => reader.bytes(reader.u16()))
  })
}

/** Largest handover of a committee, in bytes. */
export function handoverBytesMax(context: KeygenContext): number {
  return ITEMS_PER_MEMBER * context.size * 2_048 + 2 * ITEM_BYTES_MAX
}

function read<T>(
  context: KeygenContext,
  { bytes, tag }: { readonly bytes: Uint8Array; readonly tag: number },
  body: (reader: Reader) => T,
): T | null {
  const reader = new Reader(bytes)
  try {
    reader.check(reader.u8() === tag, 'another message')
    reader.check(reader.u8() === KEYGEN_VERSION, 'an unknown version')
    reader.check(equalBytes(reader.view(DIGEST_BYTES), context.digest), 'another attempt')
    const value = body(reader)
    reader.end()
    return value
  } catch (error) {
    if (error instanceof MalformedError) return null
    throw error
  }
}
