import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { JOURNAL_FILE } from '../../node/compose/store.ts'
import { COMMITTEE_FILE, type NodeFiles } from '../../node/devnet/files.ts'
import { scanShares } from '../../node/store/scan-shares.ts'
import { prngOf } from '../../simulations/determinism/prng.ts'
import { TellingChild } from '../attack/child.ts'
import { type Oracles, startedOracles, WORLDWIDE_TIMING } from '../support/oracles.ts'
import {
  heal,
  inflict,
  mountSmallDisk,
  unmountSmallDisk,
  withClock,
  withReadOnlyDisk,
} from './faults.ts'
import { Link } from './link.ts'
import type { Scenario } from './scenarios.ts'
import { Watcher } from './watcher.ts'

export interface ChaosOptions {
  readonly scenarios: readonly Scenario[]
  /** Of one scenario: a sixth in peace, a half under its fault, a third after it. */
  readonly durationMs: number
  readonly seed: number
  readonly signal: AbortSignal
  readonly say: (text: string) => void
}

export interface ChaosResult {
  readonly scenario: string
  /** Rounds under the fault, and those of them that somebody saw certified. */
  readonly rounds: number
  readonly certified: number
  /**
   * Rounds from the end of the fault, and of what it held back, to the first certificate; null when
   * there was none.
   */
  readonly recoveryRounds: number | null
  readonly certificates: number
  readonly shares: number
  /** Different reports of one round, and honest members that signed against themselves. */
  readonly conflicts: number
  readonly failed: readonly string[]
}

const CHAOS_NODES = 7
const RECOVERY_ROUNDS_MAX = 3
/** Of the rounds under a fault that leaves a quorum in peace. */
const LIVE_SHARE_MIN = 0.5
const LOOK_EVERY_MS = 500

/** Runs scenarios one after the other, each on a network of its own. */
export async function chaos(options: ChaosOptions): Promise<readonly ChaosResult[]> {
  const results: ChaosResult[] = []
  for (const scenario of options.scenarios) {
    if (options.signal.aborted) break
    const run = new ScenarioRun(scenario, options)
    const result = await run.run()
    options.say(JSON.stringify(result))
    results.push(result)
  }
  return results
}

class ScenarioRun {
  readonly #scenario: Scenario
  readonly #options: ChaosOptions
  readonly #links: Link[] = []
  /** Ports whose packets a member's loss concerns: its own, and those of its links. */
  readonly #portsOf = new Map<number, number[]>()
  #isFaulty = false

  constructor(scenario: Scenario, options: ChaosOptions) {
    this.#scenario = scenario
    this.#options = options
  }

  async run(): Promise<ChaosResult> {
    const { byzantine = {} } = this.#scenario
    const hostile = Object.keys(byzantine).map(Number)
    const oracles = await startedOracles(
      {
        nodes: CHAOS_NODES,
        feeds: ['BTC/USD'],
        timing: WORLDWIDE_TIMING,
        silent: hostile,
        prepare: ({ nodes }) => this.#prepare(nodes),
        process: (node) => ({ within: this.#within(node) }),
      },
      this.#options.signal,
    )
    try {
      return await this.#play(oracles)
    } finally {
      for (const link of this.#links) link.close()
      await oracles.stop('leave')
      for (const { files } of oracles.nodes) if (this.#hasSmallDisk(files)) unmountSmallDisk(files)
      rmSync(oracles.directory, { recursive: true })
    }
  }

  /** What a member's process is started by, so that its fault can come while it runs. */
  #within(node: NodeFiles): readonly string[] {
    const fault = this.#scenario.members?.[node.index]?.type
    if (fault === 'clock') return withClock(node)
    return fault === 'diskReadOnly' ? withReadOnlyDisk(node) : []
  }

  #hasSmallDisk({ index }: NodeFiles): boolean {
    return this.#scenario.members?.[index]?.type === 'diskFull'
  }

  /** Every address that a node knows of another becomes that of a link of ours. */
  async #prepare(nodes: readonly NodeFiles[]): Promise<void> {
    const chance = prngOf(this.#options.seed, this.#scenario.name)
    for (const node of nodes) {
      if (this.#hasSmallDisk(node)) mountSmallDisk(node)
      const config = JSON.parse(readFileSync(node.config, 'utf8')) as Configuration
      const ports = [node.gossipPort]
      for (const member of config.network.members) {
        const link = await this.#open(node.index, nodes[member.index], chance)
        ports.push(link.port)
        member.address = `/ip4/127.0.0.1/tcp/${link.port}`
      }
      this.#portsOf.set(node.index, ports)
      writeFileSync(node.config, JSON.stringify(config))
    }
  }

  async #open(dialler: number, target: NodeFiles | undefined, chance: ReturnType<typeof prngOf>) {
    if (target === undefined) throw new Error('a configuration names members that exist')
    const link = await Link.open({
      dialler,
      target: target.index,
      host: '127.0.0.1',
      connectTo: { host: '127.0.0.1', port: target.gossipPort },
      faultOf: (from, to) => (this.#isFaulty ? this.#scenario.link?.(from, to) : undefined),
      chance,
    })
    this.#links.push(link)
    return link
  }

  async #play(oracles: Oracles): Promise<ChaosResult> {
    const { durationMs, signal } = this.#options
    const pause = (ms: number) => delay(ms, undefined, { signal })
    const watcher = new Watcher(oracles.running)
    watcher.start(LOOK_EVERY_MS)
    const hostile = this.#unleash(oracles)
    await pause(durationMs / 6)
    const from = roundNow(oracles)
    await this.#each(oracles, 'inflict')
    await pause(durationMs / 2)
    const until = roundNow(oracles)
    await this.#each(oracles, 'heal')
    // What a delay held back still arrives in its order: until then the fault is not over.
    const held = Math.max(0, ...this.#links.map((link) => link.holdsUntilMs - performance.now()))
    await pause(held)
    const healed = roundNow(oracles)
    await pause(durationMs / 3)
    await watcher.stop()
    for (const child of hostile) await child.stop()
    return this.#judge(oracles, watcher, { from, until, healed })
  }

  /** Byzantine members that do something: the member's own key, flooding for as long as it runs. */
  #unleash(oracles: Oracles): TellingChild<unknown>[] {
    const targets = oracles.running.map(({ files }) => `/ip4/127.0.0.1/tcp/${files.gossipPort}`)
    return Object.entries(this.#scenario.byzantine ?? {}).flatMap(([member, kind]) => {
      const identity = oracles.committee.members[Number(member)]?.identity
      if (kind === 'silent' || identity === undefined) return []
      const setup = {
        committeeFile: join(oracles.directory, COMMITTEE_FILE),
        member: Number(member),
        targets,
        kind,
        // Below every limit, so that it is heard for as long as it can be.
        perSecond: 100,
        durationMs: this.#options.durationMs,
      }
      const key = identity.use((secret) => Uint8Array.from(secret))
      const args = [JSON.stringify(setup)]
      return [new TellingChild<unknown>('test/attack/insider-process.ts', args, key)]
    })
  }

  async #each(oracles: Oracles, what: 'inflict' | 'heal'): Promise<void> {
    this.#isFaulty = what === 'inflict'
    for (const [member, fault] of Object.entries(this.#scenario.members ?? {})) {
      const node = oracles.nodes[Number(member)]
      if (node === undefined || !oracles.running.includes(node)) continue
      const ports = this.#portsOf.get(node.index) ?? []
      if (what === 'inflict') await inflict({ node, ports }, fault)
      else await heal(node, fault)
    }
  }

  #judge(
    oracles: Oracles,
    watcher: Watcher,
    { from, until, healed }: Readonly<Record<'from' | 'until' | 'healed', number>>,
  ): ChaosResult {
    const { name, isLive, byzantine = {} } = this.#scenario
    const scan = scanShares(
      oracles.running.map(({ files }) => join(files.directory, 'data', JOURNAL_FILE)),
    )
    const own = scan.conflicts.filter(({ sender }) => byzantine[sender] === undefined)
    const conflicts = watcher.conflicts.length + own.length
    const rounds = until - from
    const certified = watcher.certifiedIn(from, until - 1)
    const first = watcher.firstFrom(healed)
    const recoveryRounds = first === null ? null : first - healed
    const isSlow = recoveryRounds === null || recoveryRounds > RECOVERY_ROUNDS_MAX
    const isDead = isLive && certified < LIVE_SHARE_MIN * rounds
    return {
      scenario: name,
      rounds,
      certified,
      recoveryRounds,
      certificates: watcher.certificates,
      shares: scan.sharesSeen,
      conflicts,
      failed: [
        ...(conflicts > 0 ? [`${conflicts} conflicts`] : []),
        ...(isSlow ? [`recovery after ${recoveryRounds ?? 'no'} rounds`] : []),
        ...(isDead ? [`${certified} of ${rounds} rounds certified`] : []),
      ],
    }
  }
}

interface Configuration {
  readonly network: { readonly members: { readonly index: number; address: string }[] }
}

function roundNow(oracles: Oracles): number {
  const { genesisMs, timing } = oracles.committee.file.params
  return Math.floor((Date.now() - genesisMs) / timing.roundMs)
}
