import type { LocalNetwork, LocalNode } from './network.ts'

/** A killed oracle: the round of its restart, and the first one after it that it signed. */
export interface Return {
  readonly node: number
  readonly restartedAt: number
  /** Null while no certificate has its share again. */
  readonly signedAgainAt: number | null
}

/** A certificate is at every oracle after so many rounds, or was not made. */
const ARRIVAL_ROUNDS = 4

/**
 * Kills oracles in the middle of a run and starts them again later: the last of those that sign
 * (protocol §4.3), so that their return can be seen in the certificates.
 */
export class Outage {
  readonly #victims: readonly LocalNode[]
  readonly #killAt: number
  readonly #restartAt: number
  readonly #say: (text: string) => void
  readonly #signedAgainAt = new Map<number, number>()
  readonly #witness: LocalNode | undefined
  #soughtTo = 0
  #phase: 'before' | 'down' | 'after' = 'before'
  #restartedAt: number | null = null

  constructor(
    plan: { readonly kill: number; readonly from: number; readonly rounds: number | null },
    network: LocalNetwork,
    say: (text: string) => void,
  ) {
    const rounds = plan.rounds ?? 60
    const signers = network.nodes.slice(0, network.committee.signingThreshold)
    this.#victims = plan.kill === 0 ? [] : signers.slice(-plan.kill)
    this.#witness = network.nodes.find((node) => !this.#victims.includes(node))
    this.#killAt = plan.from + Math.floor(rounds / 4)
    this.#restartAt = plan.from + Math.floor((rounds * 3) / 8)
    this.#say = say
  }

  get victims(): readonly number[] {
    return this.#victims.map((node) => node.index)
  }

  /** Those that were started again. */
  get returns(): readonly Return[] {
    const restartedAt = this.#restartedAt
    if (restartedAt === null) return []
    return this.victims.map((node) => ({
      ...{ node, restartedAt },
      signedAgainAt: this.#signedAgainAt.get(node) ?? null,
    }))
  }

  /** Whether a killed oracle has yet to sign again. */
  get isOpen(): boolean {
    return this.#signedAgainAt.size < this.#victims.length
  }

  isDown(index: number): boolean {
    return this.#phase === 'down' && this.victims.includes(index)
  }

  /** Does what is due in this round. */
  async at(round: number): Promise<void> {
    if (this.#victims.length === 0) return
    if (this.#phase === 'before' && round >= this.#killAt) {
      this.#phase = 'down'
      for (const { process, index } of this.#victims) {
        this.#say(`round ${round}: killing oracle-${index} with SIGKILL`)
        await process.kill()
      }
      return
    }
    if (this.#phase === 'down' && round >= this.#restartAt) {
      this.#phase = 'after'
      this.#restartedAt = round
      for (const { process, index } of this.#victims) {
        this.#say(`round ${round}: starting oracle-${index} again`)
        process.start()
      }
      return
    }
    if (this.#phase === 'after') await this.#seek(round - ARRIVAL_ROUNDS)
  }

  /** Looks for the victims in the certificates up to a round, once in each. */
  async #seek(lastRound: number): Promise<void> {
    const from = Math.max(this.#soughtTo, this.#restartedAt ?? 0)
    for (let round = from; round <= lastRound && this.isOpen; round++) {
      this.#soughtTo = round + 1
      const signers = (await this.#witness?.client.certificate(round))?.signingSet ?? []
      for (const index of this.victims) {
        const isFirst = signers.includes(index) && !this.#signedAgainAt.has(index)
        if (isFirst) this.#signedAgainAt.set(index, round)
      }
    }
  }
}
