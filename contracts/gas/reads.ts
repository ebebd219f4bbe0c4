import type { Address } from 'viem'
import { bytesToHex, encodeFunctionData, keccak256 } from 'viem'
import { encodeReport } from '../../aggregator/report/calldata.ts'
import { bigintFrom } from '../../aggregator/values/bytes.ts'
import { sendCalldata } from '../../test/support/contracts/chain.ts'
import { startHub, type TestHub } from '../../test/support/contracts/hub.ts'
import { aggregatorV3InterfaceAbi } from '../abi/aggregator-v3-interface.ts'
import { gasProbeAbi } from '../abi/gas-probe.ts'
import { priceFeedsAbi } from '../abi/price-feeds.ts'
import { ok } from '../testing/committee-box.ts'
import { firstCommittee } from '../testing/hub-parameters.ts'
import { coldCall, deployProbe } from './probe.ts'

const FEEDS = 32
const TRANSACTION_GAS = 21_000
const ZERO_BYTE_GAS = 4
const BYTE_GAS = 16

const keccak = (bytes: Uint8Array) => keccak256(bytes, 'bytes')

async function frostAlone(hub: TestHub, probe: Address): Promise<number> {
  const message = keccak(Uint8Array.of(1))
  const { publicKey } = hub.box.groupKey
  const certificate = { ...hub.certify(hub.roundAt(1_000), [ok(1n)]).certificate }
  const signed = { ...certificate, signature: hub.box.sign(message) }
  const report = encodeReport(keccak, {
    certificate: signed,
    feeds: [0],
    committee: firstCommittee(hub.box),
  })
  const used = await hub.chain.reader.readContract({
    address: probe,
    abi: gasProbeAbi,
    functionName: 'frost',
    args: [
      bigintFrom(publicKey.subarray(1)),
      BigInt((publicKey[0] as number) & 1),
      bytesToHex(message),
      // R.x, R.y and z stand behind the header of twenty bytes.
      bytesToHex(report.subarray(20, 116)),
    ],
  })
  return Number(used)
}

/** Gas of a transaction that verifies one feed of 32 and reads it, beside 21,000 and calldata. */
async function pullOne(hub: TestHub, probe: Address, round: number): Promise<number> {
  const feeds = Array.from({ length: FEEDS }, (_, index) => ok(BigInt(index) + 10n ** 12n))
  const certificate = hub.box.certify({ round, feeds })
  const committee = firstCommittee(hub.box)
  const report = encodeReport(keccak, { certificate, feeds: [5], committee })
  const data = encodeFunctionData({
    abi: gasProbeAbi,
    functionName: 'pull',
    args: [hub.address, 5n, 3_600n, bytesToHex(report)],
  })
  await hub.chain.at(certificate.timestampMs + 1_000)
  await hub.chain.mine()
  const { gasUsed } = await sendCalldata(hub.chain, { to: probe, data, gas: 1_000_000n })
  const bytes = Buffer.from(data.slice(2), 'hex')
  const calldata = bytes.reduce((sum, byte) => sum + (byte === 0 ? ZERO_BYTE_GAS : BYTE_GAS), 0)
  return gasUsed - TRANSACTION_GAS - calldata
}

/** Gas of reading and of pulling, by the keys of contracts/gas.json. */
export async function measureReads(): Promise<Record<string, number>> {
  const hub = await startHub({ feedCount: 1 })
  const probe = await deployProbe(hub)
  for (let turn = 0; turn < 4; turn++) {
    await hub.report(hub.roundAt(60_000) + turn * 20, [ok(9_123_456_789_012n, 1_234n)])
  }
  const facade = hub.feeds[0]?.facade ?? hub.address
  const guard = { ageSecondsMax: 3_600, spreadBpsMax: 50, observersMin: 3 }
  const onHub = (functionName: 'latestRoundData_5d7w' | 'price_CQcm') => ({
    to: hub.address,
    data:
      functionName === 'price_CQcm'
        ? encodeFunctionData({ abi: priceFeedsAbi, functionName, args: [0n, guard] })
        : encodeFunctionData({ abi: priceFeedsAbi, functionName, args: [0n] }),
  })
  const abi = aggregatorV3InterfaceAbi
  const latest = encodeFunctionData({ abi, functionName: 'latestRoundData' })
  const old = encodeFunctionData({ abi, functionName: 'getRoundData', args: [1n] })
  const measured = {
    'read.cold.hub': await coldCall(hub, probe, onHub('latestRoundData_5d7w')),
    'read.cold.guarded': await coldCall(hub, probe, onHub('price_CQcm')),
    'read.cold.facade.latestRoundData': await coldCall(hub, probe, { to: facade, data: latest }),
    'read.cold.facade.getRoundData': await coldCall(hub, probe, { to: facade, data: old }),
    'verify.frost': await frostAlone(hub, probe),
    'pull.verifyAndRead.32': await pullOne(hub, probe, hub.roundAt(100_000)),
  }
  await hub.chain.close()
  return measured
}
