import type { Effect } from '../../aggregator/effects.ts'
import { toHex } from '../../aggregator/values/bytes.ts'

/**
 * One effect as a line of JSON for a person to read: bytes as `0x…`, integers as `123n`, verified
 * messages as their wire form alone.
 */
export function effectText(effect: Effect): string {
  return JSON.stringify(effect, (_, value: unknown) => {
    if (value instanceof Uint8Array) return `0x${toHex(value)}`
    if (typeof value === 'bigint') return `${value}n`
    if (isVerified(value)) return `0x${toHex(value.bytes)}`
    return value
  })
}

function isVerified(value: unknown): value is { readonly bytes: Uint8Array } {
  if (typeof value !== 'object' || value === null) return false
  return 'message' in value && 'bytes' in value && value.bytes instanceof Uint8Array
}
