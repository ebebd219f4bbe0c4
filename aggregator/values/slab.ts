/** Up to so many bytes the engine keeps an array in its own heap, which is quick. */
const IN_HEAP_BYTES_MAX = 64
/** As large as the pool of Node's own buffers: a few dozen messages. */
const SLAB_BYTES = 8_192
/** Longer pieces would leave too much of a slab unused. */
const PIECE_BYTES_MAX = 1_024

let slab = new Uint8Array(SLAB_BYTES)
let cut = 0

/**
 * Zeroed bytes for what a message is written into: a piece of a larger array that is handed out
 * once, because an array of its own outside of the engine's heap takes microseconds (ADR 0093).
 * Never for secrets: whoever sees the buffer behind a piece sees its neighbours.
 */
export function cutBytes(length: number): Uint8Array<ArrayBuffer> {
  if (length <= IN_HEAP_BYTES_MAX || length > PIECE_BYTES_MAX) return new Uint8Array(length)
  return pieceOf(length)
}

/**
 * The same for up to 1,024 bytes, however few: a view takes half of the memory of a short array,
 * and keeps a slab for it. For simulations, which keep little and make much.
 */
export function pieceOf(length: number): Uint8Array<ArrayBuffer> {
  if (cut + length > SLAB_BYTES) {
    slab = new Uint8Array(SLAB_BYTES)
    cut = 0
  }
  const start = cut
  cut += length
  return slab.subarray(start, cut)
}

/** Joins two byte arrays of a message into such a piece. */
export function joinBytes(first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const joined = cutBytes(first.length + second.length)
  joined.set(first)
  joined.set(second, first.length)
  return joined
}
