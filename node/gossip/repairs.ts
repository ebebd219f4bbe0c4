import { type GossipSub, TopicValidatorResult } from '@chainsafe/libp2p-gossipsub'
import type { Host } from './host.ts'

/** A message of others that was accepted, by the id and the sender that gossipsub knows it by. */
interface Accepted {
  readonly id: string
  readonly from: string
}

/** What gossipsub has beside the interface that it promises; a test fails when it is gone. */
interface Reporting {
  readonly reportMessageValidationResult: (
    id: string,
    from: string,
    result: TopicValidatorResult,
  ) => void
}

export interface RepairsDependencies {
  readonly host: Host
  /** How long a message that was accepted now may wait, in milliseconds. */
  readonly heldForMs: () => number
}

/**
 * Passes on what others said, to those that have not sent it by then: all that wait go out in one
 * turn of the event loop, and so in one write to each peer (docs/adr/0090, 0091).
 */
export class Repairs {
  readonly #dependencies: RepairsDependencies
  #held: Accepted[] = []
  #timer: NodeJS.Timeout | undefined

  constructor(dependencies: RepairsDependencies) {
    this.#dependencies = dependencies
    const { pubsub } = dependencies.host.services
    pubsub.addEventListener('gossipsub:message', ({ detail }) => {
      this.#take({ id: detail.msgId, from: detail.propagationSource.toString() })
    })
  }

  /** What waits goes with the connections. */
  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#held = []
  }

  #take(accepted: Accepted): void {
    const waitMs = this.#dependencies.heldForMs()
    if (waitMs <= 0) {
      this.#passOn(accepted)
      return
    }
    this.#held.push(accepted)
    this.#timer ??= setTimeout(() => this.#passAllOn(), waitMs)
  }

  #passAllOn(): void {
    const held = this.#held
    this.#timer = undefined
    this.#held = []
    for (const accepted of held) this.#passOn(accepted)
  }

  #passOn({ id, from }: Accepted): void {
    const pubsub: GossipSub & Partial<Reporting> = this.#dependencies.host.services.pubsub
    pubsub.reportMessageValidationResult?.(id, from, TopicValidatorResult.Accept)
  }
}
