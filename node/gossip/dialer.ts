import type { MemberIndex } from '../../aggregator/values/ids.ts'
import type { Host } from './host.ts'
import type { Roster, RosterMember } from './roster.ts'

export interface DialerOptions {
  readonly roster: Roster
  readonly own: MemberIndex
  /** First wait after a failure or a lost connection, in milliseconds; it doubles. */
  readonly backoffMs: number
  /** Longest wait. */
  readonly backoffMsMax: number
  /** How long one attempt may take. */
  readonly attemptMs: number
}

export interface DialerDependencies {
  readonly host: Host
  readonly isBanned: (member: MemberIndex) => boolean
  /** A number in [0, 1) that spreads redials, so that a healed network is not hit at once. */
  readonly chance: () => number
}

/**
 * Keeps this member connected to every other (protocol §5.6). The smaller index dials at once and
 * the larger a little later, so that two members rarely make two connections.
 */
export class Dialer {
  readonly #options: DialerOptions
  readonly #dependencies: DialerDependencies
  readonly #timers = new Map<MemberIndex, NodeJS.Timeout>()
  readonly #failures = new Map<MemberIndex, number>()
  #stopped = new AbortController()

  constructor(options: DialerOptions, dependencies: DialerDependencies) {
    this.#options = options
    this.#dependencies = dependencies
    this.#stopped.abort()
  }

  start(): void {
    if (!this.#stopped.signal.aborted) return
    this.#stopped = new AbortController()
    for (const { index } of this.#options.roster.members) {
      if (index === this.#options.own) continue
      this.#schedule(index, index > this.#options.own ? 0 : 4 * this.#options.backoffMs)
    }
  }

  stop(): void {
    this.#stopped.abort()
    for (const timer of this.#timers.values()) clearTimeout(timer)
    this.#timers.clear()
    this.#failures.clear()
  }

  /** The last connection to a member ended. */
  lost(member: MemberIndex): void {
    if (!this.#stopped.signal.aborted) this.#schedule(member, this.#backoffOf(member))
  }

  #schedule(member: MemberIndex, delayMs: number): void {
    clearTimeout(this.#timers.get(member))
    const timer = setTimeout(() => void this.#dial(member), delayMs)
    this.#timers.set(member, timer)
  }

  async #dial(member: MemberIndex): Promise<void> {
    this.#timers.delete(member)
    const target = this.#options.roster.members[member]
    if (target === undefined || target.addresses.length === 0) return
    if (this.#isConnected(target)) return
    const reached = !this.#dependencies.isBanned(member) && (await this.#attempt(target))
    if (this.#stopped.signal.aborted) return
    if (reached || this.#isConnected(target)) {
      this.#failures.delete(member)
      return
    }
    this.#failures.set(member, (this.#failures.get(member) ?? 0) + 1)
    this.#schedule(member, this.#backoffOf(member))
  }

  async #attempt(target: RosterMember): Promise<boolean> {
    const deadline = AbortSignal.timeout(this.#options.attemptMs)
    const addresses = target.addresses.map((each) =>
      each.toString().includes('/p2p/') ? each : each.encapsulate(`/p2p/${target.peerId}`),
    )
    try {
      await this.#dependencies.host.dial(addresses, {
        signal: AbortSignal.any([deadline, this.#stopped.signal]),
      })
      return true
    } catch {
      // Refused, silent or somebody else: the peer table shows it as not connected.
      return false
    }
  }

  #isConnected(target: RosterMember): boolean {
    return this.#dependencies.host.getConnections(target.peerId).length > 0
  }

  #backoffOf(member: MemberIndex): number {
    const { backoffMs, backoffMsMax } = this.#options
    const doubled = backoffMs * 2 ** Math.min(this.#failures.get(member) ?? 0, 20)
    return Math.min(backoffMsMax, doubled) * (1 + this.#dependencies.chance() / 2)
  }
}
