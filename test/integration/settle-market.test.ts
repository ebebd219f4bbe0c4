import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { type Address, createWalletClient, encodeFunctionData, hexToBytes, http } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { formatDecimal } from '../../aggregator/values/decimal.ts'
import { optionMarketAbi } from '../../contracts/abi/option-market.ts'
import { testTokenAbi } from '../../contracts/abi/test-token.ts'
import { execute } from '../../node/cli/execute.ts'
import { formatCommittee } from '../../node/config/committee-file.ts'
import { sealKeystore, writeKeystore } from '../../node/keys/keystore.ts'
import { Secret } from '../../node/keys/secret.ts'
import { valuesAt } from '../support/certificates.ts'
import { OPTION_MARKET } from '../support/contracts/parameters.ts'
import { startTestGateway, type TestGateway } from '../support/gateways.ts'
import { type HandedOver, startHandedOver } from '../support/handed-over.ts'
import { FUNDED_KEYS } from '../support/hardhat-node.ts'

const PASSPHRASE = 'settles for everybody'
const FEEDS = 4
const UNIT = 10n ** 18n
const STRIKE = 6_490_000_000_000n

const writer = privateKeyToAccount(FUNDED_KEYS[0])
let directory: string
let world: HandedOver
let market: Address
let gateways: Record<'old' | 'next', TestGateway>

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'parallax-market-'))
  world = await startHandedOver({ feedCount: FEEDS, markets: [OPTION_MARKET] })
  const deployed = world.deployment.markets[0]
  if (deployed === undefined) throw new Error('the deployment has a market')
  market = deployed.market
  for (const token of [deployed.base, deployed.quote]) {
    await send(token, testTokenAbi, 'mint', [writer.address, 10n ** 24n])
    await send(token, testTokenAbi, 'approve', [market, 10n ** 24n])
  }
  for (const name of ['old', 'next'] as const) {
    await writeFile(join(directory, `${name}.json`), formatCommittee(world[name].file))
  }
  await writeFile(join(directory, 'passphrase'), PASSPHRASE, { mode: 0o600 })
  const keys = {
    key: Secret.of(hexToBytes(FUNDED_KEYS[1])),
    passphrase: Secret.ofText(PASSPHRASE),
  }
  const sealed = await sealKeystore({ purpose: 'transmitter', strength: 'development' }, keys)
  await writeKeystore(join(directory, 'wallet.json'), sealed)
})
afterAll(async () => {
  await world.chain.stop()
  await rm(directory, { recursive: true, force: true })
})

beforeEach(async () => {
  // The chain's time is ahead of this machine's, and the command's with it. It goes on: whoever
  // compares endpoints every two seconds would look at the first block for ever.
  vi.useFakeTimers({ toFake: ['Date'], shouldAdvanceTime: true })
  gateways = {
    old: await startTestGateway(world.old.context, () => Date.now(), 1),
    next: await startTestGateway(world.next.context, () => Date.now(), 2),
  }
})
afterEach(async () => {
  vi.useRealTimers()
  for (const gateway of Object.values(gateways)) await gateway.stop()
})

async function send(
  to: Address,
  abi: readonly unknown[],
  functionName: string,
  args: readonly unknown[],
): Promise<void> {
  const data = encodeFunctionData({ abi, functionName, args } as never)
  const wallet = createWalletClient({ account: writer, transport: http(world.chain.url) })
  await wallet.sendTransaction({ to, data, chain: null })
}

const offer = (side: 0 | 1, expiry: number) =>
  send(market, optionMarketAbi, 'write', [side, STRIKE, expiry, UNIT, 100])

async function turnTo(seconds: number): Promise<void> {
  await world.turnTo(seconds)
  vi.setSystemTime(seconds * 1_000)
}

/** What the market makes of an expiry: anybody who claims gets the same. */
async function outcomeOf(expiry: number) {
  const { result } = await world.chain.client().simulateContract({
    account: writer,
    ...{ address: market, abi: optionMarketAbi, functionName: 'settle', args: [expiry] },
  })
  return result
}

/** Watches until so many lines are said. */
async function watch(lines: number, settings: readonly string[]) {
  const stopping = new AbortController()
  const said: unknown[] = []
  let stderr = ''
  const exitCode = await execute(
    [
      ...['settle', '--watch', '--json', '--development', '--rpc', world.chain.url],
      ...['--wallet', join(directory, 'wallet.json')],
      ...['--passphrase-file', join(directory, 'passphrase')],
      ...(['old', 'next'] as const).flatMap((name) => [
        ...['--url', gateways[name].url],
        ...['--committee', join(directory, `${name}.json`)],
      ]),
      ...settings,
    ],
    {
      stdout: {
        write: (text) => {
          said.push(JSON.parse(text))
          if (said.length === lines) stopping.abort()
        },
      },
      stderr: { write: (text) => (stderr += text) },
      terminal: { input: Readable.from([]), output: new PassThrough() },
      signal: stopping.signal,
    },
  )
  // The time of a story is set back to each of its moments, and that of the chain is not.
  const told = stderr
    .split('\n')
    .filter((line) => line !== '' && !line.includes('CHAIN_CLOCK_DIFFERS'))
  return { exitCode, said, told }
}

describe('a market with offers on either side of a switch of committees', () => {
  let before: number
  let after: number
  beforeAll(async () => {
    ;[before, after] = [world.switchSeconds - 60, world.switchSeconds]
    await offer(0, before)
    await offer(1, after)
    await offer(0, after + 86_400)
    await world.turnTo(world.switchSeconds)
    await world.activate()
  })

  test('is settled by a keeper that knows nothing but its address', async () => {
    await turnTo(world.switchSeconds + 30)
    const [old, next] = [world.roundAt(before), world.roundAt(after)]
    gateways.old.shelf.add(world.old.certify(old, valuesAt(old, FEEDS)))
    gateways.next.shelf.add(world.next.certify(next, valuesAt(next, FEEDS)))
    const { exitCode, said, told } = await watch(2, ['--market', market])
    const line = (expiry: number, round: number) => ({
      ...{ feed: 'F1/USD', expiry, isFinal: true, round, missing: 0 },
      value: formatDecimal(BigInt(round * 1_000 + 1), 8),
      valueOnChain: `${round * 1_000 + 1}`,
      hash: expect.stringMatching(/^0x/),
    })
    expect([exitCode, told]).toEqual([0, []])
    expect(said).toHaveLength(2)
    expect(said).toEqual(expect.arrayContaining([line(before, old), line(after, next)]))
    const price = BigInt(old * 1_000 + 1)
    expect(await outcomeOf(before)).toEqual({ isSettled: true, isVoid: false, price })
  })

  test('and started again, the keeper sends nothing and asks no gateway', async () => {
    await turnTo(world.switchSeconds + 60)
    const { said } = await watch(2, ['--market', market])
    expect(said).toMatchObject([
      { expiry: before, hash: null },
      { expiry: after, hash: null },
    ])
  })

  test('beside a feed of its own, by a schedule', async () => {
    await turnTo(world.switchSeconds + 90)
    const round = world.roundAt(after)
    gateways.next.shelf.add(world.next.certify(round, valuesAt(round, FEEDS)))
    const own = ['--contract', world.deployment.settlement, '--feed', 'F3/USD']
    const { said } = await watch(3, [...own, '--expiries', 'every 3600', '--market', market])
    // What stands is said while the other one waits for its block.
    const lines = [
      { feed: 'F3/USD', expiry: after, hash: expect.stringMatching(/^0x/) },
      { feed: 'F1/USD', expiry: before, hash: null },
      { feed: 'F1/USD', expiry: after, hash: null },
    ].map((line) => expect.objectContaining(line))
    expect(said).toEqual(expect.arrayContaining(lines))
  })
})

test('an address without a market ends the watch at once', async () => {
  const { exitCode, told } = await watch(1, ['--market', world.deployment.hub])
  const codes = told.map((line) => JSON.parse(line).error.code)
  expect([exitCode, codes]).toEqual([6, ['CONTRACT_MARKET_MISSING']])
})
