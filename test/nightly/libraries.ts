import { secp256k1 } from '@noble/curves/secp256k1.js'
import type { Hex } from 'viem'
import { bytesToHex, encodeFunctionData, encodeFunctionResult } from 'viem'
import { DERIVATION_KINDS, FEED_KINDS, type FeedParams } from '../../aggregator/committee/params.ts'
import { encodeParams } from '../../aggregator/committee/params-codec.ts'
import * as optionMath from '../../aggregator/derivatives/option-math.ts'
import { decodeLane, encodeLane, roundedToLane } from '../../aggregator/report/lanes.ts'
import { decodeSpread } from '../../aggregator/report/words.ts'
import { bigintBytes, bigintFrom } from '../../aggregator/values/bytes.ts'
import { Reader } from '../../aggregator/values/codec.ts'
import { lnRatio } from '../../aggregator/values/fixed-math.ts'
import { libraryHarnessAbi } from '../../contracts/abi/library-harness.ts'
import { HEARTBEAT_SECONDS } from '../../contracts/deploy/parameters.ts'
import { UNAVAILABLE } from '../../contracts/testing/committee-box.ts'
import { addressOfKey } from '../../node/evidence/calldata.ts'
import { BTC, referenceCrypto, testCommittee } from '../support/committee.ts'
import { CURVE_ORDER, FIELD_PRIME } from '../support/contracts/curve.ts'
import { feedOf } from './cases.ts'
import { anyOf, between, type Draw } from './draw.ts'

/** One call and what TypeScript says that it answers; null when it must be refused. */
export interface Check {
  readonly library: string
  readonly call: Hex
  readonly answer: Hex | null
}

const abi = libraryHarnessAbi
const Q96 = 1n << 96n
const ZERO_ADDRESS: Hex = `0x${'00'.repeat(20)}`
const HIGH_S = CURVE_ORDER >> 1n
/** Key of a fixed member whose signatures are judged, and the half of them that are spoiled. */
const SIGNER = bigintBytes(0x5061726c6c61785n, 32)

type Name = Extract<(typeof abi)[number], { type: 'function' }>['name']

function check(
  library: string,
  functionName: Name,
  args: readonly unknown[],
  result: readonly unknown[] | null,
): Check {
  // What the ABI says of each is checked by viem as it encodes.
  const call = encodeFunctionData({ abi, functionName, args } as never)
  const answer =
    result === null ? null : encodeFunctionResult({ abi, functionName, result } as never)
  return { library, call, answer }
}

/** What one case asks of every library that computes by itself. */
export function checksOf(draw: Draw): readonly Check[] {
  return [
    feedWord(draw),
    feedWordWith(draw),
    longTailWord(draw),
    longTailWordWith(draw),
    math(draw),
    optionSeries(draw),
    fields(draw),
    identity(draw),
    committee(draw),
  ]
}

const bitsOf = (word: bigint, low: number, count: number) =>
  BigInt.asUintN(count, word >> BigInt(low))

/** The heartbeat that a code stands for; no code stands for 15. */
const heartbeatOf = (code: number) => [0, ...HEARTBEAT_SECONDS, 0][code] ?? 0

function feedWord(draw: Draw): Check {
  const word = anyOf(draw, 256)
  return check(
    'FeedWord',
    'feedWord',
    [word],
    [
      BigInt.asIntN(64, word >> 192n),
      decodeSpread(Number(bitsOf(word, 168, 24))),
      Number(bitsOf(word, 163, 5)),
      bitsOf(word, 162, 1),
      Number(bitsOf(word, 160, 2)),
      Number(bitsOf(word, 128, 32)),
      Number(bitsOf(word, 98, 30)),
      Number(bitsOf(word, 68, 30)),
      bitsOf(word, 0, 64),
      heartbeatOf(Number(bitsOf(word, 64, 4))),
    ],
  )
}

function feedWordWith(draw: Draw): Check {
  const word = anyOf(draw, 256)
  const known = HEARTBEAT_SECONDS[draw(HEARTBEAT_SECONDS.length)] as number
  const seconds = draw(4) === 0 ? draw(100_000) : known
  const code = (HEARTBEAT_SECONDS as readonly number[]).indexOf(seconds) + 1
  const since = bitsOf(word, 128, 32)
  const time = between(draw, 0n, 2n ** 32n - 1n)
  const value = BigInt.asIntN(64, word >> 192n)
  return check(
    'FeedWord',
    'feedWordWith',
    [word, BigInt(seconds), time],
    [
      BigInt(code),
      word - (bitsOf(word, 64, 4) << 64n) + (BigInt(code) << 64n),
      BigInt.asUintN(64, word + value * (time - since)),
    ],
  )
}

/** Four lanes as the core makes them, some of them of no feed. */
function longTailWord(draw: Draw): Check {
  const lanes = Array.from({ length: 4 }, () =>
    draw(8) === 0 ? 0n : encodeLane(roundedToLane(feedOf(draw))),
  )
  const [timeMs, parity, code] = [anyOf(draw, 42), BigInt(draw(2)), BigInt(draw(16))]
  const signed = lanes.reduce((word, lane) => (word << 50n) | lane, 0n)
  const word = (signed << 56n) | (timeMs << 14n) | (parity << 13n) | (code << 9n)
  const common = (parity << 162n) | (BigInt.asUintN(32, timeMs / 1_000n) << 128n) | (code << 64n)
  // A lane of no feed says nothing; one spread has many codes in the form of a feed's own word.
  const said = lanes.map((lane) => decodeLane(lane) ?? { ...UNAVAILABLE, observers: 0, status: 0 })
  return check(
    'LongTailWord',
    'longTailWord',
    [word],
    [
      timeMs,
      parity,
      code,
      said.map(({ value }) => value),
      said.map(({ spread }) => spread),
      said.map(({ observers, status }) => {
        return common | (BigInt(observers) << 163n) | (BigInt(status) << 160n)
      }),
    ],
  )
}

function longTailWordWith(draw: Draw): Check {
  const word = anyOf(draw, 256)
  const [timeMs, parity, code] = [anyOf(draw, 42), BigInt(draw(2)), BigInt(draw(16))]
  return check(
    'LongTailWord',
    'longTailWordWith',
    [word, timeMs, parity, code],
    [(timeMs << 14n) + (parity << 13n), word - (bitsOf(word, 9, 4) << 9n) + (code << 9n)],
  )
}

function math(draw: Draw): Check {
  const ratio = [between(draw, 1n, 2n ** 128n - 1n), between(draw, 1n, 2n ** 128n - 1n)] as const
  const terms = [between(draw, 10n ** 16n, 10n ** 20n), between(draw, 1n, 2n ** 28n)] as const
  const n = draw(16) === 0 ? 0n : anyOf(draw, 256)
  const x = between(draw, -Q96, Q96)
  const d = between(draw, -(2n ** 104n) + 1n, 2n ** 104n - 1n)
  const tail = between(draw, 0n, 32n * Q96)
  return check(
    'OptionMath',
    'optionMath',
    [ratio, terms, n, x, d, tail],
    [
      lnRatio(...ratio),
      optionMath.deviation(...terms),
      optionMath.squareRoot(n),
      optionMath.expSmall(x),
      optionMath.gaussian(d),
      optionMath.scaledTail(tail),
    ],
  )
}

/** What a series owes, from what a call and a put are. */
function optionSeries(draw: Draw): Check {
  const isCall = draw(2) === 0
  const strike = between(draw, 1n, 2n ** 64n - 1n)
  const price = draw(4) === 0 ? strike : between(draw, 1n, 2n ** 96n)
  const [amount, scale] = [anyOf(draw, 128), 10n ** BigInt(draw(37))]
  const expiry = draw(2 ** 32)
  const most = isCall ? amount : amount * strike
  const isPaid = isCall ? price > strike : price < strike
  const owed = isCall ? amount * (price - strike) : amount * (strike - price)
  const denominator = isCall ? price * scale : scale
  const args = [isCall ? 0 : 1, strike, expiry, amount, price, scale]
  return check('OptionSeries', 'optionSeries', args, [
    (BigInt(expiry) << 72n) + (strike << 8n) + (isCall ? 0n : 1n),
    most / scale + (most % scale === 0n ? 0n : 1n),
    isPaid ? owed : 0n,
    isPaid ? denominator : 1n,
  ])
}

/** Every field from one place on; beyond the end of the bytes nothing is read. */
function fields(draw: Draw): Check {
  const bytes = Uint8Array.from({ length: draw(80) }, () => draw(256))
  const offset = draw(60)
  const args = [bytesToHex(bytes), BigInt(offset)]
  if (offset + 32 > bytes.length) return check('Fields', 'fields', args, null)
  const at = () => new Reader(bytes.subarray(offset))
  return check('Fields', 'fields', args, [
    BigInt(at().u8()),
    BigInt(at().u16()),
    BigInt(at().u32()),
    // The core refuses integers above 2^53 as it reads them; on chain the caller does.
    bigintFrom(bytes.subarray(offset, offset + 8)),
    at().i128(),
    bytesToHex(bytes.subarray(offset, offset + 32)),
  ])
}

/** The address of a key, and whether it signed: of a sound signature, and of what is none. */
function identity(draw: Draw): Check {
  const publicKey = secp256k1.getPublicKey(SIGNER, true)
  const point = secp256k1.Point.fromBytes(publicKey).toAffine()
  const digest = bigintBytes(anyOf(draw, 256), 32)
  const signature = secp256k1.sign(digest, SIGNER, { prehash: false, lowS: true })
  const [r, s] = [bigintFrom(signature.subarray(0, 32)), bigintFrom(signature.subarray(32))]
  const spoiled = draw(8)
  const y = spoiled === 1 ? FIELD_PRIME - point.y : point.y
  const x = spoiled === 2 ? point.x + 1n : point.x
  const given = { r: spoiled === 3 ? r ^ (1n << BigInt(draw(256))) : r, s }
  if (spoiled === 4) given.s = CURVE_ORDER - s
  if (spoiled === 5) given.s = s ^ (1n << BigInt(draw(250)))
  const bytes = [given.r, given.s].map((part) => bigintBytes(part, 32)) as [Uint8Array, Uint8Array]
  const isKey = spoiled !== 1 && spoiled !== 2
  const isSigned =
    isKey &&
    given.s <= HIGH_S &&
    referenceCrypto.verifyMessage(Buffer.concat(bytes), digest, publicKey)
  const args = [
    BigInt(publicKey[0] as number),
    x,
    y,
    ...[digest, ...bytes].map((b) => bytesToHex(b)),
  ]
  const found = isKey ? addressOfKey(publicKey) : ZERO_ADDRESS
  return check('IdentityKey', 'identity', args, [found, isSigned])
}

/** Parameters of any committee in their canonical bytes, some with a byte too many or too few. */
function committee(draw: Draw): Check {
  const { params: base } = BASE.committee
  const feeds = Array.from({ length: 1 + draw(12) }, (_, index) => anyFeed(draw, index))
  const members = base.members.slice(0, 2 + draw(base.members.length - 1))
  const params = {
    ...base,
    network: 'n'.repeat(1 + draw(31)),
    members,
    feeds,
    genesisMs: draw(2 ** 32) * 1_000,
    timing: { ...base.timing, roundMs: 1 + draw(60_000) },
  }
  const sound = encodeParams(params)
  const [member, feed] = [draw(members.length), draw(feeds.length)]
  const change = draw(8)
  const bytes =
    change === 0 ? sound.subarray(1) : change === 1 ? Buffer.concat([sound, Buffer.of(0)]) : sound
  const args = [bytesToHex(bytes), BigInt(member), BigInt(feed)]
  if (change < 2) return check('CommitteeBytes', 'committee', args, null)
  const key = members[member]?.identityKey as Uint8Array
  const { valueMin, valueMax } = feeds[feed] as FeedParams
  const keysAt = 20 + 1 + 1 + params.network.length + 1
  const feedsAt = keysAt + 33 * members.length + 1 + 4 + 2
  const facts = {
    digest: bytesToHex(referenceCrypto.keccak256(sound)),
    members: BigInt(members.length),
    keysAt: BigInt(keysAt),
    feeds: BigInt(feeds.length),
    feedsAt: BigInt(feedsAt),
    genesisMs: BigInt(params.genesisMs),
    roundMs: BigInt(params.timing.roundMs),
    probeEvery: BigInt(params.probeEvery),
  }
  const x = bigintFrom(key.subarray(1))
  const read = [facts, BigInt(key[0] as number), x, valueMin, valueMax]
  return check('CommitteeBytes', 'committee', args, read)
}

const BASE = testCommittee({ size: 31 })

/** Of any kind and tier: what is computed from another feed has bytes more. */
function anyFeed(draw: Draw, index: number): FeedParams {
  const kind = FEED_KINDS[draw(FEED_KINDS.length)] as FeedParams['kind']
  const derivation = { of: 'F0/USD', windowMs: draw(2 ** 32), stepMs: draw(2 ** 32) }
  const limit = anyOf(draw, 63)
  return {
    ...BTC,
    name: `F${index}`.padEnd(1 + draw(31), '.').slice(0, 31),
    kind,
    ...(draw(2) === 0 ? { tier: 'long-tail' } : {}),
    valueMin: draw(2) === 0 ? -limit : limit,
    valueMax: limit + anyOf(draw, 32),
    ...(DERIVATION_KINDS.includes(kind) ? { derivation } : {}),
  }
}
