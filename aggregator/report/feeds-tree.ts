import { concat } from '../values/bytes.ts'
import type { FeedIndex } from '../values/ids.ts'
import { encodeLaneWord, LANES } from './lanes.ts'
import { leafOf, levelsAbove } from './merkle.ts'
import { decodeWord, isLongTailWord } from './words.ts'

type Keccak256 = (bytes: Uint8Array) => Uint8Array

/** Words of one page: what is hashed together, and delivered together. */
export const PAGE_WORDS = 16
/** Where a feed's index stands, a page has this, its first word's, and how many words follow it. */
export const PAGE_INDEX = 1024

/** The levels of a report's tree: a leaf for each feed with a word of its own, then the pages. */
export interface FeedsTree {
  readonly levels: readonly (readonly Uint8Array[])[]
  /** Feeds with a word of their own; the long-tail feeds follow. */
  readonly flagships: number
  /** The words of each page, 25 bytes each. */
  readonly pages: readonly (readonly Uint8Array[])[]
}

/** The tree over all feeds of a report (protocol §7). */
export function feedsTreeOf(keccak256: Keccak256, words: readonly Uint8Array[]): FeedsTree {
  const tail: Uint8Array[] = []
  const leaves: Uint8Array[] = []
  words.forEach((word, index) => {
    if (isLongTailWord(word)) tail.push(word)
    else leaves.push(leafOf(keccak256, index, word))
  })
  const flagships = leaves.length
  const pages = tail.length === 0 ? [] : pagesOf(tail)
  pages.forEach((page, number) => {
    leaves.push(keccak256(pageBytes(number, page)))
  })
  return { levels: levelsAbove(keccak256, leaves), flagships, pages }
}

/** Root over all feeds of a report. */
export function feedsRootOf(keccak256: Keccak256, words: readonly Uint8Array[]): Uint8Array {
  return feedsTreeOf(keccak256, words).levels.at(-1)?.[0] as Uint8Array
}

/** Where the leaf that holds a feed stands, and for a long-tail feed which word of the page. */
export function placeOf(
  { flagships }: Pick<FeedsTree, 'flagships'>,
  feed: FeedIndex,
): { readonly leaf: number; readonly word: number | null } {
  if (feed < flagships) return { leaf: feed, word: null }
  const number = (feed - flagships - ((feed - flagships) % LANES)) / LANES
  const word = number % PAGE_WORDS
  return { leaf: flagships + (number - word) / PAGE_WORDS, word }
}

/** A page as it is hashed and delivered: 1024 + 16 × page + words − 1 u16 ‖ words. */
export function pageBytes(page: number, words: readonly Uint8Array[]): Uint8Array {
  const index = PAGE_INDEX + PAGE_WORDS * page + words.length - 1
  return concat(Uint8Array.of(index >> 8, index & 255), ...words)
}

/** A word that says nothing is an empty lane: what is signed over it is refused elsewhere. */
function pagesOf(tail: readonly Uint8Array[]): Uint8Array[][] {
  const pages: Uint8Array[][] = []
  for (let first = 0; first < tail.length; first += LANES) {
    const feeds = tail.slice(first, first + LANES).map((word) => decodeWord(word))
    const word = encodeLaneWord(feeds)
    const last = pages.at(-1)
    if (last === undefined || last.length === PAGE_WORDS) pages.push([word])
    else last.push(word)
  }
  return pages
}
