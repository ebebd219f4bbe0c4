import type { Committee } from '../../aggregator/committee/committee.ts'
import { roundAt } from '../../aggregator/committee/committee.ts'
import type { Effect } from '../../aggregator/effects.ts'
import type { Event } from '../../aggregator/events.ts'
import { PeerStatistics } from '../../aggregator/statistics/peer-statistics.ts'
import type { Round } from '../../aggregator/values/ids.ts'
import type { Doing } from '../later.ts'
import type { Observer } from '../ports.ts'

/**
 * Measures the members of the committee from what the machine is told and does (protocol §9.2). No
 * round waits for it: an event is only looked at when the round that is open is in no hurry.
 */
export class PeerBook implements Observer {
  readonly statistics: PeerStatistics
  readonly #committee: Committee
  readonly #later: Doing
  #current: Round = 0

  constructor(committee: Committee, later: Doing) {
    this.statistics = new PeerStatistics(committee)
    this.#committee = committee
    this.#later = later
  }

  /** By the time at which it happened, however long it waits here. */
  readonly onEvent = (event: Event): void => {
    const { nowMs } = event
    const current = roundAt(this.#committee, nowMs)
    if (current > this.#current) {
      this.#current = current
      this.#later(() => this.statistics.advance(nowMs))
    }
    if (event.type !== 'received') return
    const { message } = event.message
    if (message.type === 'observation') this.#later(() => this.statistics.hear(message, nowMs))
  }

  readonly onEffect = (effect: Effect): void => {
    if (effect.type !== 'certified') return
    const { message } = effect.certificate
    this.#later(() => this.statistics.certify(message))
  }
}
