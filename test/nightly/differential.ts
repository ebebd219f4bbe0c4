import { secp256k1 } from '@noble/curves/secp256k1.js'
import { keccak_256 } from '@noble/hashes/sha3.js'
import { bytesToHex, encodeFunctionData, hexToBytes } from 'viem'
import { certificateMessage } from '../../aggregator/messages/certificate.ts'
import type { Certificate } from '../../aggregator/messages/messages.ts'
import { encodeReport } from '../../aggregator/report/calldata.ts'
import { FEED_STATUS, type FeedReport } from '../../aggregator/report/feed-report.ts'
import { decodeSpread, decodeWord, encodeSpread } from '../../aggregator/report/words.ts'
import { frostScheme } from '../../aggregator/signing/frost.ts'
import { bigintBytes, bigintFrom, concat } from '../../aggregator/values/bytes.ts'
import { priceFeedsAbi } from '../../contracts/abi/price-feeds.ts'
import { seededBytes } from '../../contracts/testing/committee-box.ts'
import { firstCommittee } from '../../contracts/testing/hub-parameters.ts'
import { batchOn, type Outcome } from '../support/contracts/batch.ts'
import { CHAIN_START_MS } from '../support/contracts/chain.ts'
import { CURVE_ORDER, FIELD_PRIME } from '../support/contracts/curve.ts'
import { startHub, type TestHub } from '../support/contracts/hub.ts'

const PULL = hexToBytes(encodeFunctionData({ abi: priceFeedsAbi, functionName: 'pull_mfwu' }))
const SIGNATURE = { at: 20, length: 96 } as const
const FEEDS_MAX = 8
const BATCH = 50
const SAID_EVERY_MS = 10_000

/** Draws from agreed bytes, so that a case can be made again from its seed and number. */
type Draw = (below: number) => number

/** One certificate with a mutant of its signature. */
interface Case {
  readonly number: number
  readonly certificate: Certificate
  readonly feeds: readonly FeedReport[]
  readonly chosen: readonly number[]
  readonly calldata: Uint8Array
  readonly mutant: Uint8Array
  readonly isMutantValid: boolean
}

export interface DifferentialResult {
  readonly seed: number
  readonly certificates: number
  readonly mutants: number
  /** Mutants that both take: another form of the same signature. */
  readonly mutantsValid: number
  readonly disagreements: readonly string[]
  readonly seconds: number
}

/** @returns 0 when both agree on everything, 1 when they do not, 130 when stopped */
export async function differential(options: {
  readonly count: number
  readonly from: number
  readonly seed: number
  readonly isJson: boolean
  readonly signal: AbortSignal
}): Promise<number> {
  const { isJson, signal } = options
  process.stderr.write(`seed ${options.seed}\n`)
  const result = await compare(options)
  const { certificates, mutants, mutantsValid, disagreements, seconds } = result
  const text =
    `${certificates} certificates, ${mutants} mutants (${mutantsValid} valid), ` +
    `${disagreements.length} disagreements, ${seconds} s, seed ${options.seed}\n`
  process.stdout.write(isJson ? `${JSON.stringify(result)}\n` : text)
  for (const each of disagreements) process.stderr.write(`${each}\n`)
  if (disagreements.length > 0) return 1
  return signal.aborted ? 130 : 0
}

/** Makes the cases and lets a hub and the core judge each. Stops at the first disagreements. */
export async function compare(options: {
  readonly count: number
  readonly from: number
  readonly seed: number
  readonly signal: AbortSignal
}): Promise<DifferentialResult> {
  const { count, from, seed, signal } = options
  const started = performance.now()
  const hub = await startHub({ feedCount: FEEDS_MAX })
  const disagreements: string[] = []
  let [done, mutantsValid, saidAt] = [0, 0, started]
  try {
    const batch = await batchOn(hub.chain)
    while (done < count && disagreements.length === 0 && !signal.aborted) {
      const size = Math.min(BATCH, count - done)
      const cases = Array.from({ length: size }, (_, i) => caseOf(hub, seed, from + done + i))
      const calls = cases.flatMap(({ calldata, mutant }) => [calldata, mutant])
      const outcomes = await batch(
        hub.address,
        calls.map((call) => bytesToHex(call)),
      )
      cases.forEach((each, position) => {
        const [plain, mutated] = outcomes.slice(2 * position) as [Outcome, Outcome]
        disagreements.push(...disagreementsOf(each, plain, mutated))
        if (each.isMutantValid) mutantsValid += 1
      })
      done += size
      if (performance.now() - saidAt < SAID_EVERY_MS) continue
      saidAt = performance.now()
      process.stderr.write(`${done} of ${count}; go on with --seed ${seed} --from ${from + done}\n`)
    }
  } finally {
    await hub.chain.close()
  }
  const seconds = Math.round((performance.now() - started) / 1_000)
  return { seed, certificates: done, mutants: done, mutantsValid, disagreements, seconds }
}

function disagreementsOf(each: Case, plain: Outcome, mutated: Outcome): readonly string[] {
  const { number, chosen, certificate } = each
  const expected = chosen.map((feed) => wordOf(each, feed))
  const found = plain.isDone ? wordsIn(plain.result) : []
  const isEqual = found.length === expected.length && found.every((it, i) => it === expected[i])
  const said: string[] = []
  if (!isEqual) said.push(`case ${number}: the words of round ${certificate.round} differ`)
  if (chosen.some((feed, i) => !isDecoded(each.feeds[feed], found[i] ?? 0n))) {
    said.push(`case ${number}: a word is read otherwise`)
  }
  if (mutated.isDone !== each.isMutantValid) {
    said.push(`case ${number}: the mutant is ${each.isMutantValid ? 'valid' : 'invalid'} here`)
  }
  return said
}

/** The word that the hub answers: signed part, epoch 1, time, round, feed (FeedWord.sol). */
function wordOf({ certificate, feeds }: Case, feed: number): bigint {
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

function wordsIn(result: string): readonly bigint[] {
  const words = result.slice(2).match(/.{64}/g) ?? []
  return words.slice(2).map((word) => BigInt(`0x${word}`))
}

/** Whether the core reads the signed part of a word as what was certified. */
function isDecoded(feed: FeedReport | undefined, word: bigint): boolean {
  const signed = (word & ~(1n << 162n)) >> 160n
  const read = decodeWord(concat(bigintBytes(signed, 12), new Uint8Array(20)))
  if (read === null || feed === undefined) return false
  const isSame = read.value === feed.value && read.observers === feed.observers
  const spread = decodeSpread(encodeSpread(feed.spread))
  return isSame && read.spread === spread && read.status === feed.status
}

function caseOf(hub: TestHub, seed: number, number: number): Case {
  const draw = drawOf(`${seed}:${number}`)
  const { clock } = hub.box
  const feeds = Array.from({ length: 1 + draw(FEEDS_MAX) }, () => feedOf(draw))
  const chosen = feeds.flatMap((_, feed) => (draw(2) === 0 ? [feed] : []))
  if (chosen.length === 0) chosen.push(draw(feeds.length))
  const rounds = Math.floor((CHAIN_START_MS - clock.genesisMs) / clock.roundMs)
  const offsetMs = draw(clock.includeMs + 2 * clock.clockSkewMsMax + 1) - clock.clockSkewMsMax
  // Not round 0: what was observed before the first round began is not possible.
  const round = 1 + draw(rounds - 1)
  const certificate = hub.box.certify({ round, offsetMs, slot: draw(256), feeds })
  const committee = firstCommittee(hub.box)
  const calldata = concat(PULL, encodeReport(keccak_256, { certificate, feeds: chosen, committee }))
  const at = PULL.length + SIGNATURE.at
  const signature = mutated(calldata.subarray(at, at + SIGNATURE.length), draw)
  const mutant = concat(
    calldata.subarray(0, at),
    signature,
    calldata.subarray(at + SIGNATURE.length),
  )
  const message = certificateMessage(keccak_256, certificate)
  const isMutantValid = isSignature(hub.box.groupKey.publicKey, message, signature)
  return { number, certificate, feeds, chosen, calldata, mutant, isMutantValid }
}

function feedOf(draw: Draw): FeedReport {
  if (draw(8) === 0) {
    return { value: 0n, spread: 0n, observers: draw(3), status: FEED_STATUS.unavailable }
  }
  const limit = 1n << BigInt(1 + draw(63))
  const sign = draw(2) === 0 ? 1n : -1n
  const value = sign * (wide(draw) % limit)
  const spread = wide(draw) >> BigInt(draw(64))
  return { value, spread, observers: draw(32), status: FEED_STATUS.ok }
}

/** 64 bits. */
function wide(draw: Draw): bigint {
  return (BigInt(draw(2 ** 32)) << 32n) | BigInt(draw(2 ** 32))
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
    return frostScheme.verify(publicKey, message, concat(point.toBytes(true), bytes.subarray(64)))
  } catch {
    return false
  }
}

function drawOf(seed: string): Draw {
  const random = seededBytes(seed)
  // 53 bits: the excess of the lowest residues is below a millionth of a percent.
  return (below) => Number((bigintFrom(random(7)) >> 3n) % BigInt(below))
}
