import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pauseFor } from 'node:timers/promises'
import { keccak_256 } from '@noble/hashes/sha3.js'
import { createPublicClient, createWalletClient, http } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Committee, committeeOf } from '../../aggregator/committee/committee.ts'
import { priceFeedsAbi } from '../../contracts/abi/price-feeds.ts'
import type { ParallaxClient } from '../../node/client/client.ts'
import { loadClient } from '../../node/client/load-client.ts'
import { LOCAL_CHAIN_ID, LocalChain } from '../../node/devnet/chain/local-chain.ts'
import { localCommittee } from '../../node/devnet/committee.ts'
import {
  COMMITTEE_FILE,
  createRunDirectory,
  type NodeFiles,
  type RunFiles,
  writeRunFiles,
} from '../../node/devnet/files.ts'
import { NodeClient } from '../../node/devnet/node-client.ts'
import { LocalProcess } from '../../node/devnet/process.ts'
import { freePorts, waitFor } from '../../node/devnet/wait.ts'
import { parallax } from '../support/parallax.ts'
import { Detour, Stranger } from '../support/stranger.ts'

const PAYER = privateKeyToAccount(generatePrivateKey())
const signal = AbortSignal.timeout(500_000)
/** Six seconds of a flood. */
const ROUNDS_FLOODED = 12
/** A flood that gets in takes them all; a machine that has much else to do takes some. */
const CERTIFIED_SHARE_MIN = 0.5

let directory: string
let committee: Committee
let chain: LocalChain
let files: RunFiles
let nodes: readonly NodeClient[]
let client: ParallaxClient
let gatewayUrl: string
let publicAddress: string
const processes: LocalProcess[] = []

/** Four oracles that deliver nowhere, the first with a public port; a chain; a gateway. */
beforeAll(async () => {
  directory = await createRunDirectory()
  const ports = await freePorts(12)
  const [chainPort = 0, marketPort = 0, publicPort = 0, gatewayPort = 0, ...nodePorts] = ports
  const local = localCommittee({
    size: 4,
    feeds: ['BTC/USD', 'ETH/USD'],
    genesisMs: Date.now() - 10_000,
  })
  committee = committeeOf((bytes) => keccak_256(bytes), local.file)
  chain = new LocalChain({ port: chainPort, logPath: join(directory, 'chain.log') })
  processes.push(chain.process)
  start('market', ['node/devnet/market/main.ts', '--port', String(marketPort), '--seed', '1'])
  const marketUrl = `http://127.0.0.1:${marketPort}`
  files = await writeRunFiles(directory, {
    committee: local,
    ports: nodePorts,
    chain: null,
    marketUrl,
  })
  await chain.start(signal)
  await chain.deploy({ committee, wallets: [PAYER.address] })
  publicAddress = `/ip4/127.0.0.1/tcp/${publicPort}`
  openPublicPort(files.nodes[0] as NodeFiles)
  for (const { index, config } of files.nodes) {
    start(`oracle-${index}`, ['node/cli/main.ts', 'run', '--config', config], files.passphrase)
  }
  nodes = files.nodes.map(({ apiPort }) => new NodeClient(apiPort))
  await startGateway(gatewayPort)
  await untilReady()
})

afterAll(async () => {
  await client?.close()
  await Promise.all(processes.toReversed().map((each) => each.stop()))
  rmSync(directory, { recursive: true, force: true })
})

function start(name: string, args: readonly string[], secret?: string): void {
  const logPath = join(directory, `${name}.log`)
  const made = new LocalProcess({ name, args, logPath, ...(secret !== undefined && { secret }) })
  processes.push(made)
  made.start()
}

function openPublicPort({ config }: NodeFiles): void {
  const settings = JSON.parse(readFileSync(config, 'utf8'))
  settings.network.public = { listen: [publicAddress] }
  writeFileSync(config, JSON.stringify(settings))
}

/** As anybody would: from the command line, with the committee file and one address. */
async function startGateway(port: number): Promise<void> {
  const committeeFile = join(directory, COMMITTEE_FILE)
  const options = ['--committee', committeeFile, '--bootstrap', publicAddress]
  start('gateway', ['node/cli/main.ts', 'gateway', ...options, '--port', String(port)])
  gatewayUrl = `http://127.0.0.1:${port}`
  client = await loadClient({ url: gatewayUrl, committeeFile })
}

async function untilReady(): Promise<void> {
  const check = () => {
    for (const each of processes) each.assertRunning()
  }
  const gateway = new NodeClient(Number(new URL(gatewayUrl).port))
  const probe = async () => {
    const ready = await Promise.all([...nodes, gateway].map((each) => each.isReady()))
    return ready.every(Boolean) ? true : null
  }
  await waitFor(probe, { what: 'oracles and gateway', timeoutMs: 120_000, signal, check })
}

test('a price read through a gateway without a key is verified and accepted on chain', async () => {
  const report = await client.latest(['BTC/USD', 'ETH/USD'], { ageMsMax: 10_000 })
  expect(report.feeds.map(({ name }) => name)).toEqual(['BTC/USD', 'ETH/USD'])
  const transport = http(chain.rpcUrl)
  const publicClient = createPublicClient({ transport, pollingInterval: 100, cacheTime: 0 })
  const contract = chain.deployment.hub
  const { gasUsed } = await client.submit(report, {
    contract,
    publicClient,
    walletClient: createWalletClient({ account: PAYER, transport }),
  })
  expect(gasUsed).toBeLessThan(300_000n)
  const held = await publicClient.readContract({
    address: contract,
    abi: priceFeedsAbi,
    functionName: 'latest',
    args: [0n],
  })
  expect(held).toMatchObject({ value: report.feeds[0]?.value, round: report.round })
})

test('rounds are followed as they are certified', async () => {
  const rounds: number[] = []
  for await (const { round } of client.follow(['BTC/USD'], { ageMsMax: 10_000 })) {
    rounds.push(round)
    if (rounds.length === 5) break
  }
  expect(rounds).toEqual(rounds.toSorted((a, b) => a - b))
})

test('a stranger that floods the public port costs the members no rounds', async () => {
  const { certified: before, opened: from } = await progress()
  const detour = await Detour.to(publicAddress)
  const flood = { met: 0, refused: 0 }
  const isLong = async () =>
    flood.refused >= 5 && (await progress()).opened >= from + ROUNDS_FLOODED
  while (flood.met < 5 && !(await isLong())) {
    // A new identity each time: the first is cut and its address banned.
    const stranger = await Stranger.start(committee.digest)
    const met = await stranger.meet(detour.address).catch(() => null)
    if (met === null) flood.refused += 1
    else flood.met += 1
    const batch = met === null ? 0 : 500
    for (let count = 0; count < batch; count++) await stranger.say(randomBytes(200))
    await met?.closed
    await stranger.stop()
    await pauseFor(20)
  }
  detour.close()
  const { certified: after, opened: until } = await progress()
  process.stdout.write(`${flood.met} met, ${flood.refused} refused, `)
  process.stdout.write(`${after - before} of ${until - from} rounds\n`)
  expect(flood.met).toBeGreaterThanOrEqual(1)
  expect(flood.refused).toBeGreaterThan(flood.met)
  expect(after - before).toBeGreaterThanOrEqual(CERTIFIED_SHARE_MIN * (until - from))
  const report = await client.latest(['BTC/USD'], { ageMsMax: 10_000 })
  expect(report.round).toBeGreaterThan(from)
})

test('a dry run beside a member compares and prices, signs nothing and leaves its files', async () => {
  const [, member] = files.nodes
  if (member === undefined) throw new Error('no member')
  const config = join(member.directory, 'dry.json')
  const settings = JSON.parse(readFileSync(member.config, 'utf8'))
  const { hub: contract } = chain.deployment
  const local = { name: 'local', chainId: LOCAL_CHAIN_ID, contract, rpcUrls: [chain.rpcUrl] }
  // Without keys: no file of them is there to be opened.
  const keys = { identity: 'none', signingShare: 'none', transmitter: 'none' }
  const passphrase = { file: 'none' }
  const dry = { ...settings, chains: [local], keys: { ...keys, passphrase } }
  writeFileSync(config, JSON.stringify(dry))
  const before = readdirSync(join(member.directory, 'data')).toSorted()
  const nonce = await payerNonce()
  const options = ['--config', config, '--bootstrap', publicAddress, '--minutes', '0.2', '--json']
  const { exitCode, stdout } = await parallax('dry-run', ...options, '--wallet', PAYER.address)
  const { findings } = JSON.parse(stdout.trim().split('\n').at(-1) ?? '')
  const verdicts = new Map<string, string>()
  for (const { check, verdict } of findings) verdicts.set(check, verdict)
  expect([...verdicts]).toContainEqual(['committee', 'ok'])
  expect([...verdicts]).toContainEqual(['clock', 'ok'])
  expect([...verdicts]).toContainEqual(['contract on local', 'ok'])
  expect(verdicts.get('deliveries to local')).toBe('ok')
  // How near its few values came is the machine's and the moment's; that each was held against the
  // certified one is ours.
  const faults = [...verdicts].filter(([, verdict]) => verdict === 'fault').map(([check]) => check)
  expect(faults.filter((check) => !check.startsWith('feed '))).toEqual([])
  const { seen } = findings.find(({ check }: { check: string }) => check === 'feed BTC/USD')
  expect(seen).toMatch(/a value in [1-9]\d* of \d+ rounds, from the certified one by/)
  expect(exitCode).toBe(faults.length === 0 ? 0 : 11)
  expect(readdirSync(join(member.directory, 'data')).toSorted()).toEqual(before)
  // What waits in the pool counts, too.
  expect(await payerNonce()).toBe(nonce)
  expect(await nodes[1]?.isReady()).toBe(true)
})

/** The next nonce of the wallet that the dry run looked at. */
function payerNonce(): Promise<number> {
  const reader = createPublicClient({ transport: http(chain.rpcUrl) })
  return reader.getTransactionCount({ address: PAYER.address, blockTag: 'pending' })
}

/** Rounds that the member with the public port opened and certified. */
async function progress(): Promise<{ readonly certified: number; readonly opened: number }> {
  const status = await nodes[0]?.status()
  if (status === null || status === undefined) throw new Error('the member does not answer')
  return { certified: status.rounds.fast + status.rounds.proposed, opened: status.round }
}
