import { bytesToHex } from 'viem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { roundedToLane } from '../../aggregator/report/lanes.ts'
import { bigintBytes, concat } from '../../aggregator/values/bytes.ts'
import { ok } from '../../contracts/testing/committee-box.ts'
import { CURVE_ORDER, FIELD_PRIME } from '../support/contracts/curve.ts'
import { latestOf, outcomeOf, startHub, type TestHub } from '../support/contracts/hub.ts'

const AT = { round: 4, rx: 24, ry: 56, z: 88, entries: 120 } as const

let hub: TestHub
let calldata: Uint8Array
let single: Uint8Array

beforeAll(async () => {
  hub = await startHub({ feedCount: 8 })
  const feeds = Array.from({ length: 8 }, (_, index) => ok(1_000n + BigInt(index), 5n))
  const round = hub.roundAt(60_000)
  await hub.report(round, feeds)
  // A tree with a promoted node, a proof with siblings on both sides and with waiting nodes.
  const next = hub.certify(round + 20, feeds.slice(0, 7), [0, 3, 4, 6])
  calldata = next.calldata
  single = hub.certify(round + 20, [ok(9n)]).calldata
  await hub.chain.at(next.certificate.timestampMs + 1_000)
  await hub.chain.mine()
})
afterAll(() => hub.chain.close())

const outcome = async (bytes: Uint8Array) => (await outcomeOf(hub, bytesToHex(bytes)))?.name ?? 'ok'

function withBytes(bytes: Uint8Array, at: number, value: Uint8Array): Uint8Array {
  return concat(bytes.subarray(0, at), value, bytes.subarray(at + value.length))
}

test('the certificates themselves are accepted', async () => {
  expect([await outcome(calldata), await outcome(single)]).toEqual(['ok', 'ok'])
})

test('a flipped bit in a transaction leaves the stored words as they were', async () => {
  const before = await Promise.all([0, 3, 4, 6].map((feed) => latestOf(hub, feed)))
  const flipped = calldata.slice()
  flipped[AT.z + 31] = (flipped[AT.z + 31] as number) ^ 1
  const block = await hub.chain.reader.getBlock()
  await expect(hub.deliver(flipped, Number(block.timestamp) * 1000 + 1_000)).rejects.toThrow()
  const after = await Promise.all([0, 3, 4, 6].map((feed) => latestOf(hub, feed)))
  expect(after).toEqual(before)
})

describe('named errors', () => {
  const number = (value: bigint) => bigintBytes(value, 32)

  test.each([
    ['z of 0', AT.z, 0n, 'ScalarOutOfRange'],
    ['z of N', AT.z, CURVE_ORDER, 'ScalarOutOfRange'],
    ['z of all ones', AT.z, 2n ** 256n - 1n, 'ScalarOutOfRange'],
    ['R.x of p', AT.rx, FIELD_PRIME, 'PointOutOfRange'],
    ['R.y of p', AT.ry, FIELD_PRIME, 'PointOutOfRange'],
    ['R.x of 0', AT.rx, 0n, 'SignatureInvalid'],
  ])('%s', async (_, at, value, error) => {
    expect(await outcome(withBytes(calldata, at, number(value)))).toBe(error)
  })

  test('R of zero', async () => {
    expect(await outcome(withBytes(calldata, AT.rx, new Uint8Array(64)))).toBe('PointOutOfRange')
  })

  test('z moved by N is no second form of the signature', async () => {
    // z + N fits 32 bytes only for z below 2^256 − N, which no honest z is; so the range decides.
    const z = BigInt(bytesToHex(calldata.slice(AT.z, AT.z + 32)))
    const moved = (z + CURVE_ORDER) % 2n ** 256n
    expect(await outcome(withBytes(calldata, AT.z, number(moved)))).not.toBe('ok')
  })

  test('the other root for R.y', async () => {
    const y = BigInt(bytesToHex(calldata.slice(AT.ry, AT.ry + 32)))
    expect(await outcome(withBytes(calldata, AT.ry, number(FIELD_PRIME - y)))).toBe(
      'SignatureInvalid',
    )
  })

  test('one byte less, one byte more', async () => {
    // What lies behind calldata reads as zeros, and no word ends in any.
    expect(await outcome(single.slice(0, -1))).toBe('StatusUnknown')
    expect(await outcome(concat(single, new Uint8Array(1)))).toBe('LengthMismatch')
    expect(await outcome(concat(single, new Uint8Array(3)))).toBe('LengthMismatch')
    expect(await outcome(calldata.slice(0, -1))).toBe('ProofMalformed')
    expect(await outcome(concat(calldata, Uint8Array.of(0)))).toBe('LengthMismatch')
    expect(await outcome(single.slice(0, 4))).not.toBe('ok')
  })

  test('the same feed twice', async () => {
    const entry = single.slice(AT.entries)
    const first = concat(entry, Uint8Array.of(0, 0, 1))
    const twice = concat(single.subarray(0, AT.entries), first, entry)
    expect(await outcome(twice)).toBe('FeedsNotAscending')
  })

  test('a feed beyond the last', async () => {
    expect(await outcome(withBytes(single, AT.entries, Uint8Array.of(5, 0)))).toBe('FeedOutOfRange')
  })

  test('a status without meaning', async () => {
    for (const status of [0, 3, 4, 5, 6, 7]) {
      const last = AT.entries + 13
      const strange = withBytes(single, last, Uint8Array.of((4 << 3) | status))
      expect(await outcome(strange)).toBe('StatusUnknown')
    }
  })

  test('a step that nothing waits for', async () => {
    // One step, with the node that waits: path 0b10 inverted in bit 1, merge in bit 12.
    const program = Uint8Array.of(0x00, 0x10, 0x06)
    expect(await outcome(withBytes(single, AT.entries + 14, program))).toBe('ProofMalformed')
  })

  test('a page whose node nothing takes, before one that is proven', async () => {
    const alone = await startHub({ historyFeeds: 0, flagshipFeeds: 0, feedCount: 1 })
    const feeds = Array.from({ length: 80 }, (_, feed) => roundedToLane(ok(BigInt(feed + 1))))
    const { calldata: honest, certificate } = alone.certify(alone.roundAt(60_000), feeds, [70])
    await alone.chain.at(certificate.timestampMs + 1_000)
    await alone.chain.mine()
    const outcomeAlone = async (bytes: Uint8Array) =>
      (await outcomeOf(alone, bytesToHex(bytes)))?.name ?? 'ok'
    expect(await outcomeAlone(honest)).toBe('ok')
    // One word, which is to be stored; one step with a node that waits, though none does.
    const words = concat(Uint8Array.of(4, 0), new Uint8Array(25), Uint8Array.of(0, 1))
    const forged = concat(words, Uint8Array.of(0x00, 0x10, 0x05))
    const [before, after] = [honest.subarray(0, AT.entries), honest.subarray(AT.entries)]
    expect(await outcomeAlone(concat(before, forged, after))).toBe('ProofMalformed')
    await alone.chain.close()
  })

  test('a key of another epoch or another parity', async () => {
    for (const bits of [1, 2, 3]) {
      const other = single.slice()
      other[10] = (other[10] as number) ^ bits
      expect(await outcome(other)).toBe('KeyUnknown')
    }
  })

  test('a function that is none', async () => {
    expect(await outcome(Uint8Array.of(0xde, 0xad, 0xbe, 0xef))).toBe('FunctionUnknown')
  })
})
