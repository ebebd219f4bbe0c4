import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Derivation, TimingParams } from '../../aggregator/committee/params.ts'
import { type LocalCommittee, localCommittee } from '../../node/devnet/committee.ts'
import {
  createRunDirectory,
  type NodeFiles,
  type RunFiles,
  type RunOptions,
  writeConfigurations,
  writeRunFiles,
} from '../../node/devnet/files.ts'
import type { LocalNode } from '../../node/devnet/network.ts'
import { NodeClient } from '../../node/devnet/node-client.ts'
import { LocalProcess, type ProcessOptions } from '../../node/devnet/process.ts'
import { freePorts, waitFor } from '../../node/devnet/wait.ts'

export interface OraclesOptions {
  readonly nodes: number
  readonly feeds: readonly string[]
  /** What differs from the timing of a local network. */
  readonly timing?: Partial<TimingParams>
  readonly probeEvery?: number
  /** How old a spot feed may grow on the chain, in milliseconds. */
  readonly heartbeatMs?: number
  readonly chain?: RunOptions['chain']
  /** Members that never run. */
  readonly silent?: readonly number[]
  /** How a node's process differs from a plain one. */
  readonly process?: (
    node: NodeFiles,
  ) => Partial<Pick<ProcessOptions, 'args' | 'nodeFlags' | 'within'>>
  /** Rewrites files of the run before anything starts. */
  readonly prepare?: (files: RunFiles) => Promise<void>
}

/** Timing of a worldwide committee (protocol §3): rounds of one second. */
export const WORLDWIDE_TIMING: TimingParams = {
  roundMs: 1_000,
  hopMs: 150,
  includeMs: 200,
  fastMs: 360,
  cutMs: 520,
  backupMs: 160,
  voteMs: 990,
  stageMs: 1_000,
  clockSkewMsMax: 10,
}

/**
 * A committee of real processes on loopback with a market of their own, for benches and long runs:
 * the key comes from a dealer, and there is no chain unless one is given.
 */
export class Oracles {
  readonly directory: string
  readonly files: RunFiles
  readonly committee: LocalCommittee
  readonly nodes: readonly LocalNode[]
  readonly #market: LocalProcess
  readonly #marketUrl: string
  readonly #silent: readonly number[]

  private constructor(parts: {
    readonly directory: string
    readonly files: RunFiles
    readonly committee: LocalCommittee
    readonly nodes: readonly LocalNode[]
    readonly market: LocalProcess
    readonly marketUrl: string
    readonly silent: readonly number[]
  }) {
    this.directory = parts.directory
    this.files = parts.files
    this.committee = parts.committee
    this.nodes = parts.nodes
    this.#market = parts.market
    this.#marketUrl = parts.marketUrl
    this.#silent = parts.silent
  }

  /** The members that run. */
  get running(): readonly LocalNode[] {
    return this.nodes.filter(({ index }) => !this.#silent.includes(index))
  }

  /** Writes all files; nothing runs yet. */
  static async create(options: OraclesOptions): Promise<Oracles> {
    const { nodes: size, feeds, chain = null } = options
    const directory = await createRunDirectory()
    const [marketPort = 0, ...ports] = await freePorts(1 + 2 * size)
    const committee = committeeFor(localCommittee({ size, feeds, genesisMs: Date.now() }), options)
    const marketUrl = `http://127.0.0.1:${marketPort}`
    const files = await writeRunFiles(directory, { committee, ports, chain, marketUrl })
    await options.prepare?.(files)
    const market = new LocalProcess({
      name: 'market',
      args: ['node/devnet/market/main.ts', '--port', String(marketPort), '--incidents', 'none'],
      logPath: join(directory, 'market.log'),
    })
    const nodes = files.nodes.map((node) => ({
      index: node.index,
      files: node,
      process: new LocalProcess({
        name: `oracle-${node.index}`,
        args: ['node/cli/main.ts', 'run', '--config', node.config],
        logPath: node.log,
        secret: files.passphrase,
        ...options.process?.(node),
      }),
      client: new NodeClient(node.apiPort),
    }))
    const { silent = [] } = options
    return new Oracles({ directory, files, committee, nodes, market, marketUrl, silent })
  }

  /** Names a chain that was made for this committee, before the start. */
  async deliverTo(chain: RunOptions['chain']): Promise<void> {
    await writeConfigurations(this.files, { chain, marketUrl: this.#marketUrl })
  }

  /**
   * Starts market and oracles.
   *
   * @throws {OracleError} `DEVNET_TIMEOUT`, `DEVNET_PROCESS_ENDED`
   */
  async start(signal: AbortSignal): Promise<void> {
    this.#market.start()
    for (const { process } of this.running) process.start()
    await waitFor(
      async () => {
        const ready = await Promise.all(this.running.map(({ client }) => client.isReady()))
        return ready.every(Boolean) ? true : null
      },
      {
        what: 'the oracles',
        timeoutMs: 180_000,
        signal,
        check: () => {
          for (const { process } of this.running) process.assertRunning()
        },
      },
    )
  }

  async stop(files: 'remove' | 'leave'): Promise<void> {
    await Promise.all(
      [this.#market, ...this.nodes.map(({ process }) => process)].map((each) => each.stop()),
    )
    if (files === 'remove') rmSync(this.directory, { recursive: true, force: true })
  }
}

/** Makes and starts them; when anything fails, what was started is stopped again. */
export async function startedOracles(
  options: OraclesOptions,
  signal: AbortSignal,
): Promise<Oracles> {
  const oracles = await Oracles.create(options)
  try {
    await oracles.start(signal)
    return oracles
  } catch (error) {
    await oracles.stop(signal.aborted ? 'remove' : 'leave')
    throw error
  }
}

/** A local committee with other timing; windows of derived feeds hold as many rounds as before. */
export function committeeFor(
  made: LocalCommittee,
  options: Pick<OraclesOptions, 'timing' | 'probeEvery' | 'heartbeatMs'>,
): LocalCommittee {
  const { params, groupKey } = made.file
  const { probeEvery, heartbeatMs } = options
  const timing = { ...params.timing, ...options.timing }
  const factor = timing.roundMs / params.timing.roundMs
  const changed = {
    ...params,
    feeds: params.feeds.map((feed) => ({
      ...feed,
      ...(heartbeatMs !== undefined && feed.kind === 'spot' ? { heartbeatMs } : {}),
      ...(feed.derivation === undefined || feed.kind === 'volatility'
        ? {}
        : { derivation: drawn(feed.derivation, factor) }),
    })),
    timing,
    probeEvery: probeEvery ?? params.probeEvery,
  }
  return { ...made, file: { params: changed, groupKey } }
}

function drawn(derivation: Derivation, factor: number): Derivation {
  const { windowMs, stepMs } = derivation
  const longer = { windowMs: windowMs * factor, stepMs: stepMs === null ? null : stepMs * factor }
  return { ...derivation, ...longer }
}
