import { setTimeout as delay } from 'node:timers/promises'
import { codeOf } from '../errors.ts'
import { conclude } from './conclude.ts'
import { beginIncidents } from './incidents.ts'
import { type Look, Monitor } from './monitor.ts'
import { type LocalNetwork, startNetwork, waitUntilReady } from './network.ts'
import { OptionDesk, type OptionView } from './option-desk.ts'
import type { DevnetOptions } from './options.ts'
import { Outage } from './outage.ts'
import { Screen, type Surface } from './screen.ts'
import { type Summary, shortcomingsOf } from './summary.ts'
import { renderTable } from './table.ts'
import { summaryText } from './text.ts'

/** Two looks a round of 500 ms: nothing is missed, and the oracles hardly notice. */
const LOOK_EVERY_MS = 500
/** Rounds after the last counted one, so that its certificate and its delivery can arrive. */
const SETTLING_ROUNDS = 4
/**
 * Options that were written, and oracles that were killed, are waited for so many rounds more:
 * twenty seconds.
 */
const MORE_ROUNDS_MAX = 40
const EVENTS_SHOWN = 6

/** What the summary says besides, for whoever looks around in a network that stays up. */
interface KeptNetwork {
  readonly rpcUrl: string
  readonly apiUrls: readonly string[]
  /** Address of the consumer contract of each feed; null for a feed without one. */
  readonly consumers: Readonly<Record<string, string | null>>
}

export interface RunDependencies {
  readonly stdout: Surface
  readonly stderr: { readonly write: (text: string) => unknown }
}

/**
 * Runs a local network until its rounds are over or the signal aborts.
 *
 * @returns the exit code: 0 when the run was what it should be
 */
export async function runDevnet(
  options: DevnetOptions,
  signal: AbortSignal,
  dependencies: RunDependencies,
): Promise<number> {
  const run = new DevnetRun(options, signal, dependencies)
  return await run.all()
}

class DevnetRun {
  readonly #options: DevnetOptions
  readonly #signal: AbortSignal
  readonly #io: RunDependencies
  readonly #events: string[] = []
  readonly #beganMs = performance.now()
  readonly #screen: Screen

  constructor(options: DevnetOptions, signal: AbortSignal, io: RunDependencies) {
    this.#options = options
    this.#signal = signal
    this.#io = io
    this.#screen = new Screen(io.stdout)
  }

  async all(): Promise<number> {
    const say = (text: string) => this.#say(text)
    const network = await startNetwork({ options: this.#options, signal: this.#signal, say })
    let files: 'remove' | 'leave' = 'leave'
    try {
      await waitUntilReady(network, this.#signal)
      await beginIncidents(network)
      const code = await this.#watch(network)
      files = code === 0 ? 'remove' : 'leave'
      return code
    } catch (error) {
      if (!this.#signal.aborted) throw error
      files = 'remove'
      return 0
    } finally {
      await network.stop(files)
      if (files === 'leave') this.#say(`logs and journals stay in ${network.directory}`)
    }
  }

  async #watch(network: LocalNetwork): Promise<number> {
    const monitor = new Monitor(network)
    const first = await monitor.look()
    const from = (first.round ?? 0) + 1
    const { rounds, kill } = this.#options
    this.#say(`all oracles are ready; counting from round ${from}`)
    const to = rounds === null ? Number.POSITIVE_INFINITY : from + rounds - 1
    const desk = new OptionDesk(network)
    const ended = new AbortController()
    const trading = desk.run(AbortSignal.any([this.#signal, ended.signal]))
    const outage = new Outage({ kill, from, rounds }, network, (text) => this.#say(text))
    let look = first
    const isOver = (round: number) =>
      round > to + SETTLING_ROUNDS + (desk.isOpen || outage.isOpen ? MORE_ROUNDS_MAX : 0)
    while (look.round === null || !isOver(look.round)) {
      this.#signal.throwIfAborted()
      this.#assertAlive(network, outage)
      if (look.round !== null) await outage.at(look.round)
      this.#paint({ network, monitor, look, to, option: desk.view() })
      await delay(LOOK_EVERY_MS, undefined, { signal: this.#signal })
      look = await monitor.look()
    }
    ended.abort()
    await trading
    const summary = await conclude({ network, monitor, outage, desk, range: { from, to } })
    return await this.#end(network, summary)
  }

  async #end(network: LocalNetwork, summary: Summary): Promise<number> {
    this.#screen.leave()
    const shortcomings = shortcomingsOf(summary, this.#options.kill)
    for (const text of shortcomings) this.#say(`NOT AS IT SHOULD BE: ${text}`)
    if (this.#options.afterwards === 'keep') {
      this.#say(`kept running: RPC ${network.chain.rpcUrl}; Ctrl-C stops everything`)
      for (const { name, consumer } of network.chain.deployment.feeds) {
        if (consumer !== null) this.#say(`consumer of ${name}: ${consumer}`)
      }
    }
    const isJson = this.#options.output === 'json'
    const shown = { ...summary, ...this.#kept(network) }
    this.#io.stdout.write(isJson ? `${JSON.stringify(shown)}\n` : summaryText(summary))
    if (this.#options.afterwards === 'keep') {
      await delay(2 ** 31 - 1, undefined, { signal: this.#signal }).catch(() => undefined)
    }
    return shortcomings.length === 0 ? 0 : 1
  }

  #kept(network: LocalNetwork): Partial<KeptNetwork> {
    if (this.#options.afterwards !== 'keep') return {}
    const { rpcUrl, deployment } = network.chain
    const apiUrls = network.nodes.map(({ client }) => client.address)
    const consumers = Object.fromEntries(
      deployment.feeds.map(({ name, consumer }) => [name, consumer]),
    )
    return { rpcUrl, apiUrls, consumers }
  }

  #assertAlive(network: LocalNetwork, outage: Outage): void {
    network.chain.process.assertRunning()
    network.market?.assertRunning()
    for (const node of network.nodes) {
      if (!outage.isDown(node.index)) node.process.assertRunning()
    }
  }

  #paint(view: {
    readonly network: LocalNetwork
    readonly monitor: Monitor
    readonly look: Look
    readonly to: number
    readonly option: OptionView | null
  }): void {
    if (this.#options.output === 'json') return
    const { network, monitor, look, to, option } = view
    const isEndless = to === Number.POSITIVE_INFINITY
    const [feed] = network.chain.deployment.feeds
    const lines = renderTable({
      elapsedMs: performance.now() - this.#beganMs,
      keygenMs: network.keygenMs,
      round: look.round,
      roundsLeft: isEndless ? null : Math.max(0, to - (look.round ?? 0)),
      path: pathText(look),
      feeds: monitor.feedRows(look),
      nodes: monitor.nodeRows(look),
      delivery: look.deliveries,
      option,
      incident: sourcesText(look),
      dashboard: network.nodes[0]?.client.address ?? '',
      onChain: {
        rpcUrl: network.chain.rpcUrl,
        feed: feed?.name ?? '',
        facade: feed?.facade ?? '',
      },
      // Elsewhere than on a terminal each was printed when it happened.
      events: this.#io.stdout.isTTY === true ? this.#events.slice(-EVENTS_SHOWN) : [],
    })
    this.#screen.show(lines)
  }

  #say(text: string): void {
    this.#events.push(text)
    if (this.#screen.isPainted) return
    this.#io.stderr.write(`${text}\n`)
  }
}

/** How the newest finished round went, in words. */
function pathText(look: Look): string {
  const newest = look.overviews.flatMap((each) => each?.rounds ?? [])
  const done = newest.filter((row) => row.path !== 'open').toSorted((a, b) => b.round - a.round)[0]
  if (done === undefined) return ''
  if (done.latencyMs === null) return `last: ${done.round} skipped`
  return `last: ${done.round} certified in ${done.latencyMs} ms (${done.path})`
}

/** Venues that some oracle does not simply use now, with the reason. */
function sourcesText(look: Look): string | null {
  const reasons = new Set<string>()
  for (const overview of look.overviews) {
    for (const source of overview?.sources ?? []) {
      if (source.state === 'used') continue
      reasons.add(
        `${source.venue} ${source.state}${source.code === null ? '' : ` (${source.code})`}`,
      )
    }
  }
  return reasons.size === 0 ? null : [...reasons].toSorted().join(', ')
}

/** Text of a failure for people: the code, then what to do. */
export function failureText(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return `${codeOf(error)}: ${message}`
}
