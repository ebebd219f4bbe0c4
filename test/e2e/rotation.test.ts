import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pauseFor } from 'node:timers/promises'
import { keccak_256 } from '@noble/hashes/sha3.js'
import {
  bytesToHex,
  createPublicClient,
  createTestClient,
  type Hex,
  http,
  publicActions,
} from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Committee, committeeOf, openingOf } from '../../aggregator/committee/committee.ts'
import type { TimingParams } from '../../aggregator/committee/params.ts'
import { decode } from '../../aggregator/messages/codec.ts'
import { encodeUpdate } from '../../aggregator/report/calldata.ts'
import { FEED_STATUS } from '../../aggregator/report/feed-report.ts'
import { decodeWord } from '../../aggregator/report/words.ts'
import { fromHex } from '../../aggregator/values/bytes.ts'
import type { UnixMs } from '../../aggregator/values/time.ts'
import { priceFeedsAbi } from '../../contracts/abi/price-feeds.ts'
import type { RotationView } from '../../node/api/view.ts'
import { JOURNAL_FILE } from '../../node/compose/store.ts'
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
import { parallax } from '../support/parallax.ts'

const FEEDS = ['BTC/USD']
/** Nine oracles, a market and a chain on two cores: rounds with room for a busy machine. */
const TIMING: TimingParams = {
  roundMs: 1_000,
  includeMs: 350,
  hopMs: 100,
  fastMs: 460,
  cutMs: 570,
  backupMs: 110,
  voteMs: 900,
  stageMs: 1_000,
  clockSkewMsMax: 5,
}
/**
 * From the approvals until the switch: agreeing takes an attempt or two of two seconds, and a
 * machine that is slow to approve is slow to agree.
 */
const LEAD_MS = 8_000
const COMMANDS_IN_LEAD = 12
const AFTER_MS = 5_000
/** Of averages: longer than what is seen of the next committee. */
const WINDOW_MS = 12_000
/**
 * What a switch may cost beyond the wait for the next round that there always is: a round by
 * itself, and as many again as a machine loses that much else keeps from running nine oracles.
 */
const GAP_MS_MAX = 3_000
/** Until the hub has the next committee: a few looks of its members, of some seconds each. */
const OFFICE_MS_MAX = 30_000
/** Of the old committee: its keys are with a signer in a process of its own. */
const WITH_SIGNER = 0
/** Members of the old committee that stay; the fourth is replaced, and a fifth comes. */
const STAY = [0, 1, 2]

const signal = AbortSignal.timeout(580_000)

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
  const first = slow(localCommittee({ size: 4, feeds: FEEDS, genesisMs }))
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
})

afterAll(async () => {
  await Promise.all(processes.toReversed().map((each) => each.stop()))
  rmSync(directory, { recursive: true, force: true })
})

function slow({ file, members }: LocalCommittee): LocalCommittee {
  const { roundMs } = TIMING
  const feeds = file.params.feeds.map((feed) =>
    // The tenor of an implied volatility is no window over rounds.
    feed.derivation === undefined || feed.kind === 'volatility'
      ? feed
      : {
          ...feed,
          derivation: {
            ...feed.derivation,
            windowMs: WINDOW_MS,
            stepMs: feed.derivation.stepMs === null ? null : roundMs,
          },
        },
  )
  return { file: { ...file, params: { ...file.params, timing: TIMING, feeds } }, members }
}

/** Three members stay, one is replaced, one is added, and a parameter changes. */
function successorOf(first: LocalCommittee): LocalCommittee {
  const { genesisMs } = first.file.params
  const fresh = slow(localCommittee({ size: 5, feeds: FEEDS, genesisMs }))
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
    else if (index === WITH_SIGNER) withSigner(config, files.passphrase)
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
    settings.rotation.journal = join(own.directory, 'data', JOURNAL_FILE)
  }
  writeFileSync(path, JSON.stringify(settings))
}

/** Moves the keys of a member into a process of their own. */
function withSigner(path: string, passphrase: string): void {
  const settings = JSON.parse(readFileSync(path, 'utf8'))
  settings.keys.signer = { socket: 'signer/signer.sock', directory: 'signer-data' }
  writeFileSync(path, JSON.stringify(settings))
  start('old-signer', ['node/cli/main.ts', 'signer', '--config', path], passphrase)
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

/** One command line as an operator types it, in this process: a start of one takes a second. */
async function rotate(args: readonly string[]) {
  const { exitCode: code, ...said } = await parallax('rotate', ...args, '--json')
  return { code, ...said }
}

async function rotation(client: NodeClient): Promise<RotationView> {
  return JSON.parse((await rotate(['status', '--url', client.address])).stdout)
}

/** What operators do: compare what `check` says, and approve just that, each on its own node. */
async function approveEverywhere(): Promise<void> {
  const [first] = old.files.nodes
  if (first === undefined) throw new Error('four members')
  const from = (atMs: number) => [
    ...['--next', join(directory, 'next', COMMITTEE_FILE), '--epoch', '2'],
    ...['--active-from', new Date(atMs).toISOString()],
  ]
  const check = (atMs: number) => rotate(['check', '--config', first.config, ...from(atMs)])
  // The first command of a process loads what the others have.
  await check(Date.now() + 600_000)
  const beganMs = Date.now()
  await check(beganMs + 600_000)
  const leadMs = LEAD_MS + COMMANDS_IN_LEAD * (Date.now() - beganMs)
  activeFromMs = Date.now() + leadMs
  const about = from(activeFromMs)
  const facts = JSON.parse((await check(activeFromMs)).stdout)
  expect(facts.membersAdded).toHaveLength(2)
  expect(facts.membersRemoved).toHaveLength(1)
  expect(facts.parametersChanged).toEqual(['probeEvery'])
  const wrong = randomBytes(32).toString('hex')
  const refused = await rotate(['approve', '--config', first.config, ...about, '--message', wrong])
  expect(refused.code).toBe(13)
  for (const { config } of old.files.nodes) {
    const done = await rotate(['approve', '--config', config, ...about, '--message', facts.message])
    expect(done).toMatchObject({ code: 0, stderr: '' })
  }
}

/** When somebody first held the certificate of each round, of the newest that nodes show. */
async function certifiedBy(side: Side): Promise<ReadonlyMap<number, UnixMs>> {
  const heldMs = new Map<number, UnixMs>()
  for (const client of side.clients) {
    for (const { round, latencyMs } of (await client.rounds()) ?? []) {
      if (latencyMs === null) continue
      const atMs = openingOf(side.committee, round) + latencyMs
      heldMs.set(round, Math.min(atMs, heldMs.get(round) ?? Number.POSITIVE_INFINITY))
    }
  }
  return heldMs
}

interface BlockSeen {
  /** By the block itself, in whole seconds. */
  readonly atMs: UnixMs
  /** Number of the committee in office on the hub. */
  readonly epoch: bigint
  /** Round that the hub holds for the first feed. */
  readonly round: number
}

/** What the hub held in the newest blocks, the oldest first. */
async function blocks(): Promise<readonly BlockSeen[]> {
  const client = testClient()
  const head = await chain.head()
  const seen: BlockSeen[] = []
  for (let blockNumber = head > 40n ? head - 40n : 1n; blockNumber <= head; blockNumber++) {
    const block = await client.getBlock({ blockNumber })
    const round = await chain.heldRound(0, blockNumber).catch(() => 0)
    const hub = { address: chain.deployment.hub, abi: priceFeedsAbi } as const
    const epoch = await client.readContract({ ...hub, functionName: 'epoch', blockNumber })
    seen.push({ atMs: Number(block.timestamp) * 1_000, epoch, round })
  }
  return seen
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
  process.stdout.write(`signed ${activeFromMs - Date.now()} ms before the switch\n`)
  expect(Date.now(), 'the lead is long enough').toBeLessThan(activeFromMs)
  await untilAll(next, 'everybody to know its term', async (client) => {
    return (await rotation(client)).term.fromMs === activeFromMs
  })
  await pauseFor(activeFromMs + AFTER_MS - Date.now())

  const { genesisMs, timing } = next.committee.params
  const switchRound = Math.ceil((activeFromMs - genesisMs) / timing.roundMs)
  const [byOld, byNext] = [await certifiedBy(old), await certifiedBy(next)]
  expect(Math.max(...byOld.keys()), 'the old one ends').toBeLessThan(switchRound)
  expect(Math.min(...byNext.keys()), 'the next one does not begin early').toBeGreaterThanOrEqual(
    switchRound,
  )
  const fromMs = activeFromMs - 5 * timing.roundMs
  const untilMs = activeFromMs + AFTER_MS - timing.roundMs
  const heldMs = [...byOld.values(), ...byNext.values()].filter((atMs) => atMs >= fromMs)
  const times = [fromMs, ...heldMs, untilMs].toSorted((a, b) => a - b)
  const gaps = times.slice(1).map((atMs, index) => atMs - (times[index] as number))
  const gapMs = Math.max(0, Math.round(Math.max(...gaps) - timing.roundMs))
  process.stdout.write(`longest time without a certificate: ${gapMs} ms beyond a round\n`)
  expect(gapMs).toBeLessThanOrEqual(GAP_MS_MAX)
})

test('averages of the old committee go on in the next one', async () => {
  const { params } = next.committee
  const average = params.feeds.findIndex(({ kind }) => kind === 'twap')
  const firstRound = Math.ceil((activeFromMs - params.genesisMs) / params.timing.roundMs)
  // The last certificates of the old committee are read two rounds after the switch.
  const rounds = await waitFor(
    async () => {
      const certified = [...(await certifiedBy(next)).keys()]
      const later = certified.filter((round) => round >= firstRound + 3)
      return later.length < 2 ? null : later.toSorted((a, b) => a - b).slice(0, 2)
    },
    { what: 'two rounds of the next committee', timeoutMs: 120_000, signal },
  )
  for (const round of rounds) {
    const served = await Promise.all(next.clients.map((client) => client.certificate(round)))
    const { certificate = '' } = served.find((each) => each !== null) ?? {}
    const decoded = decode(next.committee, fromHex(certificate))
    if (decoded?.type !== 'certificate') throw new Error(`round ${round} was certified`)
    const report = decodeWord(decoded.words[average] ?? new Uint8Array(0))
    expect(report?.status, `round ${round}`).toBe(FEED_STATUS.ok)
  }
})

test('the contract is with the next committee and takes its certificates', async () => {
  const { genesisMs, timing } = next.committee.params
  const isOfNext = ({ round }: BlockSeen) => genesisMs + round * timing.roundMs >= activeFromMs
  const seen = await waitFor(
    async () => {
      const newest = await chain.heldRound(0, await chain.head())
      return isOfNext({ atMs: 0, epoch: 0n, round: newest }) ? await blocks() : null
    },
    { what: 'a delivery of the next committee', timeoutMs: 120_000, signal },
  )
  const { digest } = await testClient().readContract({
    address: chain.deployment.hub,
    abi: priceFeedsAbi,
    functionName: 'committee',
    args: [2n],
  })
  expect(digest).toBe(bytesToHex(next.committee.digest))
  const [client] = next.clients
  const served = await client?.certificate(Math.max(...(await certifiedBy(next)).keys()))
  expect(served?.epoch, 'what strangers deliver is for the next committee').toBe(2)
  const rounds = seen.map(({ round }) => round)
  expect(rounds, 'rounds on chain only rise').toEqual(rounds.toSorted((a, b) => a - b))
  expect(seen.filter(isOfNext).every(({ epoch }) => epoch === 2n)).toBe(true)
  const inOffice = seen.find(({ epoch }) => epoch === 2n)
  const officeMs = (inOffice?.atMs ?? 0) - activeFromMs
  process.stdout.write(`the hub has the next committee ${officeMs} ms after the switch\n`)
  expect(officeMs).toBeGreaterThanOrEqual(-999)
  expect(officeMs).toBeLessThan(OFFICE_MS_MAX)
})

test('what the old key signed is refused once its successor has reported', async () => {
  const [client] = old.clients
  const rounds = (await certifiedBy(old)).keys()
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
  expect(await outcomeOf(bytesToHex(encodeUpdate(keccak_256, update)))).toBe('RoundNotNewer')
  const flagged = { ...update, committee: { ...update.committee, isPrevious: true } }
  const byPrevious = bytesToHex(encodeUpdate(keccak_256, flagged))
  // Its successor has reported the feed: from then on the old one is not heard there (§8.3).
  expect(await outcomeOf(byPrevious)).toBe('CommitteeSuperseded')
})

test('a second hand-over of the epoch is refused on every old node', async () => {
  const later = ['--active-from', new Date(Date.now() + 600_000).toISOString(), '--epoch', '2']
  const about = ['--next', join(directory, 'next', COMMITTEE_FILE), ...later]
  for (const { config } of old.files.nodes) {
    const { stdout } = await rotate(['check', '--config', config, ...about])
    const { message } = JSON.parse(stdout)
    const refused = await rotate(['approve', '--config', config, ...about, '--message', message])
    expect(refused.code).toBe(13)
    expect(refused.stderr).toContain('HANDOVER_LOCKED')
  }
})
