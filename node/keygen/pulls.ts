import type { KeygenContext } from '../../aggregator/keygen/context.ts'
import { encodeInventory } from '../../aggregator/keygen/exchange.ts'
import type { KeygenState } from '../../aggregator/keygen/machine.ts'
import { inventoryOf, missingOf } from '../../aggregator/keygen/standing.ts'
import { hasMember, listMembers, type MemberIndex } from '../../aggregator/values/ids.ts'

export interface PullsDependencies {
  readonly request: (to: MemberIndex, request: Uint8Array) => Promise<Uint8Array>
  readonly onHandover: (from: MemberIndex, handover: Uint8Array) => void
  /** Monotonic milliseconds. */
  readonly nowMs: () => number
}

/** A member is asked again for its share after so long. */
const AGAIN_MS = 200
/** Gossip may lose a message: every so often somebody is asked for whatever is missing. */
const REPAIR_EVERY_MS = 500
/** Requests under way at once, besides those that f members may never answer. */
const IN_FLIGHT_MAX = 6

/**
 * Asks other members for what is missing, over direct streams: shares come no other way, and what
 * gossip lost comes again. A complete member asks everybody once more, which tells them.
 */
export class Pulls {
  readonly #context: KeygenContext
  readonly #state: KeygenState
  readonly #dependencies: PullsDependencies
  readonly #askedMs = new Map<MemberIndex, number>()
  readonly #inFlight = new Set<MemberIndex>()
  readonly #told = new Set<MemberIndex>()
  /** Members that were told that their share is here. */
  readonly #thanked = new Set<MemberIndex>()
  #turn = 0
  #repairedMs = 0

  constructor(
    options: { readonly context: KeygenContext; readonly state: KeygenState },
    dependencies: PullsDependencies,
  ) {
    this.#context = options.context
    this.#state = options.state
    this.#dependencies = dependencies
  }

  /** Whether a member has been told that this one is complete. */
  hasTold(member: MemberIndex): boolean {
    return this.#told.has(member)
  }

  /** Asks whom it is time to ask, those first whose turn was longest ago. */
  look(reachable: readonly MemberIndex[]): void {
    const nowMs = this.#dependencies.nowMs()
    const askedMs = (member: MemberIndex) => this.#askedMs.get(member) ?? Number.NEGATIVE_INFINITY
    const due = this.#due(reachable, nowMs).toSorted((a, b) => askedMs(a) - askedMs(b) || a - b)
    for (const member of due) {
      if (this.#inFlight.size >= this.#context.f + IN_FLIGHT_MAX) return
      if (this.#inFlight.has(member)) continue
      if (nowMs - askedMs(member) < AGAIN_MS) continue
      void this.#ask(member)
    }
  }

  /** Asks all of these once, and waits for their answers: what they have heard of this member. */
  async askAll(reachable: readonly MemberIndex[]): Promise<void> {
    this.#repairedMs = this.#dependencies.nowMs()
    await Promise.all(reachable.map((member) => this.#ask(member)))
  }

  #due(reachable: readonly MemberIndex[], nowMs: number): readonly MemberIndex[] {
    const { outcome, phase, hasSpoken } = this.#state
    if (outcome?.type === 'generated') return reachable.filter((each) => !this.#told.has(each))
    // Whoever has said nothing yet is about to ask all of them at once.
    if (outcome !== null || !hasSpoken) return []
    if (phase === 'shares') {
      const missing = missingOf(this.#context, this.#state)
      return reachable.filter((each) => hasMember(missing, each) || !this.#thanked.has(each))
    }
    if (nowMs - this.#repairedMs < REPAIR_EVERY_MS || reachable.length === 0) return []
    this.#repairedMs = nowMs
    this.#turn += 1
    // Whoever is missing knows best what it said; the others in turn may know more.
    const missing = missingOf(this.#context, this.#state)
    const others = [reachable[this.#turn % reachable.length] ?? 0]
    const [silent] = listMembers(missing).filter((each) => reachable.includes(each))
    return silent === undefined ? others : [silent, ...others]
  }

  async #ask(member: MemberIndex): Promise<void> {
    this.#askedMs.set(member, this.#dependencies.nowMs())
    this.#inFlight.add(member)
    const isComplete = this.#state.outcome?.type === 'generated'
    const inventory = inventoryOf(this.#state)
    try {
      const request = encodeInventory(this.#context, inventory)
      const handover = await this.#dependencies.request(member, request)
      if (isComplete) this.#told.add(member)
      if (hasMember(inventory.shares, member)) this.#thanked.add(member)
      this.#dependencies.onHandover(member, handover)
    } catch {
      // Not there, not ready or not willing: the progress shows who is waited for.
    } finally {
      this.#inFlight.delete(member)
    }
  }
}
