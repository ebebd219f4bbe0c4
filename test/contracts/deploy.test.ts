import { keccak_256 } from '@noble/hashes/sha3.js'
import { bytesToHex } from 'viem'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { encodeUpdate } from '../../aggregator/report/calldata.ts'
import { exampleConsumerAbi } from '../../contracts/abi/example-consumer.ts'
import { deploy } from '../../contracts/deploy/apply.ts'
import { heartbeatSecondsOf } from '../../contracts/deploy/parameters.ts'
import { plan } from '../../contracts/deploy/plan.ts'
import { verify } from '../../contracts/deploy/verify.ts'
import { committeeInABox, DEFAULT_CLOCK, ok } from '../../contracts/testing/committee-box.ts'
import { firstCommittee } from '../../contracts/testing/hub-parameters.ts'
import {
  CHAIN_START_MS,
  sendCalldata,
  startChain,
  type TestChain,
} from '../support/contracts/chain.ts'
import { parametersFor } from '../support/contracts/parameters.ts'

const box = committeeInABox({ members: 4, seed: 'deploy' })
const parameters = parametersFor(box, { consumerAgeSecondsMax: 3600 })

let chain: TestChain
beforeEach(async () => {
  chain = await startChain()
})
afterEach(() => chain.close())

describe('deploy', () => {
  test('on an empty chain everything is sent, and again nothing', async () => {
    const first = await deploy(chain, parameters)
    expect(first.transactions).toHaveLength(2 + 2 * parameters.feeds.length)

    const second = await deploy(chain, parameters)
    expect(second).toEqual({ deployment: first.deployment, transactions: [] })
  })

  test('after an interruption only what is missing is sent', async () => {
    const { deployment } = await deploy(chain, { ...parameters, consumerAgeSecondsMax: null })
    const finished = await deploy(chain, parameters)
    expect(finished.transactions).toHaveLength(parameters.feeds.length)
    expect(finished.deployment.hub).toBe(deployment.hub)
  })

  test('addresses follow from the parameters alone', async () => {
    const { deployment } = await deploy(chain, parameters)
    expect(plan(parameters, new Set()).hub).toBe(deployment.hub)
    expect(plan({ ...parameters, futureMsMax: 1_000 }, new Set()).hub).not.toBe(deployment.hub)
  })

  test('parameters that the contract refuses are said to be refused', async () => {
    const refused = { ...parameters, committee: { ...parameters.committee, roundMs: 100 } }
    await expect(deploy(chain, refused)).rejects.toThrow()
    expect((await deploy(chain, parameters)).transactions).not.toHaveLength(0)
  })
})

describe('verify', () => {
  test('a deployment as recorded has no discrepancy', async () => {
    const { deployment } = await deploy(chain, parameters)
    expect(await verify(chain, deployment)).toEqual([])
  })

  test('a record that was edited is named', async () => {
    const { deployment } = await deploy(chain, parameters)
    const edited = { ...deployment, hub: deployment.factory }
    expect(await verify(chain, edited)).toMatchObject([{ subject: 'record' }])
  })

  test('a chain without the contracts is named contract by contract', async () => {
    const { deployment } = await deploy(chain, parameters)
    const empty = await startChain()
    const found = await verify(empty, deployment)
    await empty.close()
    expect(found).toHaveLength(deployment.contracts.length)
    expect(found[0]).toMatchObject({ subject: 'PriceFeeds', found: 'no code' })
  })
})

test('a certificate goes through the hub and its facade into a consumer', async () => {
  const { deployment } = await deploy(chain, parameters)
  const nowMs = CHAIN_START_MS + 60_000
  const round = (nowMs - DEFAULT_CLOCK.genesisMs) / DEFAULT_CLOCK.roundMs
  const certificate = box.certify({ round, feeds: [ok(9_000_000_000_000n), ok(1n), ok(2n)] })
  const committee = firstCommittee(box)
  const calldata = encodeUpdate(keccak_256, { certificate, feeds: [0, 2], committee })

  await chain.at(nowMs + 1_000)
  await sendCalldata(chain, { to: deployment.hub, data: bytesToHex(calldata) })

  const answers = await Promise.all(
    deployment.feeds.map(async ({ consumer }) => {
      if (consumer === null) throw new Error('every feed has its consumer')
      return chain.reader
        .readContract({ address: consumer, abi: exampleConsumerAbi, functionName: 'price' })
        .catch(() => 'refused')
    }),
  )
  const updatedAt = BigInt(nowMs / 1000)
  expect(answers).toEqual([[9_000_000_000_000n, updatedAt], 'refused', [2n, updatedAt]])
})

test('a heartbeat is never stored shorter than it is', () => {
  expect(heartbeatSecondsOf(60_000)).toBe(60)
  expect(heartbeatSecondsOf(60_001)).toBe(120)
  expect(() => heartbeatSecondsOf(86_400_001)).toThrow(RangeError)
})
