import { createHash } from 'node:crypto'
import type { LocalNode } from '../../node/devnet/network.ts'

/** Two different reports that were both certified for one round. */
export interface Conflict {
  readonly round: number
  readonly nodes: readonly number[]
}

/**
 * Asks nodes for every certificate while things go wrong, and compares: uniqueness (protocol S2) is
 * checked during a fault, not after it.
 */
export class Watcher {
  readonly #nodes: readonly LocalNode[]
  readonly #reports = new Map<number, { readonly digest: string; readonly node: number }>()
  readonly #asked: readonly Set<number>[]
  readonly #conflicts: Conflict[] = []
  #certificates = 0
  #timer: NodeJS.Timeout | undefined
  #looking: Promise<void> = Promise.resolve()

  constructor(nodes: readonly LocalNode[]) {
    this.#nodes = nodes
    this.#asked = nodes.map(() => new Set())
  }

  get conflicts(): readonly Conflict[] {
    return this.#conflicts
  }

  /** Certificates read, the same one at several nodes counted each time. */
  get certificates(): number {
    return this.#certificates
  }

  /** Rounds of a range that some node holds a certificate of. */
  certifiedIn(from: number, to: number): number {
    return [...this.#reports.keys()].filter((round) => round >= from && round <= to).length
  }

  /** The first certified round from here on; null when there is none yet. */
  firstFrom(from: number): number | null {
    const later = [...this.#reports.keys()].filter((round) => round >= from)
    return later.length === 0 ? null : Math.min(...later)
  }

  start(everyMs: number): void {
    this.#timer = setInterval(() => {
      this.#looking = this.#looking.then(() => this.look())
    }, everyMs)
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await this.#looking
    await this.look()
  }

  async look(): Promise<void> {
    await Promise.all(
      this.#nodes.map(async (node, position) => {
        if (!node.process.isRunning) return
        const rows = (await node.client.rounds()) ?? []
        for (const { round, path } of rows) {
          const asked = this.#asked[position]
          if (path === 'open' || path === 'skipped' || asked?.has(round) === true) continue
          asked?.add(round)
          await this.#take(node, round)
        }
      }),
    )
  }

  async #take(node: LocalNode, round: number): Promise<void> {
    const certificate = await node.client.certificate(round)
    if (certificate === null) return
    this.#certificates += 1
    const { words, timestampMs, observers } = certificate
    const said = JSON.stringify({ words, timestampMs, observers })
    const digest = createHash('sha256').update(said).digest('hex')
    const known = this.#reports.get(round)
    if (known === undefined) this.#reports.set(round, { digest, node: node.index })
    else if (known.digest !== digest) {
      this.#conflicts.push({ round, nodes: [known.node, node.index] })
    }
  }
}
