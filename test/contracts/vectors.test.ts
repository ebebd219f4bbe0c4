import { describe, expect, test } from 'vitest'
import { fromHex, toHex } from '../../aggregator/values/bytes.ts'
import { priceFeedsAbi } from '../../contracts/abi/price-feeds.ts'
import { deploy } from '../../contracts/deploy/apply.ts'
import { sendCalldata, startChain, type TestChain } from '../support/contracts/chain.ts'
import { errorOf } from '../support/contracts/hub.ts'
import { readLongTailVectors } from '../vectors/long-tail-vectors.ts'
import { type CertificateVector, readReportVectors } from '../vectors/report-vectors.ts'

const { clock, certificates } = readReportVectors()

/** Deploys a hub for the committee with this key. */
function hubFor(chain: TestChain, key: string, flagshipFeeds: number) {
  const groupKey = fromHex(key)
  return deploy(chain, {
    committee: {
      digest: `0x${'01'.repeat(32)}`,
      publicKeyX: `0x${toHex(groupKey.subarray(1))}`,
      publicKeyParity: (groupKey[0] as number) & 1,
      activeFromMs: clock.genesisMs,
      genesisMs: clock.genesisMs,
      roundMs: clock.roundMs,
      includeMs: clock.includeMs,
      skewMs: clock.clockSkewMsMax,
    },
    historyFeeds: flagshipFeeds,
    flagshipFeeds,
    reportAgeMsMax: 60_000,
    futureMsMax: 2_000,
    feeds: [],
    consumerAgeSecondsMax: null,
  })
}

/** Deploys a hub for the committee of a certificate and says what each of its updates ends in. */
async function outcomes(vector: CertificateVector): Promise<readonly string[]> {
  const chain = await startChain()
  const { deployment } = await hubFor(chain, vector.groupKey, 1024)
  await chain.at(vector.timestampMs + 1_000)
  await chain.mine()
  const found: string[] = []
  for (const { calldata } of vector.updates) {
    const call = { to: deployment.hub, data: `0x${calldata}` as const }
    const params = [call, 'latest'] as const
    const outcome = await chain.reader
      .request({ method: 'eth_call', params: [...params] })
      .then(() => 'accepted')
      .catch((error: unknown) => errorOf(error).name)
    found.push(outcome)
  }
  await chain.close()
  return found
}

describe('the contract accepts what the vectors say', () => {
  test.each(certificates)('of $members members', async (vector) => {
    expect(await outcomes(vector)).toEqual(vector.updates.map(() => 'accepted'))
  })

  test('and not the signature of another', async () => {
    const [first, second] = certificates
    if (first === undefined || second === undefined) throw new Error('two certificates')
    const forged = { ...first, groupKey: second.groupKey }
    expect(await outcomes(forged)).toEqual(first.updates.map(() => 'SignatureInvalid'))
  })
})

describe('the contract reads long-tail feeds as the vectors say', () => {
  const tail = readLongTailVectors()

  test.each(tail.updates)('of an update of $feeds', async ({ feeds, calldata }) => {
    const chain = await startChain()
    const { deployment } = await hubFor(chain, tail.groupKey, tail.flagships)
    await chain.at(tail.timestampMs + 1_000)
    await sendCalldata(chain, { to: deployment.hub, data: `0x${calldata}` })
    for (const feed of feeds) {
      const args = [BigInt(feed)] as const
      const call = { address: deployment.hub, abi: priceFeedsAbi, functionName: 'latest' } as const
      const { value, spread, observers, status } = await chain.reader.readContract({
        ...call,
        args,
      })
      const lane = tail.lanes[feed - tail.flagships]
      if (lane === undefined) expect(value).toBe(BigInt(feed + 1))
      else {
        expect({ value: `${value}`, spread: `${spread}`, observers, status }).toEqual({
          value: lane.valueRead,
          spread: lane.spreadRead,
          observers: lane.observers,
          status: lane.status,
        })
      }
    }
    await chain.close()
  })
})
