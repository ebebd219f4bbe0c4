import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pauseFor } from 'node:timers/promises'
import { promisify } from 'node:util'
import { keccak_256 } from '@noble/hashes/sha3.js'
import {
  bytesToHex,
  createPublicClient,
  createTestClient,
  type Hex,
  http,
  publicActions,
  toFunctionSelector,
} from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Committee, committeeOf } from '../../aggregator/committee.ts'
import { decode } from '../../aggregator/messages/codec.ts'
import { encodeReport, encodeUpdate } from '../../aggregator/report/calldata.ts'
import { fromHex, toHex } from '../../aggregator/values/bytes.ts'
import { priceFeedsAbi } from '../../contracts/abi/price-feeds.ts'
import type { RotationView } from '../../node/api/view.ts'
import { LocalChain } from '../../node/devnet/chain/local-chain.ts'
import { type LocalCommittee, localCommittee } from '../../node/devnet/committee.ts'
import {
  COMMITTEE_FILE,
  createRunDirectory,
  type RunFiles,
  writeRunFiles,
} from '../../node/devnet/files.ts'
import { NodeClient } from '../../node/devnet/node-client.ts'
import { LocalProcess } from '../../node/devnet/process.ts'
import { freePorts, waitFor } from '../../node/devnet/wait.ts'
import { errorOf } from '../support/contracts/hub.ts'

const FEEDS = ['BTC/USD', 'ETH/USD']
/** From the approvals until the switch: agreeing takes an attempt or two of two seconds. */
const LEAD_MS = 14_000
const AFTER_MS = 6_000
/** Members of the old committee that stay; the fourth is replaced, and a fifth comes. */
const STAY = [0, 1, 2]

const signal = AbortSignal.timeout(280_000)
const run = promisify(execFile)

interface Side {
  readonly committee: Committee
  readonly files: RunFiles
  readonly clients: readonly NodeClient[]
}

let directory: string
let chain: LocalChain
let old: Side
let next: Side
let activeFromMs: number
const processes: LocalProcess[] = []

beforeAll(async () => {
  directory = await createRunDirectory()
  const [chainPort = 0, marketPort = 0, ...ports] = await freePorts(20)
  const genesisMs = Date.now() - 10_000
  const first = localCommittee({ size: 4, feeds: FEEDS, genesisMs })
  const second = successorOf(first)
  chain = new LocalChain({ port: chainPort, logPath: join(directory, 'chain.log') })
  processes.push(chain.process)
  start('market', ['node/devnet/market/main.ts', '--port', String(marketPort), '--seed', '1'])
  await chain.start(signal)
  const wallets = [...first.members, ...second.members].map(({ transmitter }) =>
    transmitter.use((key) => privateKeyToAccount(bytesToHex(key)).address),
  )
  const committee = committeeOf(keccak_256, first.file)
  await chain.deploy({ committee, wallets })
  const marketUrl = `http://127.0.0.1:${marketPort}`
  old = await startSide('old', first, { ports: ports.slice(0, 8), marketUrl })
  next = await startSide('next', second, { ports: ports.slice(8), marketUrl })
  await untilAll(old, 'the old committee to be ready', (client) => client.isReady())
  await untilAll(next, 'the next committee to wait for its term', async (client) => {
    const obstacles = (await client.overview())?.obstacles ?? []
    return obstacles.join() === 'TERM_AHEAD'
  })
}, 280_000)

afterAll(async () => {
  await Promise.all(processes.toReversed().map((each) => each.stop()))
  rmSync(directory, { recursive: true, force: true })
})

/** Three members stay, one is replaced, one is added, and a parameter changes. */
function successorOf(first: LocalCommittee): LocalCommittee {
  const { genesisMs } = first.file.params
  const fresh = localCommittee({ size: 5, feeds: FEEDS, genesisMs })
  const params = {
    ...fresh.file.params,
    probeEvery: 16,
    members: fresh.file.params.members.map((each, index) =>
      STAY.includes(index) ? (first.file.params.members[index] ?? each) : each,
    ),
  }
  const members = fresh.members.map((each, index) => {
    const before = first.members[index]
    return STAY.includes(index) && before !== undefined
      ? { ...each, identity: before.identity }
      : each
  })
  return { file: { ...fresh.file, params }, members }
}

function start(name: string, args: readonly string[], secret?: string): void {
  const logPath = join(directory, `${name}.log`)
  const made = new LocalProcess({ name, args, logPath, ...(secret !== undefined && { secret }) })
  processes.push(made)
  made.start()
}

async function startSide(
  name: 'old' | 'next',
  local: LocalCommittee,
  options: { readonly ports: readonly number[]; readonly marketUrl: string },
): Promise<Side> {
  const home = join(directory, name)
  mkdirSync(home)
  const { rpcUrl, deployment } = chain
  const files = await writeRunFiles(home, {
    committee: local,
    ...options,
    chain: { rpcUrl, chainId: 31_337, contract: deployment.hub },
  })
  for (const { index, config } of files.nodes) {
    if (name === 'next') follow(config, index)
    const args = ['node/cli/main.ts', 'run', '--config', config]
    start(`${name}-${index}`, args, files.passphrase)
  }
  const clients = files.nodes.map(({ apiPort }) => new NodeClient(apiPort))
  return { committee: committeeOf(keccak_256, local.file), files, clients }
}

/** As the operator's guide says: the new node knows whom it follows, and where its old one is. */
function follow(path: string, index: number): void {
  const settings = JSON.parse(readFileSync(path, 'utf8'))
  settings.rotation = { predecessor: join(directory, 'old', COMMITTEE_FILE) }
  const own = old.files.nodes[index]
  if (STAY.includes(index) && own !== undefined) {
    settings.rotation.handover = join(own.directory, 'data', 'handover', 'signed.json')
  }
  writeFileSync(path, JSON.stringify(settings))
}

async function untilAll(
  side: Side,
  what: string,
  probe: (client: NodeClient) => Promise<boolean>,
): Promise<void> {
  const all = async () => ((await Promise.all(side.clients.map(probe))).every(Boolean) ? 1 : null)
  const check = () => {
    for (const each of processes) each.assertRunning()
  }
  await waitFor(all, { what, timeoutMs: 120_000, signal, check })
}

function rotate(args: readonly string[]) {
  return run(process.execPath, ['node/cli/main.ts', 'rotate', ...args, '--json'])
}

async function rotation(client: NodeClient): Promise<RotationView> {
  return JSON.parse((await rotate(['status', '--url', client.address])).stdout)
}

/** What operators do: compare what `check` says, and approve just that, each on its own node. */
async function approveEverywhere(): Promise<void> {
  activeFromMs = Date.now() + LEAD_MS
  const about = [
    ...['--next', join(directory, 'next', COMMITTEE_FILE), '--epoch', '2'],
    ...['--active-from', new Date(activeFromMs).toISOString()],
  ]
  const [first] = old.files.nodes
  if (first === undefined) throw new Error('four members')
  const facts = JSON.parse((await rotate(['check', '--config', first.config, ...about])).stdout)
  expect(facts.membersAdded).toHaveLength(2)
  expect(facts.membersRemoved).toHaveLength(1)
  expect(facts.parametersChanged).toEqual(['probeEvery'])
  const wrong = randomBytes(32).toString('hex')
  const refused = rotate(['approve', '--config', first.config, ...about, '--message', wrong])
  await expect(refused).rejects.toMatchObject({ code: 13 })
  for (const { config } of old.files.nodes) {
    await rotate(['approve', '--config', config, ...about, '--message', facts.message])
  }
}

/** Every round that somebody certified, of the newest that nodes show, with its committee. */
async function certifiedBy(side: Side): Promise<ReadonlySet<number>> {
  const rounds = new Set<number>()
  for (const client of side.clients) {
    for (const { round, path } of (await client.rounds()) ?? []) {
      if (path === 'fast' || path === 'proposed') rounds.add(round)
    }
  }
  return rounds
}

/** The round that the hub holds for the first feed, block by block, in milliseconds of blocks. */
async function heldByBlock(): Promise<
  readonly { readonly atMs: number; readonly round: number }[]
> {
  const client = testClient()
  const head = await chain.head()
  const held: { readonly atMs: number; readonly round: number }[] = []
  for (let number = head > 90n ? head - 90n : 1n; number <= head; number++) {
    const block = await client.getBlock({ blockNumber: number })
    const round = await chain.heldRound(0, number).catch(() => 0)
    held.push({ atMs: Number(block.timestamp) * 1_000, round })
  }
  return held
}

function testClient() {
  const transport = http(chain.rpcUrl)
  return createTestClient({ mode: 'hardhat', transport }).extend(publicActions)
}

async function outcomeOf(data: Hex): Promise<string> {
  const reader = createPublicClient({ transport: http(chain.rpcUrl) })
  return reader
    .call({ to: chain.deployment.hub, data })
    .then(() => 'accepted')
    .catch((error: unknown) => errorOf(error).name)
}

test('a committee of four becomes one of five while prices go on', async () => {
  await approveEverywhere()
  await untilAll(old, 'the hand-over to be signed', async (client) => {
    return (await rotation(client)).signed !== null
  })
  expect(Date.now(), 'the lead is long enough').toBeLessThan(activeFromMs)
  await untilAll(next, 'everybody to know its term', async (client) => {
    return (await rotation(client)).term.fromMs === activeFromMs
  })
  await pauseFor(activeFromMs + AFTER_MS - Date.now())

  const { genesisMs, timing } = next.committee.params
  const switchRound = Math.ceil((activeFromMs - genesisMs) / timing.roundMs)
  const [byOld, byNext] = [await certifiedBy(old), await certifiedBy(next)]
  expect(Math.max(...byOld), 'the old one ends').toBeLessThan(switchRound)
  expect(Math.min(...byNext), 'the next one does not begin early').toBeGreaterThanOrEqual(
    switchRound,
  )
  const lastRound = Math.floor((activeFromMs + AFTER_MS - 2_000 - genesisMs) / timing.roundMs)
  const certified = [...byOld, ...byNext].filter((each) => each <= lastRound)
  const around = certified.filter((each) => each >= switchRound - 10).toSorted((a, b) => a - b)
  const gaps = around.slice(1).map((round, index) => round - (around[index] as number) - 1)
  const gap = Math.max(...gaps)
  process.stdout.write(`longest gap around the switch: ${gap} rounds of ${timing.roundMs} ms\n`)
  expect(gap * timing.roundMs).toBeLessThanOrEqual(1_000)
})

test('the contract is with the next committee and takes its certificates', async () => {
  const held = await waitFor(
    async () => {
      const epoch = await testClient().readContract({
        address: chain.deployment.hub,
        abi: priceFeedsAbi,
        functionName: 'epoch',
      })
      const { genesisMs, timing } = next.committee.params
      const rounds = await heldByBlock()
      const newest = rounds.at(-1)?.round ?? 0
      return epoch === 2n && genesisMs + newest * timing.roundMs >= activeFromMs ? rounds : null
    },
    { what: 'a delivery of the next committee', timeoutMs: 30_000, signal },
  )
  const { digest } = await testClient().readContract({
    address: chain.deployment.hub,
    abi: priceFeedsAbi,
    functionName: 'committee',
    args: [2n],
  })
  expect(digest).toBe(bytesToHex(next.committee.digest))
  const rounds = held.map(({ round }) => round)
  expect(rounds, 'rounds on chain only rise').toEqual(rounds.toSorted((a, b) => a - b))
  const changes = held.filter(({ round }, index) => round !== held[index - 1]?.round)
  const firstOfNext = changes.find(({ round }) => {
    const { genesisMs, timing } = next.committee.params
    return genesisMs + round * timing.roundMs >= activeFromMs
  })
  const delayMs = (firstOfNext?.atMs ?? 0) - activeFromMs
  process.stdout.write(`first delivery of the next committee: ${delayMs} ms after the switch\n`)
})

test('the old key is refused in its place at once, and after the overlap everywhere', async () => {
  const [client] = old.clients
  const rounds = [...(await certifiedBy(old))]
  const answer = await client?.certificate(Math.max(...rounds))
  const certificate = decode(old.committee, fromHex(answer?.certificate ?? ''))
  if (certificate?.type !== 'certificate') throw new Error('the old node serves its certificates')
  const { params, groupKey } = old.committee
  const update = {
    certificate,
    feeds: [0],
    committee: {
      epoch: 1,
      publicKey: groupKey.publicKey,
      clock: { genesisMs: params.genesisMs, ...params.timing },
      isFirstClock: true,
    },
  }
  expect(await outcomeOf(bytesToHex(encodeUpdate(keccak_256, update)))).toMatch(
    /KeyUnknown|SignatureInvalid/,
  )
  const selector = toFunctionSelector('updateByPrevious()').slice(2)
  const byPrevious = `0x${selector}${toHex(encodeReport(keccak_256, update))}` as const
  // Its successor has reported the feed: from then on the old one is not heard there (§8.3).
  expect(await outcomeOf(byPrevious)).toBe('CommitteeSuperseded')
  await testClient().increaseTime({ seconds: 3_601 })
  await testClient().mine({ blocks: 1 })
  expect(await outcomeOf(byPrevious)).toBe('CommitteeExpired')
})

test('a second hand-over of the epoch is refused on every old node', async () => {
  const later = ['--active-from', new Date(Date.now() + 600_000).toISOString(), '--epoch', '2']
  const about = ['--next', join(directory, 'next', COMMITTEE_FILE), ...later]
  for (const { config } of old.files.nodes) {
    const { stdout } = await rotate(['check', '--config', config, ...about])
    const { message } = JSON.parse(stdout)
    const refused = rotate(['approve', '--config', config, ...about, '--message', message])
    await expect(refused).rejects.toMatchObject({ code: 13 })
  }
})
