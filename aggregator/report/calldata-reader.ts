import { bigintFrom } from '../values/bytes.ts'
import type { FeedIndex, Members, Round } from '../values/ids.ts'
import { FLAG_CLOCK, PAGE_CHOSEN_BYTES, PROGRAM_BYTES, UPDATE_SELECTOR } from './calldata.ts'
import { PAGE_INDEX, PAGE_WORDS } from './feeds-tree.ts'
import { LANE_WORD_BYTES } from './lanes.ts'
import { WORD_HEAD_BYTES } from './words.ts'

/** Selector (4), header (20) and signature (96). */
const ENTRIES_AT = 120
const INDEX_BYTES = 2
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

/** One page of long-tail feeds of a decoded update. */
export interface UpdatePage {
  readonly page: number
  /** As they were signed, 25 bytes of four feeds each. */
  readonly words: readonly Uint8Array[]
  /** Bits of the words to store, the first word's the lowest. */
  readonly chosen: number
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
  readonly pages: readonly UpdatePage[]
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
  const content = decodeContent(calldata, entriesAt)
  if (content === null) return null
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
    ...content,
    clock: entriesAt === ENTRIES_AT ? null : calldata.slice(ENTRIES_AT, entriesAt),
  }
}

function decodeContent(
  bytes: Uint8Array,
  from: number,
): Pick<DecodedUpdate, 'entries' | 'pages'> | null {
  const entries: UpdateEntry[] = []
  const pages: UpdatePage[] = []
  let at = from
  for (let follows = true; follows; ) {
    const index = Number(bigintFrom(bytes.subarray(at, at + INDEX_BYTES)))
    const place = index - PAGE_INDEX
    const count = (place % PAGE_WORDS) + 1
    const size = place < 0 ? ENTRY_BYTES : INDEX_BYTES + LANE_WORD_BYTES * count + PAGE_CHOSEN_BYTES
    const program = programAt(bytes, at + size)
    if (program === null) return null
    const body = bytes.subarray(at + INDEX_BYTES, at + size)
    at += size + (program === 0 ? 0 : PROGRAM_BYTES)
    const siblings = siblingsAt(bytes, at, program)
    at += SIBLING_BYTES * siblings.length
    if (at > bytes.length) return null
    if (place < 0) entries.push({ feed: index, word: wordFrom(body), siblings })
    else pages.push({ page: (place - count + 1) / PAGE_WORDS, ...pageFrom(body), siblings })
    follows = (program & 1) === 1
  }
  return at === bytes.length ? { entries, pages } : null
}

function wordFrom(head: Uint8Array): Uint8Array {
  const word = new Uint8Array(32)
  word.set(head.subarray(0, WORD_HEAD_BYTES))
  return word
}

function pageFrom(body: Uint8Array): Pick<UpdatePage, 'words' | 'chosen'> {
  const chosenAt = body.length - PAGE_CHOSEN_BYTES
  const words = Array.from({ length: chosenAt / LANE_WORD_BYTES }, (_, word) =>
    body.slice(LANE_WORD_BYTES * word, LANE_WORD_BYTES * (word + 1)),
  )
  return { words, chosen: Number(bigintFrom(body.subarray(chosenAt))) }
}

function siblingsAt(bytes: Uint8Array, from: number, program: number): readonly Uint8Array[] {
  const siblings: Uint8Array[] = []
  let merges = program >> 12
  for (let path = ((program >> 1) & 0x7ff) ^ 1; path > 1; path >>= 1) {
    const at = from + SIBLING_BYTES * siblings.length
    if ((merges & 1) === 0) siblings.push(bytes.slice(at, at + SIBLING_BYTES))
    merges >>= 1
  }
  return siblings
}

/** The program of an entry: left out at the end when it is zero, and then not written as zero. */
function programAt(bytes: Uint8Array, at: number): number | null {
  if (at >= bytes.length) return 0
  const program = Number(bigintFrom(bytes.subarray(at, at + PROGRAM_BYTES)))
  return program === 0 ? null : program
}
