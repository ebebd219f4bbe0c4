import { bigintFrom } from '../values/bytes.ts'
import type { FeedIndex, Members, Round } from '../values/ids.ts'
import { FLAG_CLOCK, PROGRAM_BYTES, UPDATE_SELECTOR } from './calldata.ts'
import { WORD_HEAD_BYTES } from './words.ts'

/** Selector (4), header (20) and signature (96). */
const ENTRIES_AT = 120
/** Index and word of a feed; its program follows unless it is zero. */
const ENTRY_BYTES = 14
const CLOCK_BYTES = 10
const SIBLING_BYTES = 32

/** One feed of a decoded update. */
export interface UpdateEntry {
  readonly feed: FeedIndex
  /** The word of 32 bytes as it was signed. */
  readonly word: Uint8Array
  readonly siblings: readonly Uint8Array[]
}

/** What the calldata of an update says; nothing of it is verified. */
export interface DecodedUpdate {
  readonly flags: number
  readonly round: Round
  /** Milliseconds since genesisMs − skew + round × roundMs. */
  readonly offsetMs: number
  readonly observers: Members
  readonly slot: number
  readonly signingSet: Members
  readonly expectedNext: Members
  readonly rx: bigint
  readonly ry: bigint
  readonly z: bigint
  readonly entries: readonly UpdateEntry[]
  /** The ten bytes of the clock, or null when the contract's first one is meant. */
  readonly clock: Uint8Array | null
}

/** Reads the calldata of an update; null when its length is not that of any. */
export function decodeUpdate(calldata: Uint8Array): DecodedUpdate | null {
  if (calldata.length < ENTRIES_AT) return null
  const number = (at: number, length: number) =>
    Number(bigintFrom(calldata.subarray(at, at + length)))
  if (number(0, 4) !== UPDATE_SELECTOR) return null
  const flags = number(10, 1)
  const entriesAt = ENTRIES_AT + ((flags & FLAG_CLOCK) === 0 ? 0 : CLOCK_BYTES)
  const entries = decodeEntries(calldata, entriesAt)
  if (entries === null) return null
  return {
    flags,
    round: number(4, 4),
    offsetMs: number(8, 2),
    observers: number(11, 4),
    slot: number(15, 1),
    signingSet: number(16, 4),
    expectedNext: number(20, 4),
    rx: bigintFrom(calldata.subarray(24, 56)),
    ry: bigintFrom(calldata.subarray(56, 88)),
    z: bigintFrom(calldata.subarray(88, 120)),
    entries,
    clock: entriesAt === ENTRIES_AT ? null : calldata.slice(ENTRIES_AT, entriesAt),
  }
}

function decodeEntries(bytes: Uint8Array, from: number): readonly UpdateEntry[] | null {
  const entries: UpdateEntry[] = []
  let at = from
  for (let follows = true; follows; ) {
    const program = programAt(bytes, at + ENTRY_BYTES)
    if (program === null) return null
    const word = new Uint8Array(32)
    word.set(bytes.subarray(at + 2, at + 2 + WORD_HEAD_BYTES))
    const feed = Number(bigintFrom(bytes.subarray(at, at + 2)))
    at += ENTRY_BYTES + (program === 0 ? 0 : PROGRAM_BYTES)
    const siblings: Uint8Array[] = []
    let merges = program >> 12
    for (let path = ((program >> 1) & 0x7ff) ^ 1; path > 1; path >>= 1) {
      if ((merges & 1) === 0) {
        siblings.push(bytes.slice(at, at + SIBLING_BYTES))
        at += SIBLING_BYTES
      }
      merges >>= 1
    }
    if (at > bytes.length) return null
    entries.push({ feed, word, siblings })
    follows = (program & 1) === 1
  }
  return at === bytes.length ? entries : null
}

/** The program of an entry: left out at the end when it is zero, and then not written as zero. */
function programAt(bytes: Uint8Array, at: number): number | null {
  if (at >= bytes.length) return 0
  const program = Number(bigintFrom(bytes.subarray(at, at + PROGRAM_BYTES)))
  return program === 0 ? null : program
}
