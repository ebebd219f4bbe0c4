import type { Committee } from '../../aggregator/committee/committee.ts'
import { openingOf } from '../../aggregator/committee/committee.ts'
import type { Effect } from '../../aggregator/effects.ts'
import { percentileOf } from '../../aggregator/statistics/percentile.ts'
import type { Round } from '../../aggregator/values/ids.ts'
import type { RoundView } from '../api/view.ts'
import { ClockWatch } from './clock-watch.ts'

/** Rounds that the book remembers; a minute or two, enough for a page and a slow poller. */
const ROUNDS_MAX = 120

/** How the rounds of this process went, from the effects of the machine. */
export class RoundBook {
  readonly clock: ClockWatch
  readonly #committee: Committee
  readonly #preciseMs: () => number
  readonly #rounds = new Map<Round, RoundView>()
  readonly #counts = { fast: 0, proposed: 0, skipped: 0 }

  constructor(committee: Committee, preciseMs: () => number) {
    this.clock = new ClockWatch(committee)
    this.#committee = committee
    this.#preciseMs = preciseMs
  }

  onEffect(effect: Effect): void {
    if (effect.type === 'skipped') {
      this.#counts.skipped += 1
      this.#put({ round: effect.round, path: 'skipped', latencyMs: null })
      return
    }
    if (effect.type !== 'certified') return
    const { round } = effect.certificate.message
    // A certificate may arrive after its round was given up here; then it was not skipped after
    // all.
    if (this.#rounds.get(round)?.path === 'skipped') this.#counts.skipped -= 1
    this.#counts[effect.path] += 1
    const exactMs = this.#preciseMs() - openingOf(this.#committee, round)
    const latencyMs = Math.round(exactMs * 10) / 10
    this.#put({ round, path: effect.path, latencyMs })
  }

  /** Rounds of this process by how they ended. */
  counts(): { readonly fast: number; readonly proposed: number; readonly skipped: number } {
    return { ...this.#counts }
  }

  /** The newest first. */
  rounds(): RoundView[] {
    return [...this.#rounds.values()].toSorted((a, b) => b.round - a.round)
  }

  /** Latencies over the remembered rounds by nearest rank; null before the first certificate. */
  latencyMs(): { readonly p50: number; readonly p99: number } | null {
    const ascending = [...this.#rounds.values()]
      .flatMap((row) => (row.latencyMs === null ? [] : [row.latencyMs]))
      .toSorted((a, b) => a - b)
    const [p50, p99] = [percentileOf(ascending, 50), percentileOf(ascending, 99)]
    return p50 === null || p99 === null ? null : { p50, p99 }
  }

  #put(row: RoundView): void {
    this.#rounds.set(row.round, row)
    if (this.#rounds.size > ROUNDS_MAX) this.#dropOldest()
  }

  /** Maps keep insertion order, and rounds come in order but for stragglers. */
  #dropOldest(): void {
    let oldest = Number.MAX_SAFE_INTEGER
    for (const round of this.#rounds.keys()) if (round < oldest) oldest = round
    this.#rounds.delete(oldest)
  }
}
