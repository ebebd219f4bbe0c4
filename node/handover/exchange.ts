import { equalBytes } from '../../aggregator/values/bytes.ts'

/** First byte of a request for a signed hand-over over a direct stream. */
const REQUEST_TAG = 84
const VERSION = 1
const REQUEST_BYTES = 34

/** Asks a member for the hand-over that a committee has signed, by that committee's digest. */
export function encodeHandoverRequest(committeeDigest: Uint8Array): Uint8Array {
  return Uint8Array.of(REQUEST_TAG, VERSION, ...committeeDigest)
}

export function isHandoverRequest(bytes: Uint8Array): boolean {
  return bytes.length === REQUEST_BYTES && bytes[0] === REQUEST_TAG && bytes[1] === VERSION
}

/** Whether a request asks for what this committee has signed. */
export function asksFor(request: Uint8Array, committeeDigest: Uint8Array): boolean {
  return equalBytes(request.subarray(2), committeeDigest)
}
