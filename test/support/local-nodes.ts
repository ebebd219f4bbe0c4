import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CommitteeFile } from '../../node/config/committee-file.ts'
import { localCommittee } from '../../node/devnet/committee.ts'
import {
  createRunDirectory,
  type NodeFiles,
  type RunFiles,
  writeRunFiles,
} from '../../node/devnet/files.ts'
import { NodeClient } from '../../node/devnet/node-client.ts'
import { LocalProcess } from '../../node/devnet/process.ts'
import { freePorts, waitFor } from '../../node/devnet/wait.ts'

export interface LocalNode {
  readonly files: NodeFiles
  readonly process: LocalProcess
  readonly client: NodeClient
}

type Config = Record<string, unknown> & { keys: Record<string, unknown> }

/** Oracles as processes of their own on this machine, with a market and without a chain. */
export class LocalNodes {
  readonly directory: string
  readonly committee: CommitteeFile
  readonly files: RunFiles
  readonly market: LocalProcess
  readonly #processes: LocalProcess[] = []

  private constructor(made: {
    readonly committee: CommitteeFile
    readonly files: RunFiles
    readonly market: LocalProcess
  }) {
    this.directory = made.files.directory
    this.committee = made.committee
    this.files = made.files
    this.market = made.market
    this.#processes.push(made.market)
  }

  /** Writes keys and configurations of a committee, and starts its market. */
  static async prepare(size: number): Promise<LocalNodes> {
    const directory = await createRunDirectory()
    const made = localCommittee({ size, feeds: ['BTC/USD'], genesisMs: Date.now() - 10_000 })
    const [marketPort = 0, ...ports] = await freePorts(1 + 2 * size)
    const marketUrl = `http://127.0.0.1:${marketPort}`
    const files = await writeRunFiles(directory, { committee: made, ports, chain: null, marketUrl })
    const market = new LocalProcess({
      name: 'market',
      args: [
        ...['node/devnet/market/main.ts', '--port', String(marketPort)],
        ...['--seed', '1', '--incidents', 'none'],
      ],
      logPath: join(directory, 'market.log'),
    })
    market.start()
    return new LocalNodes({ committee: made.file, files, market })
  }

  /** The oracle of a member, not started; `env` is the environment of its process. */
  node(index: number, env?: NodeJS.ProcessEnv): LocalNode {
    const files = this.files.nodes[index]
    if (files === undefined) throw new RangeError(`no member ${index}`)
    return this.nodeOf(files, env)
  }

  /** An oracle with these files, which may be copies of another's. */
  nodeOf(files: NodeFiles, env?: NodeJS.ProcessEnv): LocalNode {
    const process = this.run(`oracle-${files.index}`, files, { command: 'run', env })
    return { files, process, client: new NodeClient(files.apiPort) }
  }

  /**
   * The configuration, the keys and, where asked for, the data of a member once more, with ports of
   * their own, as on another machine.
   */
  async copyOf(files: NodeFiles, name: string, data: 'with data' | 'without data') {
    const directory = join(this.directory, name)
    mkdirSync(directory)
    const dataDirectory = join(files.directory, 'data')
    cpSync(files.directory, directory, {
      recursive: true,
      filter: (path) => data === 'with data' || path !== dataDirectory,
    })
    const [gossipPort = 0, apiPort = 0] = await freePorts(2)
    const copy: NodeFiles = {
      ...{ index: files.index, directory, gossipPort, apiPort },
      config: join(directory, 'config.json'),
      log: join(directory, 'node.log'),
    }
    this.configure(copy, (config) => {
      const { members } = config.network as { readonly members: unknown }
      config.network = { listen: [`/ip4/127.0.0.1/tcp/${gossipPort}`], members }
      config.api = { port: apiPort }
    })
    return copy
  }

  /** A command of `parallax` on the configuration of a member, not started. */
  run(
    name: string,
    files: NodeFiles,
    { command, env }: { readonly command: string; readonly env?: NodeJS.ProcessEnv | undefined },
  ): LocalProcess {
    const process = new LocalProcess({
      name,
      args: ['node/cli/main.ts', command, '--config', files.config],
      logPath: join(files.directory, `${name}.log`),
      secret: this.files.passphrase,
      ...(env !== undefined && { env }),
    })
    this.#processes.push(process)
    return process
  }

  /** Changes the configuration of a member. */
  configure(files: NodeFiles, change: (config: Config) => void): void {
    const config = JSON.parse(readFileSync(files.config, 'utf8')) as Config
    change(config)
    writeFileSync(files.config, JSON.stringify(config))
  }

  async stop(): Promise<void> {
    await Promise.all(this.#processes.toReversed().map((each) => each.stop()))
    rmSync(this.directory, { recursive: true, force: true })
  }
}

/** Everything that a process printed. */
export function logOf(files: NodeFiles, name = `oracle-${files.index}`): string {
  return readFileSync(join(files.directory, `${name}.log`), 'utf8')
}

/** Waits until something holds, a minute or two at most; a busy machine is slow. */
export async function until<T>(what: string, probe: () => Promise<T | null>): Promise<T> {
  return await waitFor(probe, { what, timeoutMs: 120_000, signal: AbortSignal.timeout(121_000) })
}
