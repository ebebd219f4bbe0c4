import { keccak_256 } from '@noble/hashes/sha3.js'
import { describe, expect, test } from 'vitest'
import { decodeUpdate } from '../../aggregator/report/calldata-reader.ts'
import { reportDigestOf, signedMessageOf } from '../../aggregator/report/digests.ts'
import { FEED_STATUS, type FeedReport } from '../../aggregator/report/feed-report.ts'
import { feedsTreeOf } from '../../aggregator/report/feeds-tree.ts'
import { decodeLane, encodeLane, LANES, roundedToLane } from '../../aggregator/report/lanes.ts'
import { leafOf, merkleProof, merkleRoot } from '../../aggregator/report/merkle.ts'
import { decodeWord, encodeWord } from '../../aggregator/report/words.ts'
import { frostScheme } from '../../aggregator/signing/frost.ts'
import { fromHex, toHex } from '../../aggregator/values/bytes.ts'
import { ok } from '../../contracts/testing/committee-box.ts'
import { readLongTailVectors } from '../vectors/long-tail-vectors.ts'
import { readReportVectors } from '../vectors/report-vectors.ts'

const vectors = readReportVectors()

describe('words', () => {
  test.each(vectors.words)('$value ± $spread', ({ value, spread, observers, status, word }) => {
    const feed = {
      value: BigInt(value),
      spread: BigInt(spread),
      observers,
      status: status === FEED_STATUS.ok ? FEED_STATUS.ok : FEED_STATUS.unavailable,
    }
    expect(toHex(encodeWord(feed))).toBe(word)
    const decoded = decodeWord(fromHex(word))
    expect(decoded).toMatchObject({ value: feed.value, observers, status })
    expect(decoded?.spread).not.toBeUndefined()
  })
})

describe('certificates', () => {
  test.each(vectors.certificates)('of $members members', (vector) => {
    const words = vector.words.map(fromHex)
    expect(words.map((word, index) => toHex(leafOf(keccak_256, index, word)))).toEqual(
      vector.leaves,
    )
    expect(words.map((_, index) => merkleProof(keccak_256, words, index).map(toHex))).toEqual(
      vector.proofs,
    )
    const feedsRoot = merkleRoot(keccak_256, words)
    expect(toHex(feedsRoot)).toBe(vector.feedsRoot)
    const reportDigest = reportDigestOf(keccak_256, { ...vector, feedsRoot })
    expect(toHex(reportDigest)).toBe(vector.reportDigest)
    const message = signedMessageOf(keccak_256, { ...vector, reportDigest })
    expect(toHex(message)).toBe(vector.message)
    const signature = fromHex(vector.signature)
    expect(frostScheme.verify(fromHex(vector.groupKey), message, signature)).toBe(true)
    expect(frostScheme.verify(fromHex(vector.groupKey), reportDigest, signature)).toBe(false)
  })

  test.each(vectors.certificates)('and their updates, of $members members', (vector) => {
    for (const { feeds, calldata } of vector.updates) {
      const decoded = decodeUpdate(fromHex(calldata))
      expect(decoded).toMatchObject({
        round: vector.round,
        observers: vector.observers,
        slot: vector.slot,
        signingSet: vector.signingSet,
        expectedNext: vector.expectedNext,
      })
      expect(decoded?.entries.map(({ feed, word }) => [feed, toHex(word)])).toEqual(
        feeds.map((feed) => [feed, vector.words[feed]]),
      )
    }
  })

  test('an update that is cut short or too long is none', () => {
    const [calldata = ''] = vectors.certificates.map(({ updates }) => updates[0]?.calldata)
    const bytes = fromHex(calldata)
    expect(decodeUpdate(bytes)).not.toBeNull()
    for (let length = 0; length < bytes.length; length++) {
      expect(decodeUpdate(bytes.subarray(0, length))).toBeNull()
    }
    expect(decodeUpdate(fromHex(`${calldata}00`))).toBeNull()
  })
})

describe('long-tail feeds', () => {
  const tail = readLongTailVectors()

  test.each(tail.lanes)('$value ± $spread', (vector) => {
    const status = vector.status === FEED_STATUS.ok ? FEED_STATUS.ok : FEED_STATUS.unavailable
    const [value, spread] = [BigInt(vector.value), BigInt(vector.spread)]
    const lane = encodeLane({ value, spread, observers: vector.observers, status })
    expect(lane).toBe(BigInt(`0x${vector.lane}`))
    expect(decodeLane(lane)).toEqual({
      value: BigInt(vector.valueRead),
      spread: BigInt(vector.spreadRead),
      observers: vector.observers,
      status,
    })
  })

  test('four lanes make a word, the first in its highest bits', () => {
    const lanes = tail.lanes.map(({ lane }) => BigInt(`0x${lane}`))
    const words = tail.laneWords.map((_, word) =>
      [0, 1, 2, 3].reduce((bits, place) => (bits << 50n) | (lanes[4 * word + place] ?? 0n), 0n),
    )
    expect(words.map((word) => word.toString(16).padStart(50, '0'))).toEqual(tail.laneWords)
  })

  test('updates name the pages of their feeds, with all words of each', () => {
    for (const { feeds, calldata } of tail.updates) {
      const decoded = decodeUpdate(fromHex(calldata))
      const chosen = feeds
        .filter((feed) => feed >= tail.flagships)
        .reduce((bits, feed) => bits | (1 << Math.floor((feed - tail.flagships) / LANES)), 0)
      const pages = decoded?.pages.map((page) => ({ ...page, words: page.words.map(toHex) }))
      const page = { page: 0, words: tail.laneWords, chosen, siblings: expect.anything() }
      expect(pages).toEqual(chosen === 0 ? [] : [page])
      expect(decoded?.entries.map(({ feed }) => feed)).toEqual(
        feeds.filter((feed) => feed < tail.flagships),
      )
      expect(decodeUpdate(fromHex(`${calldata}00`))).toBeNull()
      expect(decodeUpdate(fromHex(calldata.slice(0, -2)))).toBeNull()
    }
  })

  test('the tree of both kinds has the root that is signed', () => {
    const flagships = Array.from({ length: tail.flagships }, (_, index) => ok(BigInt(index + 1)))
    const feeds = tail.lanes.map((vector) => decodeLane(BigInt(`0x${vector.lane}`)))
    const words = [...flagships, ...feeds.map((feed) => roundedToLane(feed as FeedReport))].map(
      encodeWord,
    )
    const feedsRoot = feedsTreeOf(keccak_256, words).levels.at(-1)?.[0] as Uint8Array
    expect(toHex(feedsRoot)).toBe(tail.feedsRoot)
    const members = { observers: 15, slot: 0, signingSet: 7, expectedNext: 15 }
    const reportDigest = reportDigestOf(keccak_256, { ...tail, ...members, feedsRoot })
    const message = signedMessageOf(keccak_256, { ...members, reportDigest })
    const isValid = frostScheme.verify(fromHex(tail.groupKey), message, fromHex(tail.signature))
    expect(isValid).toBe(true)
  })
})
