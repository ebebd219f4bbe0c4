import { secp256k1 } from '@noble/curves/secp256k1.js'
import { keccak_256 } from '@noble/hashes/sha3.js'
import { encodeFunctionData, hexToBytes } from 'viem'
import { certificateMessage } from '../../aggregator/messages/certificate.ts'
import type { Certificate } from '../../aggregator/messages/messages.ts'
import { encodeReport } from '../../aggregator/report/calldata.ts'
import { FEED_STATUS, type FeedReport } from '../../aggregator/report/feed-report.ts'
import { encodeSpread } from '../../aggregator/report/words.ts'
import { bigintBytes, bigintFrom, concat } from '../../aggregator/values/bytes.ts'
import { priceFeedsAbi } from '../../contracts/abi/price-feeds.ts'
import type { CommitteeBox } from '../../contracts/testing/committee-box.ts'
import { firstCommittee } from '../../contracts/testing/hub-parameters.ts'
import { loadEcdsa, thresholdOf } from '../../node/keys/native.ts'
import { CHAIN_START_MS } from '../support/contracts/chain.ts'
import { CURVE_ORDER, FIELD_PRIME } from '../support/contracts/curve.ts'
import { type Draw, drawOf, wide } from './draw.ts'

const PULL = hexToBytes(encodeFunctionData({ abi: priceFeedsAbi, functionName: 'pull_mfwu' }))
/** As nodes check signatures; test/property/native-frost.test.ts holds it to the reference. */
const SCHEME = thresholdOf(loadEcdsa({ fallback: 'refuse' }).implementation)
const SIGNATURE = { at: 20, length: 96 } as const

/** Feeds in one certificate. */
export const FEEDS_MAX = 8

/** One certificate with a mutant of its signature, and the core's verdicts. */
export interface Case {
  readonly number: number
  readonly certificate: Certificate
  readonly feeds: readonly FeedReport[]
  readonly chosen: readonly number[]
  readonly calldata: Uint8Array
  readonly isValid: boolean
  readonly mutant: Uint8Array
  readonly isMutantValid: boolean
}

/** Makes a case; the same seed and number make the same one. */
export function caseOf(box: CommitteeBox, seed: number, number: number): Case {
  const draw = drawOf(`${seed}:${number}`)
  const { clock } = box
  const feeds = Array.from({ length: 1 + draw(FEEDS_MAX) }, () => feedOf(draw))
  const chosen = feeds.flatMap((_, feed) => (draw(2) === 0 ? [feed] : []))
  if (chosen.length === 0) chosen.push(draw(feeds.length))
  const rounds = Math.floor((CHAIN_START_MS - clock.genesisMs) / clock.roundMs)
  const offsetMs = draw(clock.includeMs + 2 * clock.clockSkewMsMax + 1) - clock.clockSkewMsMax
  // Not round 0: what was observed before the first round began is not possible.
  const round = 1 + draw(rounds - 1)
  const certificate = box.certify({ round, offsetMs, slot: draw(256), feeds })
  const committee = firstCommittee(box)
  const calldata = concat(PULL, encodeReport(keccak_256, { certificate, feeds: chosen, committee }))
  const at = PULL.length + SIGNATURE.at
  const signature = mutated(calldata.subarray(at, at + SIGNATURE.length), draw)
  const mutant = concat(
    calldata.subarray(0, at),
    signature,
    calldata.subarray(at + SIGNATURE.length),
  )
  const message = certificateMessage(keccak_256, certificate)
  const { publicKey } = box.groupKey
  const isValid = SCHEME.verify(publicKey, message, certificate.signature)
  const isMutantValid = isSignature(publicKey, message, signature)
  return { number, certificate, feeds, chosen, calldata, isValid, mutant, isMutantValid }
}

/** A report of any content. */
export function feedOf(draw: Draw): FeedReport {
  if (draw(8) === 0) {
    return { value: 0n, spread: 0n, observers: draw(3), status: FEED_STATUS.unavailable }
  }
  const limit = 1n << BigInt(1 + draw(63))
  const sign = draw(2) === 0 ? 1n : -1n
  const value = sign * (wide(draw) % limit)
  const spread = wide(draw) >> BigInt(draw(64))
  return { value, spread, observers: draw(32), status: FEED_STATUS.ok }
}

/** The word that the hub answers: signed part, epoch 1, time, round, feed (FeedWord.sol). */
export function wordOf(
  { certificate, feeds }: Pick<Case, 'certificate' | 'feeds'>,
  feed: number,
): bigint {
  const { value, spread, observers, status } = feeds[feed] as FeedReport
  const seconds = BigInt(Math.floor(certificate.timestampMs / 1_000))
  return (
    (BigInt.asUintN(64, value) << 192n) |
    (BigInt(encodeSpread(spread)) << 168n) |
    (BigInt(observers) << 163n) |
    (1n << 162n) |
    (BigInt(status) << 160n) |
    (seconds << 128n) |
    (BigInt(certificate.round) << 98n) |
    BigInt(feed)
  )
}

/** Another form of a signature of 96 bytes: flipped, moved, negated, or beyond its range. */
function mutated(signature: Uint8Array, draw: Draw): Uint8Array {
  const parts = [0, 32, 64].map((at) => bigintFrom(signature.subarray(at, at + 32)))
  const [x, y, z] = parts as [bigint, bigint, bigint]
  const of = (...numbers: readonly bigint[]) =>
    concat(...numbers.map((part) => bigintBytes(BigInt.asUintN(256, part), 32)))
  switch (draw(9)) {
    case 0:
      return of(x, FIELD_PRIME - y, z)
    case 1:
      return of(x, y, CURVE_ORDER - z)
    case 2:
      return of(x, FIELD_PRIME - y, CURVE_ORDER - z)
    case 3:
      return of(x, y, z + CURVE_ORDER)
    case 4:
      return of(x + FIELD_PRIME, y, z)
    case 5:
      return of(x, y, z + BigInt(1 + draw(3)))
    case 6:
      return of(...parts.map((part, i) => (i === draw(3) ? 0n : part)))
    default: {
      const flipped = signature.slice()
      // A second flip of the same bit gives the signature itself back: valid for both.
      for (let flips = 1 + draw(2); flips > 0; flips--) {
        const bit = draw(8 * SIGNATURE.length)
        flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7))
      }
      return flipped
    }
  }
}

/** The core's verdict about a signature with its point in full. */
function isSignature(publicKey: Uint8Array, message: Uint8Array, bytes: Uint8Array): boolean {
  const [x, y] = [bigintFrom(bytes.subarray(0, 32)), bigintFrom(bytes.subarray(32, 64))]
  if (x >= FIELD_PRIME || y >= FIELD_PRIME) return false
  try {
    const point = secp256k1.Point.fromAffine({ x, y })
    point.assertValidity()
    return SCHEME.verify(publicKey, message, concat(point.toBytes(true), bytes.subarray(64)))
  } catch {
    return false
  }
}
