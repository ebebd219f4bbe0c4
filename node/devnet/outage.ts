import type { LocalNetwork, LocalNode } from './network.ts'

/**
 * Kills oracles in the middle of a run and starts them again later: the last of those that sign
 * (protocol §4.3), so that their return can be seen in the certificates.
 */
export class Outage {
  readonly #victims: readonly LocalNode[]
  readonly #killAt: number
  readonly #restartAt: number
  readonly #say: (text: string) => void
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
    this.#killAt = plan.from + Math.floor(rounds / 4)
    this.#restartAt = plan.from + Math.floor((rounds * 3) / 8)
    this.#say = say
  }

  get victims(): readonly number[] {
    return this.#victims.map((node) => node.index)
  }

  /** Round that was open when the victims were started again; null until then. */
  get restartedAt(): number | null {
    return this.#restartedAt
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
    }
  }
}
