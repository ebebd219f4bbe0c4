import { bytesToHex } from 'viem'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { UPDATE_FEEDS_MAX } from '../../aggregator/report/calldata.ts'
import { FEED_STATUS } from '../../aggregator/report/feed-report.ts'
import { ok, UNAVAILABLE } from '../../contracts/testing/committee-box.ts'
import { errorOf, latestOf, outcomeOf, startHub, type TestHub } from '../support/contracts/hub.ts'

let hub: TestHub
beforeEach(async () => {
  hub = await startHub({ feedCount: 5, reportAgeMsMax: 30_000, futureMsMax: 2_000 })
})
afterEach(() => hub.chain.close())

const three = [ok(100n), ok(-200n, 1_000_000n), ok(300n)]

/** Calldata of a report with the block's clock set to some time after it. */
async function at(hub: TestHub, calldata: Uint8Array, timeMs: number) {
  await hub.chain.at(timeMs)
  return hub.deliver(calldata, timeMs).then(
    () => null,
    (error: unknown) => errorOf(error),
  )
}

describe('update', () => {
  test('stores exactly the feeds that are named', async () => {
    const round = hub.roundAt(60_000)
    await hub.report(round, three, [0, 1])

    expect(await latestOf(hub, 1)).toMatchObject({
      value: -200n,
      spread: (1_000_000n >> 2n) << 2n,
      observers: 4,
      status: FEED_STATUS.ok,
      round,
      sequence: 1,
      heartbeatSeconds: 60,
    })
    expect(await latestOf(hub, 2)).toMatchObject({ status: 0, round: 0, sequence: 0 })
  })

  test.each([[[0]], [[1]], [[4]], [[0, 4]], [[1, 2, 3]], [[0, 1, 2, 3, 4]], [[2, 3, 4]]])(
    'takes feeds %j of a tree of five',
    async (chosen) => {
      const feeds = [ok(1n), ok(2n), ok(3n), ok(4n), ok(5n)]
      await hub.report(hub.roundAt(60_000), feeds, chosen)
      const stored = await Promise.all(feeds.map((_, index) => latestOf(hub, index)))
      expect(stored.flatMap(({ status }, index) => (status === 1 ? [index] : []))).toEqual(chosen)
    },
  )

  test('an unavailable feed keeps value, spread and time, and shows its status', async () => {
    const round = hub.roundAt(60_000)
    await hub.report(round, [ok(100n, 7n)])
    await hub.report(round + 10, [UNAVAILABLE])

    const before = await latestOf(hub, 0)
    expect(before).toMatchObject({
      value: 100n,
      spread: 7n,
      observers: UNAVAILABLE.observers,
      status: FEED_STATUS.unavailable,
      round: round + 10,
      sequence: 1,
    })
    await hub.report(round + 20, [ok(110n)])
    expect(await latestOf(hub, 0)).toMatchObject({
      value: 110n,
      status: FEED_STATUS.ok,
      sequence: 2,
    })
  })

  test('given an unavailable report, an older usable one does not come back', async () => {
    const round = hub.roundAt(60_000)
    await hub.report(round + 10, [UNAVAILABLE])
    const { calldata } = hub.certify(round, [ok(1n)])
    expect(await outcomeOf(hub, bytesToHex(calldata))).toMatchObject({ name: 'RoundNotNewer' })
  })
})

describe('update refuses by time', () => {
  test('a round that is stored already, or an older one', async () => {
    const round = hub.roundAt(60_000)
    await hub.report(round, three)
    for (const older of [round, round - 1]) {
      const { calldata } = hub.certify(older, three)
      expect(await outcomeOf(hub, bytesToHex(calldata))).toEqual({
        name: 'RoundNotNewer',
        args: [BigInt(older), BigInt(round)],
      })
    }
  })

  test('but stores what is newer of an update that somebody delivered a part of', async () => {
    const round = hub.roundAt(60_000)
    await hub.report(round, three, [1])
    const { certificate, calldata } = hub.certify(round, three)
    await hub.deliver(calldata, certificate.timestampMs + 2_000)
    expect((await latestOf(hub, 2)).round).toBe(round)
    expect((await latestOf(hub, 1)).sequence).toBe(1)
  })

  test('a report from the future, to the second', async () => {
    const round = hub.roundAt(60_000)
    const { certificate, calldata } = hub.certify(round, three)
    const early = await at(hub, calldata, certificate.timestampMs - 3_000)
    expect(early).toMatchObject({ name: 'ReportFromFuture' })
    expect(await at(hub, calldata, certificate.timestampMs - 2_000)).toBeNull()
  })

  test('a report that is too old, to the second', async () => {
    const round = hub.roundAt(60_000)
    const { certificate, calldata } = hub.certify(round, three)
    const inTime = await at(hub, calldata, certificate.timestampMs + 30_000)
    expect(inTime).toBeNull()
    const next = hub.certify(round + 1, three)
    const late = await at(hub, next.calldata, next.certificate.timestampMs + 32_000)
    expect(late).toMatchObject({ name: 'ReportTooOld' })
  })

  test('a time that lies outside the window of its round', async () => {
    const { calldata } = hub.certify(hub.roundAt(60_000), three)
    new DataView(calldata.buffer).setUint16(8, 131)
    await hub.chain.at(hub.box.clock.genesisMs + hub.roundAt(60_000) * 500)
    const outcome = await outcomeOf(hub, bytesToHex(calldata))
    expect(outcome).toEqual({ name: 'TimeOutsideRound', args: [131n, 130n] })
  })

  test('a round beyond 30 bits', async () => {
    const { calldata } = hub.certify(hub.roundAt(60_000), three)
    new DataView(calldata.buffer).setUint32(4, 2 ** 30)
    const outcome = await outcomeOf(hub, bytesToHex(calldata))
    expect(outcome).toMatchObject({ name: 'RoundOutOfRange' })
  })
})

test('the largest update of all fits into one transaction', async () => {
  const many = await startHub()
  const feeds = Array.from({ length: UPDATE_FEEDS_MAX }, (_, index) => ok(BigInt(index + 1)))
  const gasUsed = await many.report(many.roundAt(60_000), feeds)
  expect((await latestOf(many, UPDATE_FEEDS_MAX - 1)).value).toBe(BigInt(UPDATE_FEEDS_MAX))
  // One transaction may use 2^24 (EIP-7825).
  expect(gasUsed).toBeLessThan(2 ** 24)
  await many.chain.close()
})
