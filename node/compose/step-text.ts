import type { Effect } from '../../aggregator/effects.ts'
import type { Event } from '../../aggregator/events.ts'
import { toHex } from '../../aggregator/values/bytes.ts'

/**
 * One event or effect as a line of JSON for the journal (protocol §10.4): bytes as `0x…`, prices as
 * `123n`, verified messages as their wire form alone, from which all the rest follows.
 */
export function stepText(step: Event | Effect): string {
  return JSON.stringify(step, (_, value: unknown) => {
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
