/** What a frame of gossipsub asks of whoever reads it, counted before it is decoded. */
export interface FrameCost {
  /** Messages, subscriptions and control messages; a frame that holds nothing is one. */
  readonly items: number
  /** What control messages list: ids of messages, and a name of a topic each. */
  readonly ids: number
}

/** A message of the format: the wire type of each field that gossipsub knows, from number 1 on. */
interface Shape {
  readonly wires: readonly number[]
  /** Shapes of the fields that are messages themselves, by the same places. */
  readonly inner?: readonly Shape[]
  /** What its fields count as. */
  readonly counts: keyof FrameCost
  /** So many of its fields count with the field that it stands in. */
  readonly free: number
}

const VARINT = 0
const FIXED_64 = 1
const LENGTH = 2
const FIXED_32 = 5

const SUBSCRIPTION: Shape = { wires: [VARINT, LENGTH], counts: 'items', free: 2 }
/** Author, data, number, topic, signature, key. */
const MESSAGE: Shape = { wires: new Array(6).fill(LENGTH), counts: 'items', free: 6 }
const LIST: Shape = { wires: [LENGTH, LENGTH], counts: 'ids', free: 0 }
const PRUNE: Shape = { wires: [LENGTH, LENGTH, VARINT], counts: 'ids', free: 0 }
/** Ihave, iwant, graft, prune, idontwant. */
const CONTROL: Shape = {
  wires: new Array(5).fill(LENGTH),
  inner: [LIST, LIST, LIST, PRUNE, LIST],
  counts: 'items',
  free: 0,
}
const RPC: Shape = {
  wires: [LENGTH, LENGTH, LENGTH],
  inner: [SUBSCRIPTION, MESSAGE, CONTROL],
  counts: 'items',
  free: 0,
}

/**
 * Counts what stands in a frame. It reads lengths only, which costs less than decoding. Bytes
 * that a decoder could read in another way than this walk count as an item each, so nothing hides
 * behind a length that lies.
 */
export function costOf(frame: Uint8Array): FrameCost {
  const walk = new Walk(frame)
  return { items: Math.max(1, walk.count.items), ids: walk.count.ids }
}

class Walk {
  readonly count = { items: 0, ids: 0 }
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#walk(RPC, bytes.length)
  }

  #walk(shape: Shape, end: number): void {
    for (let fields = 1; this.#at < end; fields++) {
      const from = this.#at
      const tag = this.#varint(end)
      const length = this.#lengthOf(shape, tag, end)
      if (length < 0 || this.#at + length > end) {
        this.count.items += this.#bytes.length - from
        this.#at = this.#bytes.length
        return
      }
      if (fields > shape.free) this.count[shape.counts] += 1
      const inner = shape.inner?.[(tag >>> 3) - 1]
      if (inner === undefined) this.#at += length
      else this.#walk(inner, this.#at + length)
    }
  }

  /** Bytes that follow the tag of a field; −1 when they cannot be told for certain. */
  #lengthOf(shape: Shape, tag: number, end: number): number {
    if (tag < 0) return -1
    const wire = tag & 7
    // Whatever wire type a known field names, the decoder takes the one that it expects.
    if (wire !== (shape.wires[(tag >>> 3) - 1] ?? wire)) return -1
    if (wire === VARINT) return this.#varint(end) < 0 ? -1 : 0
    if (wire === LENGTH) return this.#varint(end)
    if (wire === FIXED_64) return 8
    return wire === FIXED_32 ? 4 : -1
  }

  /** A number of at most 32 bits, in at most five bytes; −1 for any other. */
  #varint(end: number): number {
    let value = 0
    for (let factor = 1; factor < 2 ** 35 && this.#at < end; factor *= 128) {
      const byte = this.#bytes[this.#at++] as number
      value += (byte & 127) * factor
      if (byte < 128) return value < 2 ** 32 ? value : -1
    }
    return -1
  }
}
