import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { network } from 'hardhat'
import { batchProbeAbi, batchProbeBytecode } from 'parallax-oracle/abi/batch-probe'
import { priceFeedsAbi } from 'parallax-oracle/abi/price-feeds'
import { type Provider, TestHub } from 'parallax-oracle/testing'
import { ok } from 'parallax-oracle/testing/committee'
import {
  type Address,
  createPublicClient,
  createWalletClient,
  custom,
  decodeErrorResult,
  encodeFunctionData,
  type Hex,
} from 'viem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { namedBlocks } from '../support/guide.ts'

// As a consumer does: everything by the package's name, through its exports.

const FEEDS = [
  { name: 'BTC/USD', decimals: 8, heartbeatSeconds: 60 },
  { name: 'ETH/USD', decimals: 8, heartbeatSeconds: 3_600 },
  { name: 'BTC/USD.twap', decimals: 8, heartbeatSeconds: 60 },
]
const PULL = encodeFunctionData({ abi: priceFeedsAbi, functionName: 'pull_mfwu' })
const GUARD = { ageSecondsMax: 0, spreadBpsMax: 50, observersMin: 3 }

describe('the testing kit for TypeScript', () => {
  let connection: Awaited<ReturnType<typeof network.connect>>
  let hub: TestHub
  let probe: Address

  beforeAll(async () => {
    connection = await network.connect()
    hub = await TestHub.deploy({ provider: connection.provider, feeds: FEEDS })
    probe = await deployProbe(connection.provider)
  })
  afterAll(() => connection.close())

  const reader = () => createPublicClient({ transport: custom(connection.provider) })
  const guarded = (feed: string) =>
    encodeFunctionData({
      abi: priceFeedsAbi,
      functionName: 'price_CQcm',
      args: [BigInt(hub.feed(feed).index), GUARD],
    })
  /** How a call ends, asked through a contract: one that reverts by itself costs a second here. */
  const outcome = async (data: Hex) => {
    const [done, results] = await reader().readContract({
      address: probe,
      abi: batchProbeAbi,
      functionName: 'outcomes',
      args: [hub.address, [data]],
    })
    if (done[0] === true) return 'done'
    return decodeErrorResult({ abi: priceFeedsAbi, data: results[0] ?? '0x' }).errorName
  }
  const refusal = (feed: string) => outcome(guarded(feed))
  const price = (feed: string) =>
    reader().readContract({
      address: hub.address,
      abi: priceFeedsAbi,
      functionName: 'price_CQcm',
      args: [BigInt(hub.feed(feed).index), GUARD],
    })

  test('what it signs is what guarded reads give, with the time of its round', async () => {
    const { timeMs } = await hub.report({ 'BTC/USD': 6_500_000_000_000n })
    expect(await price('BTC/USD')).toEqual([6_500_000_000_000n, BigInt(timeMs / 1_000)])
    expect(await refusal('ETH/USD')).toBe('FeedHalted')
  })

  test('every refusal can be provoked', async () => {
    await hub.report({ 'BTC/USD': 1n, 'ETH/USD': ok(10_000n, 51n) })
    expect(await refusal('ETH/USD')).toBe('FeedWide')
    await hub.report({ 'ETH/USD': ok(10_000n, 50n, 2) })
    expect(await refusal('ETH/USD')).toBe('FeedThin')
    await hub.pass(121)
    expect(await refusal('BTC/USD')).toBe('FeedStale')
    await hub.report({ 'BTC/USD': null })
    expect(await refusal('BTC/USD')).toBe('FeedHalted')
  })

  test('a report can be verified without being stored, and not after one changed byte', async () => {
    const nowMs = await hub.timeMs()
    const { report } = hub.sign({ 'ETH/USD': 42n, 'BTC/USD.twap': 7n }, nowMs)
    const pull = (bytes: string) => outcome(`${PULL}${bytes.slice(2)}`)
    expect(await pull(report)).toBe('done')
    const changed = report.replace(/.$/, (last) => (last === '0' ? '1' : '0'))
    expect(await pull(changed)).not.toBe('done')
    expect(() => hub.sign({ 'XAU/USD': 1n }, nowMs)).toThrow(RangeError)
  })

  test('the same seed gives the same addresses, and a second deployment sends nothing', async () => {
    const before = await reader().getBlockNumber()
    const again = await TestHub.deploy({ provider: connection.provider, feeds: FEEDS })
    expect(again.address).toBe(hub.address)
    expect(await reader().getBlockNumber()).toBe(before)
  })
})

test('Solidity finds everything by the package’s name, the guide’s own sources included', () => {
  const require = createRequire(import.meta.url)
  const solc: { compile: (input: string, callbacks: object) => string } = require('solc')
  const source = `// SPDX-License-Identifier: MIT
    pragma solidity ^0.8.28;
    import {IPriceFeeds} from "parallax-oracle/contracts/interfaces/IPriceFeeds.sol";
    import {ISettlement} from "parallax-oracle/contracts/interfaces/ISettlement.sol";
    import {PullReader} from "parallax-oracle/contracts/libraries/PullReader.sol";
    import {TestCommittee} from "parallax-oracle/contracts/testing/TestCommittee.sol";
    contract Consumer {
      function read(IPriceFeeds hub, bytes calldata report) external view returns (int256 value) {
        (value,) = PullReader.read(hub, 0, 30, report);
      }
      function signed(uint32 round, int64 value) external pure returns (bytes memory) {
        return TestCommittee.report(round, value);
      }
    }`
  const input = {
    language: 'Solidity',
    sources: { ...guideSources(), 'Consumer.sol': { content: source } },
    // Not through the intermediate language, as most consumers compile: the stack must suffice.
    settings: {
      optimizer: { enabled: true },
      outputSelection: { '*': { '*': ['evm.bytecode.object'] } },
    },
  }
  const read = (path: string) => ({ contents: readFileSync(require.resolve(path), 'utf8') })
  const output = JSON.parse(solc.compile(JSON.stringify(input), { import: read }))
  const errors = (output.errors ?? []).filter(
    ({ severity }: { readonly severity: string }) => severity === 'error',
  )
  expect(errors).toEqual([])
  expect(output.contracts['Consumer.sol'].Consumer.evm.bytecode.object).not.toBe('')
  expect(output.contracts['contracts/Vault.t.sol'].VaultTest.evm.bytecode.object).not.toBe('')
})

test('the compiler alone finds everything by the remapping of the guide', () => {
  const guide = readFileSync('docs/guides/protocol.md', 'utf8')
  const [, from = '', to = ''] = /remappings: \['([^=']+)=([^']+)'\]/.exec(guide) ?? []
  expect(from).toBe('parallax-oracle/contracts/')
  // Of the package, where a consumer has it.
  const inPackage = to.replace('node_modules/parallax-oracle/', '')
  const named = readFileSync('contracts/src/testing/TestHub.sol', 'utf8')
  expect(readFileSync(`${inPackage}testing/TestHub.sol`, 'utf8')).toBe(named)
  const { files } = JSON.parse(readFileSync('package.json', 'utf8'))
  expect(files).toContain(inPackage.replace(/\/$/, ''))
})

/** Solidity of docs/guides/protocol.md, by the file that the line above it names. */
function guideSources(): Readonly<Record<string, { readonly content: string }>> {
  const blocks = Object.entries(namedBlocks(readFileSync('docs/guides/protocol.md', 'utf8')))
  const sources = blocks.filter(([file]) => file.endsWith('.sol'))
  return Object.fromEntries(sources.map(([file, content]) => [file, { content }]))
}

async function deployProbe(provider: Provider): Promise<Address> {
  const transport = custom({ request: (call) => provider.request(call) })
  const writer = createWalletClient({ transport })
  const [account] = await writer.getAddresses()
  if (account === undefined) throw new Error('the chain has accounts')
  const code = { abi: batchProbeAbi, bytecode: batchProbeBytecode }
  const hash = await writer.deployContract({ ...code, account, chain: null })
  const receipt = await createPublicClient({ transport }).waitForTransactionReceipt({ hash })
  return receipt.contractAddress as Address
}
