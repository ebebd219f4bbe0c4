import { randomInt } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { keccak_256 } from '@noble/hashes/sha3.js'
import { toHex } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { type Committee, committeeOf } from '../../aggregator/committee/committee.ts'
import type { CommitteeFile } from '../config/committee-file.ts'
import { codeOf, OracleError } from '../errors.ts'
import { LOCAL_CHAIN_ID, LocalChain } from './chain/local-chain.ts'
import {
  type LocalCommittee,
  type LocalCommitteeToBe,
  localCommittee,
  localCommitteeToBe,
} from './committee.ts'
import {
  createRunDirectory,
  type NodeFiles,
  type RunFiles,
  writeConfigurations,
  writeRunFiles,
} from './files.ts'
import { generateLocalKey } from './keygen.ts'
import { NodeClient } from './node-client.ts'
import type { DevnetOptions } from './options.ts'
import { LocalProcess } from './process.ts'
import { freePorts, waitFor } from './wait.ts'

/** A machine with much else to do needs half a minute for what takes five seconds alone. */
const READY_MS_MAX = 120_000

/** One oracle of the local network: its process, its files, and its public API. */
export interface LocalNode {
  readonly index: number
  readonly files: NodeFiles
  readonly process: LocalProcess
  readonly client: NodeClient
}

/** Everything that runs: chain, market and oracles, each a process of its own. */
export interface LocalNetwork {
  readonly directory: string
  readonly committee: Committee
  readonly chain: LocalChain
  readonly market: LocalProcess | null
  /** Address of the local market; null with the real venues. */
  readonly marketUrl: string | null
  readonly nodes: readonly LocalNode[]
  /** How long the members took to generate their key, processes included; null from a dealer. */
  readonly keygenMs: number | null
  /** When the oracles were started, on the monotonic clock. */
  readonly startedAtMs: number
  /** Ends every process, newest first, and removes the files of the run unless they are to stay. */
  readonly stop: (files: 'remove' | 'leave') => Promise<void>
}

export interface StartNetworkOptions {
  readonly options: DevnetOptions
  readonly signal: AbortSignal
  /** Says what is being done, for people who wait. */
  readonly say: (text: string) => void
}

/** Starts a local network; when anything fails, what was started is stopped again. */
export async function startNetwork(start: StartNetworkOptions): Promise<LocalNetwork> {
  const { options, signal, say } = start
  const directory = await createRunDirectory()
  const processes: LocalProcess[] = []
  const stop = async (files: 'remove' | 'leave') => {
    await Promise.all(processes.toReversed().map((each) => each.stop()))
    if (files === 'remove') await rm(directory, { recursive: true, force: true })
  }
  try {
    return await assemble({ options, signal, say, directory, processes, stop })
  } catch (error) {
    await stop(signal.aborted ? 'remove' : 'leave')
    throw error
  }
}

interface Assembly extends StartNetworkOptions {
  readonly directory: string
  readonly processes: LocalProcess[]
  readonly stop: LocalNetwork['stop']
}

async function assemble(assembly: Assembly): Promise<LocalNetwork> {
  const { options, signal, say, directory, processes } = assembly
  const [chainPort = 0, marketPort = 0, ...ports] = await freePorts(2 + 2 * options.nodes)
  const local = makeCommittee(options)
  const chain = new LocalChain({ port: chainPort, logPath: join(directory, 'chain.log') })
  const market = options.sources === 'live' ? null : startMarket(assembly, marketPort)
  processes.push(chain.process, ...(market === null ? [] : [market]))
  const marketUrl = market === null ? null : `http://127.0.0.1:${marketPort}`
  const files = await writeRunFiles(directory, { committee: local, ports, chain: null, marketUrl })
  const [{ file, keygenMs }] = await Promise.all([
    obtainKey({ local, files, processes, say, signal }),
    chain.start(signal),
  ])
  signal.throwIfAborted()
  const committee = committeeOf((bytes) => keccak_256(bytes), file)
  say(`deploying the contracts to chain ${LOCAL_CHAIN_ID}`)
  const wallets = local.members.map(({ transmitter }) =>
    transmitter.use((key) => privateKeyToAccount(toHex(key)).address),
  )
  await chain.deploy({ committee, wallets })
  market?.assertRunning()
  const { rpcUrl, deployment } = chain
  const target = { rpcUrl, chainId: LOCAL_CHAIN_ID, contract: deployment.hub }
  await writeConfigurations(files, { chain: target, marketUrl })
  say(`starting ${options.nodes} oracles`)
  const nodes = files.nodes.map((each) => makeNode(each, files.passphrase))
  processes.push(...nodes.map((node) => node.process))
  const startedAtMs = performance.now()
  for (const node of nodes) node.process.start()
  const { stop } = assembly
  const running = { directory, committee, chain, market, marketUrl, nodes }
  return { ...running, keygenMs, startedAtMs, stop }
}

/** The committee with its key: from the dealer, or from the members themselves. */
async function obtainKey(making: {
  readonly local: LocalCommittee | LocalCommitteeToBe
  readonly files: RunFiles
  readonly processes: LocalProcess[]
  readonly say: StartNetworkOptions['say']
  readonly signal: AbortSignal
}): Promise<{ readonly file: CommitteeFile; readonly keygenMs: number | null }> {
  const { local, files, processes, say, signal } = making
  if ('file' in local) {
    say('a dealer made the key and knows it: for development only')
    return { file: local.file, keygenMs: null }
  }
  say(`starting the chain; ${local.members.length} members generate their key`)
  const { committee, durationMs } = await generateLocalKey({ files, processes, signal })
  say(`the key was generated in ${durationMs} ms; no process ever knew it`)
  return { file: committee, keygenMs: durationMs }
}

function makeCommittee(options: DevnetOptions): LocalCommittee | LocalCommitteeToBe {
  // A little in the past, so that rounds run when the oracles come up, and never at a round number
  // of seconds: nothing may depend on that.
  const genesisMs = Date.now() - 10_000 + randomInt(500)
  const chosen = { size: options.nodes, feeds: options.feeds, genesisMs }
  return options.key === 'dealt' ? localCommittee(chosen) : localCommitteeToBe(chosen)
}

function startMarket({ options, directory }: Assembly, port: number): LocalProcess {
  const market = new LocalProcess({
    name: 'market',
    args: [
      'node/devnet/market/main.ts',
      '--port',
      String(port),
      '--seed',
      String(options.seed),
      '--incidents',
      options.incident,
      // Whoever watches sees the incident from its beginning, however long the start took.
      '--wait',
    ],
    logPath: join(directory, 'market.log'),
  })
  market.start()
  return market
}

function makeNode(files: NodeFiles, passphrase: string): LocalNode {
  const process = new LocalProcess({
    name: `oracle-${files.index}`,
    args: ['node/cli/main.ts', 'run', '--config', files.config],
    logPath: files.log,
    secret: passphrase,
  })
  return { index: files.index, files, process, client: new NodeClient(files.apiPort) }
}

/**
 * Waits until every oracle says that it can do its work.
 *
 * @throws {OracleError} `DEVNET_NOT_READY` with what each oracle says is in its way
 */
export async function waitUntilReady(network: LocalNetwork, signal: AbortSignal): Promise<void> {
  const probe = async () => {
    const ready = await Promise.all(network.nodes.map(({ client }) => client.isReady()))
    return ready.every(Boolean) ? true : null
  }
  try {
    await waitFor(probe, {
      what: 'every oracle to be ready',
      timeoutMs: READY_MS_MAX,
      signal,
      check: () => {
        for (const { process } of network.nodes) process.assertRunning()
      },
    })
  } catch (cause) {
    if (codeOf(cause) !== 'DEVNET_TIMEOUT') throw cause
    const hint = network.market === null ? '; can this machine reach the exchanges?' : ''
    throw new OracleError(
      'DEVNET_NOT_READY',
      `the oracles are not ready after two minutes: ${await obstaclesOf(network)}${hint}`,
      { cause },
    )
  }
}

/** What each oracle says is in its way, and what its venues say, each once. */
async function obstaclesOf(network: LocalNetwork): Promise<string> {
  const said = new Set<string>()
  for (const { client, index } of network.nodes) {
    const overview = await client.overview()
    if (overview === null) said.add(`oracle-${index} does not answer`)
    for (const obstacle of overview?.obstacles ?? []) said.add(obstacle)
    for (const { venue, code } of overview?.sources ?? []) {
      if (code !== null) said.add(`${venue} ${code}`)
    }
  }
  return [...said].join(', ')
}
