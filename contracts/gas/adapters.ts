import type { Address, Hex } from 'viem'
import { bytesToHex, encodeFunctionData, keccak256 } from 'viem'
import { encodeReport } from '../../aggregator/report/calldata.ts'
import { sendCalldata } from '../../test/support/contracts/chain.ts'
import { startHub, type TestHub } from '../../test/support/contracts/hub.ts'
import { feedStatisticsAbi } from '../abi/feed-statistics.ts'
import { pythAdapterAbi } from '../abi/pyth-adapter.ts'
import { ok } from '../testing/committee-box.ts'
import { firstCommittee } from '../testing/hub-parameters.ts'
import { coldCall, deployProbe } from './probe.ts'

/** Values that the measured feed has, and how many rounds lie between two. */
const VALUES = 129
const ROUNDS_BETWEEN = 20
const EMA_SECONDS = 60
const ID: Hex = `0x${'b7'.repeat(32)}`
const PRICE = 9_123_456_789_012n

const keccak = (bytes: Uint8Array) => keccak256(bytes, 'bytes')

/** A price that moves by up to half a percent from value to value. */
const priceAt = (turn: number) => PRICE + BigInt((turn * 7_919) % 101) * 456_000_000n

/** Gas of what FeedStatistics and PythAdapter give, by the keys of contracts/gas.json. */
export async function measureAdapters(): Promise<Record<string, number>> {
  const hub = await startHub({
    feedCount: 1,
    adapters: { pyth: { emaSeconds: EMA_SECONDS, feeds: [{ id: ID, feed: 'F0/USD' }] } },
  })
  try {
    const probe = await deployProbe(hub)
    const first = hub.roundAt(60_000)
    for (let turn = 0; turn < VALUES; turn++) {
      await hub.report(first + turn * ROUNDS_BETWEEN, [ok(priceAt(turn), 1_234n)])
    }
    const updated = await updateByPyth(hub, first + VALUES * ROUNDS_BETWEEN)
    return {
      ...(await measureStatistics(hub, probe)),
      ...(await measurePrices(hub, probe)),
      'pyth.updatePriceFeeds': updated,
    }
  } finally {
    await hub.chain.close()
  }
}

async function measureStatistics(hub: TestHub, probe: Address): Promise<Record<string, number>> {
  const { timestamp } = await hub.chain.reader.getBlock()
  const on = (data: Hex) => coldCall(hub, probe, { to: hub.statistics, data })
  const abi = feedStatisticsAbi
  const average = (decaySeconds: bigint) =>
    on(encodeFunctionData({ abi, functionName: 'movingAverage', args: [0n, decaySeconds] }))
  const apartSeconds = BigInt((ROUNDS_BETWEEN * hub.box.clock.roundMs) / 1_000)
  // Each step is as long as two values are apart, so that as many values are read as steps.
  const volatility = (steps: bigint) => {
    const args = [0n, timestamp, steps, apartSeconds] as const
    return on(encodeFunctionData({ abi, functionName: 'realizedVolatility', args }))
  }
  return {
    'statistics.movingAverage.60s': await average(60n),
    'statistics.movingAverage.180s': await average(180n),
    'statistics.realizedVolatility.24': await volatility(24n),
    'statistics.realizedVolatility.96': await volatility(96n),
  }
}

async function measurePrices(hub: TestHub, probe: Address): Promise<Record<string, number>> {
  const args = [ID, 3_600n] as const
  const abi = pythAdapterAbi
  const read = (functionName: 'getPriceNoOlderThan' | 'getEmaPriceNoOlderThan') =>
    coldCall(hub, probe, {
      to: pythOf(hub),
      data: encodeFunctionData({ abi, functionName, args }),
    })
  return {
    'pyth.getPriceNoOlderThan': await read('getPriceNoOlderThan'),
    'pyth.getEmaPriceNoOlderThan.60s': await read('getEmaPriceNoOlderThan'),
  }
}

/** Total gas of a transaction that updates one feed of a tree of one through the adapter. */
async function updateByPyth(hub: TestHub, round: number): Promise<number> {
  const { certificate } = hub.certify(round, [ok(priceAt(VALUES), 1_234n)])
  const committee = firstCommittee(hub.box)
  const report = encodeReport(keccak, { certificate, feeds: [0], committee })
  const data = encodeFunctionData({
    abi: pythAdapterAbi,
    functionName: 'updatePriceFeeds',
    args: [[bytesToHex(report)]],
  })
  await hub.chain.at(certificate.timestampMs + 1_000)
  return (await sendCalldata(hub.chain, { to: pythOf(hub), data, gas: 1_000_000n })).gasUsed
}

function pythOf({ adapters }: TestHub): Address {
  const pyth = adapters?.pyth
  if (pyth === null || pyth === undefined) throw new Error('the adapter was asked for')
  return pyth
}
