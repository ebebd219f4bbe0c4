import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseEther, toHex } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { optionMarketBytecode } from '../../contracts/abi/option-market.ts'
import { localCommittee } from '../../node/devnet/committee.ts'
import { COMMITTEE_FILE, writeRunFiles } from '../../node/devnet/files.ts'
import { localMarket } from '../../node/devnet/market-terms.ts'
import { HardhatNode } from '../support/hardhat-node.ts'
import { parallax } from '../support/parallax.ts'

const BTC_ID = `0x${'b7'.repeat(32)}`
const ADAPTERS = {
  pyth: { emaSeconds: 3_600, feeds: [{ id: BTC_ID, feed: 'BTC/USD' }] },
  quotes: {
    guard: { ageSecondsMax: 60, spreadBpsMax: 100, observersMin: 3 },
    pairs: [
      {
        feed: 'BTC/USD',
        ...{ base: '0x00000000000000000000000000000000000000c3', baseDecimals: 8 },
        ...{ quote: '0x00000000000000000000000000000000000000d4', quoteDecimals: 6 },
      },
    ],
  },
  valuesById: ['BTC/USD'],
}

const SETTINGS = {
  committee: COMMITTEE_FILE,
  historyFeeds: 4,
  reportAgeMsMax: 60_000,
  futureMsMax: 10_000,
  owner: { address: '0x00000000000000000000000000000000000000a1', delaySeconds: 172_800 },
  bonds: {
    beneficiary: '0x00000000000000000000000000000000000000b2',
    stakeMinWei: '1000000000000000000',
    evidenceSeconds: 86_400,
    leavingSeconds: 172_800,
    weiPerSignature: '1000000000',
    roundsBetween: 16,
  },
  assets: [{ symbol: 'USD', address: '0x0000000000000000000000000000000000000348' }],
  adapters: ADAPTERS,
  markets: [localMarket('BTC/USD')],
}

let directory: string
let chain: HardhatNode
let wallet: readonly string[]
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'parallax-deploy-'))
  const committee = localCommittee({ size: 4, feeds: ['BTC/USD'], genesisMs: 1_767_225_600_000 })
  const options = { committee, ports: [], chain: null, marketUrl: null }
  const { passphrase } = await writeRunFiles(directory, options)
  await writeFile(join(directory, 'passphrase'), passphrase, { mode: 0o600 })
  await writeFile(join(directory, 'deploy.json'), JSON.stringify(SETTINGS))
  chain = await HardhatNode.start()
  const client = chain.client()
  await client.setAutomine(true)
  const key = committee.members[0]?.transmitter.use((bytes) => toHex(bytes)) ?? '0x'
  const { address } = privateKeyToAccount(key)
  await client.setBalance({ address, value: parseEther('10') })
  wallet = [
    ...['--wallet', join(directory, 'node-0', 'transmitter.json'), '--development'],
    ...['--passphrase-file', join(directory, 'passphrase')],
    ...['--records', join(directory, 'records')],
  ]
})
afterAll(async () => {
  await chain.stop()
  await rm(directory, { recursive: true, force: true })
})

const run = (...args: readonly string[]) => parallax('deploy', ...args, '--json')

const on = () => ['--parameters', join(directory, 'deploy.json'), '--rpc', chain.url] as const

describe('parallax deploy', () => {
  test('a wallet without funds is named, and ends with 6', async () => {
    const poor = wallet.map((each) => each.replace('node-0', 'node-1'))
    const { exitCode, stderr } = await run('apply', ...on(), ...poor)
    const { error } = JSON.parse(stderr.trimEnd().split('\n').at(-1) ?? '')
    expect([exitCode, error.code]).toEqual([6, 'DEPLOY_REFUSED'])
    expect(error.message).toMatch(/0x[0-9a-fA-F]{40}; does it hold funds\?.*balance is: 0/)
  })

  test('plans, deploys, records, verifies; again it sends nothing', async () => {
    const before = JSON.parse((await run('plan', ...on())).stdout)
    expect(before.contracts.every((each: { isMissing: boolean }) => each.isMissing)).toBe(true)

    expect(before.isDescriptionMissing).toBe(true)

    const first = await run('apply', ...on(), ...wallet)
    expect(first.stderr).toContain('deploying OptionMarket BTC/USD')
    const { record, hub, transactions } = JSON.parse(first.stdout)
    // The last one tells the directory of the committee.
    expect(transactions).toHaveLength(before.contracts.length + 1)
    expect(hub).toBe(before.contracts[0].address)

    const after = JSON.parse((await run('plan', ...on())).stdout)
    expect(after.isDescriptionMissing).toBe(false)
    expect(after.contracts.some((each: { isMissing: boolean }) => each.isMissing)).toBe(false)

    const second = JSON.parse((await run('apply', ...on(), ...wallet)).stdout)
    expect(second).toEqual({ record, hub, transactions: [] })

    const inputs = join(directory, 'inputs')
    const checked = await run('verify', record, '--rpc', chain.url, '--inputs', inputs)
    expect(checked.exitCode).toBe(0)
    const { inputs: written } = JSON.parse(checked.stdout)
    expect(written).toHaveLength(before.contracts.length)
    const market = before.contracts.find(
      (each: { name: string }) => each.name === 'OptionMarket BTC/USD',
    )
    await expectCompiles(join(inputs, `${market.address}.json`))
  })

  test('the example of the documents is a deployment of this committee', async () => {
    const path = join(directory, 'example.yaml')
    await copyFile('docs/examples/deploy.yaml', path)
    const { exitCode, stdout } = await run('plan', '--parameters', path, '--rpc', chain.url)
    expect(exitCode).toBe(0)
    const names = JSON.parse(stdout).contracts.map((each: { name: string }) => each.name)
    const adapters = ['PythAdapter', 'QuoteAdapter', 'ValueByIdAdapter']
    expect(names).toEqual(expect.arrayContaining(['PriceFeeds', 'FeedStatistics', ...adapters]))
  })

  test('a record of something else is named, and ends with 11', async () => {
    const record = join(directory, 'records', '31337.json')
    const text = await readFile(record, 'utf8')
    const edited = join(directory, 'edited.json')
    await writeFile(edited, text.replace('"historyFeeds": 4', '"historyFeeds": 5'))
    const ended = await run('verify', edited, '--rpc', chain.url)
    expect([ended.exitCode, JSON.parse(ended.stderr).error.code]).toEqual([11, 'DEPLOY_DIFFERS'])
    await writeFile(edited, text.replace('"chainId": 31337', '"chainId": 1'))
    expect((await run('verify', edited, '--rpc', chain.url)).exitCode).toBe(11)
  })

  test.each([
    ['an unknown key', { ...SETTINGS, proxy: true }, 'DEPLOY_PARAMETERS_INVALID'],
    [
      'stake that leaves before its evidence comes',
      { ...SETTINGS, bonds: { ...SETTINGS.bonds, leavingSeconds: 86_400 } },
      'DEPLOY_PARAMETERS_INVALID',
    ],
    ['half a second', { ...SETTINGS, futureMsMax: 500 }, 'DEPLOY_PARAMETERS_INVALID'],
    [
      'a symbol twice',
      { ...SETTINGS, assets: [...SETTINGS.assets, ...SETTINGS.assets] },
      'DEPLOY_PARAMETERS_INVALID',
    ],
    [
      'an id twice',
      {
        ...SETTINGS,
        adapters: {
          pyth: {
            emaSeconds: 60,
            feeds: [
              { id: BTC_ID, feed: 'BTC/USD' },
              { id: BTC_ID, feed: 'BTC/USD' },
            ],
          },
        },
      },
      'DEPLOY_PARAMETERS_INVALID',
    ],
    [
      'a pair of an asset with itself',
      {
        ...SETTINGS,
        adapters: {
          quotes: {
            ...ADAPTERS.quotes,
            pairs: ADAPTERS.quotes.pairs.map((pair) => ({ ...pair, quote: pair.base })),
          },
        },
      },
      'DEPLOY_PARAMETERS_INVALID',
    ],
    [
      'an adapter of a feed that is not there',
      { ...SETTINGS, adapters: { valuesById: ['DOGE/USD'] } },
      'DEPLOY_FEED_UNKNOWN',
    ],
    [
      'sales within the window of the average that settles',
      { ...SETTINGS, markets: [{ ...localMarket('BTC/USD'), saleStopSeconds: 3 }] },
      'DEPLOY_PARAMETERS_INVALID',
    ],
    [
      'a feed that is not there',
      { ...SETTINGS, markets: [localMarket('DOGE/USD')] },
      'DEPLOY_FEED_UNKNOWN',
    ],
  ])('parameters with %s are refused before anything is sent', async (_, settings, code) => {
    const path = join(directory, 'wrong.json')
    await writeFile(path, JSON.stringify(settings))
    const ended = await run('plan', '--parameters', path, '--rpc', chain.url)
    expect([ended.exitCode, JSON.parse(ended.stderr).error.code]).toEqual([3, code])
  })
})

/** What a block explorer does: compiles the input, and finds the code that was deployed. */
async function expectCompiles(path: string): Promise<void> {
  const { contract, input } = JSON.parse(await readFile(path, 'utf8'))
  const solc = createRequire(import.meta.url)('solc') as { compile: (input: string) => string }
  const settings = { ...input.settings, outputSelection: { '*': { [contract]: ['evm.bytecode'] } } }
  const output = JSON.parse(solc.compile(JSON.stringify({ ...input, settings })))
  const codes = Object.values<Record<string, { evm: { bytecode: { object: string } } }>>(
    output.contracts,
  ).flatMap((file) => (file[contract] === undefined ? [] : [file[contract].evm.bytecode.object]))
  expect(codes.map((code) => `0x${code}`)).toEqual([optionMarketBytecode])
}
