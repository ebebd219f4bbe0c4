import type { UnixMs } from '../../aggregator/values/time.ts'
import { fullBudget, type Spending, spend } from './budget.ts'
import type { AskedVenue, VenueBudget } from './venue.ts'

/**
 * What an address may still ask of a venue, and since when it may: one for all names under which
 * the venue counts together, whoever asks. It outlives how a venue is asked.
 */
export class VenueLimits {
  #spending: Spending | null = null
  #pausedUntilMs: UnixMs = 0

  /** Moment before which the venue wants no request; 0 when nothing is in the way. */
  get pausedUntilMs(): UnixMs {
    return this.#pausedUntilMs
  }

  /** Takes a weight; false when too little is left. */
  spend(asked: {
    readonly budget: VenueBudget
    readonly weight: number
    readonly nowMs: UnixMs
  }): boolean {
    const left = this.#spending ?? fullBudget(asked.budget, asked.nowMs)
    const spending = spend(left, asked)
    if (spending === null) return false
    this.#spending = spending
    return true
  }

  /** The venue wants to be left alone until a moment. */
  pauseUntil(untilMs: UnixMs): void {
    this.#pausedUntilMs = Math.max(this.#pausedUntilMs, untilMs)
  }
}

/** The limits of all venues that were ever asked: bounded by the names of configurations. */
export class LimitsBook {
  readonly #byName = new Map<string, VenueLimits>()

  of({ name, sharedLimits }: Pick<AskedVenue, 'name' | 'sharedLimits'>): VenueLimits {
    const key = sharedLimits?.name ?? name
    const limits = this.#byName.get(key) ?? new VenueLimits()
    this.#byName.set(key, limits)
    return limits
  }
}
